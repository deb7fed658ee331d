"""Jobs that live and die together."""

import asyncio
from collections.abc import Coroutine

AGAIN_S = 0.1


async def until_one_ends(*jobs: Coroutine[None, None, None]) -> None:
    """Do the jobs side by side until one ends; end the others and raise what ended it."""
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await end(*tasks)
    # Every error is asked for, or the loop complains of one that nobody wanted to know.
    errors = [None if task.cancelled() else task.exception() for task in tasks]
    for error in errors:
        if isinstance(error, Exception):
            raise error


async def end(*tasks: asyncio.Task[None]) -> None:
    """Cancel tasks until every one has ended, even if we are cancelled meanwhile.

    Once is not enough: `asyncio.wait_for`, on which libraries wait, loses a cancellation that
    comes together with the answer (before Python 3.12).
    """
    left, interrupted = set(tasks), False
    while left := {task for task in left if not task.done()}:
        for task in left:
            task.cancel()
        try:
            await asyncio.wait(left, timeout=AGAIN_S)
        except asyncio.CancelledError:
            interrupted = True
    if interrupted:
        raise asyncio.CancelledError
