"""Jobs that live and die together."""

import asyncio
from collections.abc import Coroutine


async def until_one_ends(*jobs: Coroutine[None, None, None]) -> None:
    """Do the jobs side by side until one ends; end the others and raise what ended it."""
    tasks = [asyncio.create_task(job) for job in jobs]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    for outcome in outcomes:
        if isinstance(outcome, Exception):
            raise outcome
