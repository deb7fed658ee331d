import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from structlog.testing import capture_logs

from controller.devices.dali_lamp import CHECK_S, DIAGNOSE_S, DaliLamp
from controller.devices.gear import GearError
from controller.devices.poller import BusThread
from tests.board.fixtures import until
from tests.devices.fake_channel import Told


@dataclass
class Gear:
    """What the lamp asks of its gear; fails while there is an error."""

    said: list[str] = field(default_factory=list)
    error: Exception | None = None
    set_error: Exception | None = None
    found: list[str | None] = field(default_factory=lambda: [None, None])

    def set(self, level_pct: float, fade_s: float, colour_k: float | None) -> None:
        self._fail(self.set_error)
        self.said.append(f"{level_pct:g} % in {fade_s:g} s, {colour_k} K")

    def examination(self, *, prepare: bool, diagnose: bool) -> Iterator[Callable[[], str | None]]:
        for number, found in enumerate(self.found):
            name = f"look {number}" + " prepare" * prepare + " diagnose" * diagnose

            def look(found: str | None = found, name: str = name) -> str | None:
                self._fail(self.error)
                self.said.append(name)
                return found

            yield look

    def close(self) -> None:
        self.said.append("close")

    def _fail(self, error: Exception | None) -> None:
        if error is not None:
            raise error

    def news(self) -> list[str]:
        said, self.said = self.said, []
        return said


@dataclass
class Bench:
    """A lamp whose turns come when a test says so, at times of its own."""

    lamp: DaliLamp
    gear: Gear
    told: Told
    now_s: float = 0.0

    async def settle(self) -> float:
        """Let it do all that is due now; return for how long it wants to rest then."""
        while (wait_s := await self.lamp.turn(self.now_s)) == 0.0:
            pass
        return wait_s

    async def after(self, seconds: float) -> float:
        self.now_s += seconds
        return await self.settle()


@asynccontextmanager
async def bench() -> AsyncIterator[Bench]:
    gear, told, thread = Gear(), Told(), BusThread("dali")
    yield Bench(DaliLamp("L1", gear, thread, told), gear, told)
    thread.close()


async def test_first_it_lights_then_it_prepares_and_checks_every_minute() -> None:
    async with bench() as b:
        assert await b.settle() == CHECK_S
        first = ["look 0 prepare diagnose", "look 1 prepare diagnose"]
        assert b.gear.news() == ["100 % in 0 s, None K", *first]
        assert await b.after(CHECK_S - 1.0) == 1.0
        assert b.gear.news() == []
        await b.after(1.0)
        assert b.gear.news() == ["look 0", "look 1"]
        await b.after(DIAGNOSE_S)
        assert b.gear.news() == ["look 0 diagnose", "look 1 diagnose"]
        assert b.told.faults == []


async def test_a_level_goes_before_everything_else_and_only_the_newest() -> None:
    async with bench() as b:
        await b.lamp.turn(b.now_s)
        await b.lamp.turn(b.now_s)
        b.lamp.fade_to(50.0, 1.0)
        b.lamp.fade_to(10.0, 3.0, 2200.0)
        await b.settle()
        assert b.gear.news() == [
            *("100 % in 0 s, None K", "look 0 prepare diagnose"),
            *("10 % in 3 s, 2200.0 K", "look 1 prepare diagnose"),
        ]


async def test_what_the_gear_reports_is_told_until_it_is_over() -> None:
    async with bench() as b:
        b.gear.found = [None, "lamp_failure"]
        with capture_logs() as lines:
            for _ in range(3):
                await b.after(CHECK_S)
            b.gear.found = [None, None]
            await b.after(CHECK_S)
        assert b.told.faults == [("L1", "lamp_failure"), ("L1", None)]
        assert [(x["event"], x["device"]) for x in lines] == [
            ("lamp_faulty", "L1"),
            ("lamp_sound_again", "L1"),
        ]


async def test_silent_gear_is_asked_less_and_less_often_and_told_its_levels_all_the_same() -> None:
    async with bench() as b:
        b.gear.error = GearError("no_answer", "nobody there")
        waits_s = [await b.settle()]
        while len(waits_s) < 9:
            waits_s.append(await b.after(waits_s[-1]))
        assert waits_s == [1, 2, 4, 8, 16, 32, 60, 60, 60]
        assert b.told.faults == [("L1", "no_answer")]
        b.gear.news()
        b.lamp.fade_to(10.0, 3.0)
        assert await b.after(1.0) == 59.0
        assert b.gear.news() == ["10 % in 3 s, None K"]
        b.gear.error = None
        assert await b.after(59.0) == CHECK_S
        assert b.gear.news() == ["look 0 prepare", "look 1 prepare"]
        assert b.told.faults[1:] == [("L1", None)]
        b.gear.error = GearError("no_answer", "nobody there")
        assert await b.after(CHECK_S) == 1.0


async def test_without_its_interface_a_lamp_keeps_the_newest_level_for_later() -> None:
    async with bench() as b:
        b.gear.set_error = OSError("the interface is gone")
        assert await b.settle() == 1.0
        b.lamp.fade_to(10.0, 3.0)
        assert await b.after(0.5) == 0.5
        b.lamp.fade_to(20.0, 3.0)
        assert await b.after(0.5) == 2.0
        await until(lambda: b.gear.said == ["close", "close"])
        b.gear.set_error = None
        await b.after(2.0)
        assert b.gear.news()[2:4] == ["20 % in 3 s, None K", "look 0 prepare diagnose"]
        assert b.told.faults == [("L1", "bus_fails"), ("L1", None)]


async def test_whatever_a_library_raises_the_lamp_goes_on() -> None:
    async with bench() as b:
        b.gear.error = AttributeError("a fault of somebody's")
        assert await b.settle() == 1.0
        b.gear.error = None
        assert await b.after(1.0) == CHECK_S
        assert b.told.faults == [("L1", "bus_fails"), ("L1", None)]


async def test_by_itself_it_does_so_in_the_bus_thread_and_lights_when_let_go() -> None:
    gear, told, thread = Gear(), Told(), BusThread("dali")
    lamp = DaliLamp("L1", gear, thread, told)
    lamp.start()
    await until(lambda: len(gear.said) == 3)
    lamp.fade_to(10.0, 1.0)
    await until(lambda: gear.said[-1] == "10 % in 1 s, None K")
    lamp.close()
    await until(lambda: gear.said[-1] == "100 % in 0 s, None K")
    lamp.close()
    thread.close()
    await until(lambda: not any(task.get_name() == "dali L1" for task in asyncio.all_tasks()))
