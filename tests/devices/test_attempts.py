import asyncio

from structlog.testing import capture_logs

from controller.devices.attempts import Attempts
from tests.devices.fake_channel import FakeChannel, Told
from tests.support.virtual_time import in_virtual_time


def test_what_works_is_written_at_once_and_told_to_nobody() -> None:
    async def run() -> None:
        channel, told = FakeChannel(), Told()
        attempts = Attempts("L1", channel.write, told)
        attempts.write(10.0)
        attempts.write(20.0)
        assert (channel.written, told.faults) == ([10.0, 20.0], [])

    in_virtual_time(run())


def test_a_level_that_cannot_be_set_becomes_full_light_and_is_told_once() -> None:
    async def run() -> None:
        channel, told = FakeChannel(refuses_below_pct=50.0), Told()
        attempts = Attempts("L1", channel.write, told)
        with capture_logs() as lines:
            attempts.write(10.0)
            attempts.write(9.0)
            await asyncio.sleep(10.0)
        assert set(channel.written) == {100.0}
        assert told.faults == [("L1", "write_fails")]
        assert [(x["event"], x["device"]) for x in lines] == [("lamp_write_failed", "L1")]
        attempts.stop()

    in_virtual_time(run())


def test_it_tries_the_newest_level_again_less_and_less_often() -> None:
    async def run() -> list[float]:
        channel, told = FakeChannel(broken=True), Told()
        loop = asyncio.get_running_loop()
        begin_s, tried_s = loop.time(), []

        def write(level_pct: float) -> None:
            if level_pct < 100.0:
                tried_s.append(loop.time() - begin_s)
            channel.write(level_pct)

        attempts = Attempts("L1", write, told)
        attempts.write(10.0)
        await asyncio.sleep(200.0)
        attempts.write(30.0)  # kept for the next attempt
        channel.broken = False
        await asyncio.sleep(100.0)
        assert channel.written == [30.0]
        assert told.faults == [("L1", "write_fails"), ("L1", None)]
        channel.broken = True
        attempts.write(40.0)
        await asyncio.sleep(1.5)
        attempts.stop()
        await asyncio.sleep(1000.0)
        return tried_s

    tried_s = in_virtual_time(run())
    assert [round(x, 3) for x in tried_s] == [
        *(0.0, 1.0, 3.0, 7.0, 15.0, 31.0, 63.0, 123.0, 183.0, 243.0),
        *(300.0, 301.0),
    ]


def test_whatever_a_driver_raises_stays_here() -> None:
    def write(_: float) -> None:
        raise ZeroDivisionError

    async def run() -> None:
        told = Told()
        attempts = Attempts("L1", write, told)
        attempts.write(10.0)
        attempts.stop()
        assert told.faults == [("L1", "write_fails")]

    in_virtual_time(run())
