"""Jobs that live and die together."""

import asyncio
from collections.abc import Coroutine

AGAIN_S = 0.1


async def until_one_ends(*jobs: Coroutine[None, None, None]) -> None:
    """Do the jobs side by side until one ends; end the others and raise what ended it."""
    tasks = [asyncio.create_task(job) for job in jobs]
    for task in tasks:
        task.add_done_callback(_error)
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await end(*tasks)
    for task in tasks:
        error = _error(task)
        if isinstance(error, Exception):
            raise error


def _error(task: asyncio.Task[None]) -> BaseException | None:
    """Return what ended a task. Whoever has not been asked is complained of by the loop."""
    return None if task.cancelled() else task.exception()


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
