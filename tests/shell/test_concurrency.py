"""Jobs end together, also those that do not hear of it the first time."""

import asyncio
import gc

import pytest

from controller.concurrency import until_one_ends
from tests.shell.fakes import LIMIT_S, until


class Deaf:
    """A job that loses the first cancellations, as `asyncio.wait_for` may before Python 3.12."""

    def __init__(self, lost: int) -> None:
        self.lost = lost
        self.ended = False

    async def run(self) -> None:
        try:
            while True:
                try:
                    await asyncio.Event().wait()
                except asyncio.CancelledError:
                    if self.lost == 0:
                        raise
                    self.lost -= 1
        finally:
            self.ended = True


async def fail() -> None:
    raise ValueError("ours")


async def nothing() -> None:
    pass


@pytest.mark.parametrize("lost", [0, 1, 2])
async def test_a_job_that_loses_a_cancellation_ends_all_the_same(lost: int) -> None:
    deaf = Deaf(lost)
    async with asyncio.timeout(LIMIT_S):
        await until_one_ends(nothing(), deaf.run())
    assert deaf.ended


@pytest.mark.parametrize("lost", [0, 1])
async def test_what_ended_a_job_is_raised_when_the_others_have_ended(lost: int) -> None:
    deaf = Deaf(lost)
    async with asyncio.timeout(LIMIT_S):
        with pytest.raises(ValueError, match="ours"):
            await until_one_ends(deaf.run(), fail())
    assert deaf.ended


@pytest.mark.parametrize("times", [1, 2])
async def test_who_is_cancelled_ends_its_jobs_first(times: int) -> None:
    deaf = Deaf(1)
    whole = asyncio.create_task(until_one_ends(deaf.run(), asyncio.sleep(LIMIT_S)))
    await asyncio.sleep(0)
    for _ in range(times):
        whole.cancel()
        await asyncio.sleep(0.01)
    await until(whole.done)
    assert whole.cancelled()
    assert deaf.ended


async def test_nested_jobs_end_from_the_outside() -> None:
    deaf = Deaf(2)
    async with asyncio.timeout(LIMIT_S):
        await until_one_ends(nothing(), until_one_ends(deaf.run(), asyncio.sleep(LIMIT_S)))
    assert deaf.ended


@pytest.mark.parametrize("cancelled", [True, False])
async def test_two_jobs_that_fail_together_leave_no_complaint_behind(*, cancelled: bool) -> None:
    async def fail(why: str) -> None:
        raise OSError(why)

    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, what: complaints.append(what))
    whole = asyncio.create_task(until_one_ends(fail("first"), fail("second")))
    if cancelled:
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        whole.cancel()
    with pytest.raises(asyncio.CancelledError if cancelled else OSError):
        await whole
    del whole
    gc.collect()
    await asyncio.sleep(0)
    assert complaints == []
