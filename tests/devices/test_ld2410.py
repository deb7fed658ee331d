import asyncio
import fcntl
import struct
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from controller.devices import ld2410
from controller.devices.ld2410 import QUIET_S, Ld2410, Watch
from controller.devices.ld2410_frames import RadarReport
from tests.board.fixtures import until
from tests.devices.fake_ld2410 import BOTH, GATES, MOVING, NOBODY, STILL, FakeLd2410, frame

TCGETS2 = 0x802C542A
TERMIOS2_BYTES = 44


@pytest.fixture
def radar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeLd2410]:
    monkeypatch.setattr(ld2410, "FIRST_RETRY_S", 0.01)
    monkeypatch.setattr(ld2410, "LONGEST_RETRY_S", 0.05)
    monkeypatch.setattr(ld2410, "QUIET_S", 0.05)
    monkeypatch.setattr(ld2410, "SILENCE_S", 10.0)  # the machine may be busy
    radar = FakeLd2410(tmp_path / "radar")
    radar.plug_in()
    yield radar
    if radar.port.is_symlink():
        radar.unplug()


@asynccontextmanager
async def heard(
    radar: FakeLd2410, moving_m: float = 6.0, still_m: float = 6.0
) -> AsyncIterator[list[bool | None]]:
    told: list[bool | None] = []
    sensor = Ld2410(
        "M01",
        str(radar.port),
        moving_m=moving_m,
        still_m=still_m,
        callback=lambda _, active, __: told.append(active),
    )
    sensor.start()
    try:
        yield told
    finally:
        sensor.close()


# --- who counts, in exact times -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moving_m", "still_m", "counts"),
    [
        (1.0, None, True),
        (4.0, None, False),
        (None, 1.0, True),
        (None, 2.0, False),
        (4.0, 1.0, True),
        (4.0, 2.0, False),
        (None, None, False),
    ],
)
def test_who_is_within_the_range_of_their_kind_counts(
    moving_m: float | None,
    still_m: float | None,
    counts: bool,  # noqa: FBT001  a column of the table
) -> None:
    watch = Watch(4.0, 2.0, 0.0)
    assert watch.hear(RadarReport(moving_m, still_m), QUIET_S) is counts


def test_without_a_range_nobody_who_stands_still_counts() -> None:
    # the module gives a distance of 0 for a still target that is very near
    assert Watch(4.0, 0.0, 0.0).hear(RadarReport(None, 0.0), QUIET_S) is False


def test_somebody_has_gone_after_a_second_without_them_and_not_before() -> None:
    watch, nobody, somebody = Watch(6.0, 6.0, 10.0), RadarReport(None, None), RadarReport(1.0, None)
    assert watch.hear(nobody, 10.0) is None
    assert watch.hear(nobody, 10.9) is None
    assert watch.hear(nobody, 11.0) is False
    assert watch.hear(somebody, 11.1) is True
    assert watch.hear(nobody, 11.2) is None
    assert watch.hear(somebody, 11.9) is True
    assert watch.hear(nobody, 12.8) is None
    assert watch.hear(nobody, 12.9) is False


# --- at a serial line -----------------------------------------------------------------------------


async def test_somebody_comes_stands_still_and_goes(radar: FakeLd2410) -> None:
    async with heard(radar) as told:
        await until(lambda: told == [False])
        radar.says = frame(MOVING, 300)
        await until(lambda: told == [False, True])
        radar.says = frame(NOBODY)
        await until(lambda: told == [False, True, False])
        radar.says = frame(STILL, 0, 250, gates=GATES)
        await until(lambda: told == [False, True, False, True])


async def test_a_hedge_beyond_the_range_does_not_light_the_path(radar: FakeLd2410) -> None:
    radar.says = frame(BOTH, 800, 800)
    async with heard(radar, moving_m=5.0, still_m=3.0) as told:
        await until(lambda: told == [False])
        radar.says = frame(BOTH, 800, 200)
        await until(lambda: told == [False, True])


async def test_the_line_is_set_to_256000_baud_eight_bits_and_nothing_translated(
    radar: FakeLd2410,
) -> None:
    async with heard(radar) as told:
        await until(lambda: told)
        state = bytes(fcntl.ioctl(radar.slave, TCGETS2, bytes(TERMIOS2_BYTES)))
    i_flags, o_flags, c_flags, l_flags = struct.unpack_from("4I", state)
    assert struct.unpack_from("2I", state, 36) == (256_000, 256_000)
    assert (i_flags, o_flags, l_flags) == (0, 0, 0)
    assert c_flags & 0o60 == 0o60  # CS8


async def test_a_line_that_falls_silent_or_babbles_is_unreadable_and_heals(
    radar: FakeLd2410, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ld2410, "SILENCE_S", 0.3)
    with capture_logs() as lines:
        async with heard(radar) as told:
            await until(lambda: told[-1:] == [False])
            radar.says = b"\x00\xf4\xf3\xf2\xf1" * 20  # as at a wrong speed
            await until(lambda: None in told)
            radar.says = frame(MOVING, 100)
            await until(lambda: told[-1] is True)
    assert lines[0]["event"] == "device_unreadable"
    assert lines[0]["device"] == "M01"
    assert "no report" in lines[0]["error"]
    assert "TX to RX" in lines[0]["error"]


async def test_unplugged_it_is_unreadable_told_once_and_plugged_in_again_it_heals(
    radar: FakeLd2410,
) -> None:
    with capture_logs() as lines:
        async with heard(radar) as told:
            await until(lambda: told == [False])
            radar.unplug()
            await until(lambda: told == [False, None])
            radar.says = frame(MOVING, 100)
            radar.plug_in()
            await until(lambda: told == [False, None, True])
    assert [x["event"] for x in lines] == ["device_unreadable"]


async def test_a_port_that_is_not_there_is_told_by_its_name_and_comes_later(
    radar: FakeLd2410,
) -> None:
    radar.unplug()
    with capture_logs() as lines:
        async with heard(radar) as told:
            await until(lambda: told == [None])
            radar.plug_in()
            await until(lambda: told == [None, False])
    assert "No such file" in lines[0]["error"]
    assert lines[0]["port"] == str(radar.port)


async def test_waits_grow_up_to_the_longest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits_s: list[float] = []
    pause = asyncio.sleep

    async def sleep(wait_s: float) -> None:
        waits_s.append(wait_s)
        await pause(0.0)

    with monkeypatch.context() as patched:
        patched.setattr(asyncio, "sleep", sleep)
        async with heard(FakeLd2410(tmp_path / "nothing")):
            while len(waits_s) < 8:
                await pause(0.0)
    assert waits_s[:8] == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]


async def test_after_it_was_heard_waits_begin_anew(
    radar: FakeLd2410, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits_s: list[float] = []
    pause = asyncio.sleep

    async def sleep(wait_s: float) -> None:
        if wait_s in (0.01, 0.02, 0.04, 0.05):
            waits_s.append(wait_s)
        await pause(wait_s)

    monkeypatch.setattr(asyncio, "sleep", sleep)
    async with heard(radar) as told:
        for _ in range(2):
            await until(lambda: told[-1:] == [False])
            waits_s.clear()
            radar.unplug()
            await until(lambda: len(waits_s) >= 5)
            assert waits_s[:5] == [0.01, 0.02, 0.04, 0.05, 0.05]
            radar.plug_in()


async def test_what_is_no_serial_port_is_unreadable(tmp_path: Path) -> None:
    file = tmp_path / "radar"
    file.write_text("no port")
    async with heard(FakeLd2410(file)) as told:
        await until(lambda: told == [None])


async def test_what_was_never_started_can_be_closed() -> None:
    Ld2410("M", "/nowhere", moving_m=1.0, still_m=1.0, callback=lambda *_: None).close()
