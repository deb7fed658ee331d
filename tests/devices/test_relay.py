import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from controller.devices.relay import RelayLamp
from tests.devices.fake_channel import Told
from tests.support.virtual_time import in_virtual_time

LEAST_ON_S = 60.0


@dataclass
class FakeSwitch:
    """A relay that notes when it was switched."""

    switched: list[tuple[float, bool]] = field(default_factory=list)
    broken: bool = False
    closed: bool = False
    begin_s: float = field(default_factory=lambda: asyncio.get_running_loop().time())

    def switch(self, *, lit: bool) -> None:
        if self.broken:
            raise OSError("the pin is gone")
        at_s = asyncio.get_running_loop().time() - self.begin_s
        self.switched.append((round(at_s, 6), lit))

    def close(self) -> None:
        self.closed = True


def relay_test(
    work: Callable[[RelayLamp, FakeSwitch, Told], Coroutine[None, None, None]],
) -> None:
    async def run() -> None:
        switch, told = FakeSwitch(), Told()
        lamp = RelayLamp("L1", switch, least_on_s=LEAST_ON_S, tell=told)
        await work(lamp, switch, told)
        lamp.close()
        assert switch.closed

    in_virtual_time(run())


def test_it_goes_off_when_the_fade_has_ended_and_on_at_once() -> None:
    async def work(lamp: RelayLamp, switch: FakeSwitch, _told: Told) -> None:
        await asyncio.sleep(100.0)
        lamp.fade_to(0.0, 3.0)
        await asyncio.sleep(10.0)
        lamp.fade_to(0.1, 5.0, 2700.0)
        lamp.fade_to(100.0, 5.0)
        assert switch.switched == [(103.0, False), (110.0, True)]

    relay_test(work)


def test_it_stays_on_for_the_least_time() -> None:
    async def work(lamp: RelayLamp, switch: FakeSwitch, _told: Told) -> None:
        lamp.fade_to(0.0, 1.0)
        await asyncio.sleep(59.0)
        assert switch.switched == []
        await asyncio.sleep(2.0)
        lamp.fade_to(100.0, 0.0)
        lamp.fade_to(0.0, 0.0)
        lamp.fade_to(0.0, 0.0)
        await asyncio.sleep(100.0)
        assert switch.switched == [(60.0, False), (61.0, True), (121.0, False)]

    relay_test(work)


def test_somebody_who_comes_before_it_went_off_keeps_it_on() -> None:
    async def work(lamp: RelayLamp, switch: FakeSwitch, _told: Told) -> None:
        lamp.fade_to(0.0, 1.0)
        lamp.fade_to(60.0, 1.0)
        await asyncio.sleep(1000.0)
        assert switch.switched == []

    relay_test(work)


def test_let_go_it_is_not_switched_off_later() -> None:
    async def work(lamp: RelayLamp, switch: FakeSwitch, _told: Told) -> None:
        lamp.fade_to(0.0, 1.0)
        lamp.close()
        await asyncio.sleep(1000.0)
        assert switch.switched == []

    relay_test(work)


def test_a_switch_that_fails_is_told_and_tried_again() -> None:
    async def work(lamp: RelayLamp, switch: FakeSwitch, told: Told) -> None:
        await asyncio.sleep(100.0)
        switch.broken = True
        lamp.fade_to(0.0, 0.0)
        await asyncio.sleep(0.5)
        assert told.faults == [("L1", "write_fails")]
        lamp.fade_to(100.0, 0.0)
        switch.broken = False
        await asyncio.sleep(1.0)
        assert switch.switched == [(101.0, True)]
        assert told.faults[-1] == ("L1", None)

    relay_test(work)


Orders = st.lists(st.tuples(st.floats(0.0, 200.0), st.booleans()), max_size=20)


@given(Orders)
def test_it_is_never_off_while_light_is_wanted_and_never_on_for_less(
    orders: list[tuple[float, bool]],
) -> None:
    async def work(lamp: RelayLamp, switch: FakeSwitch, _told: Told) -> None:
        for after_s, light in orders:
            await asyncio.sleep(after_s)
            lamp.fade_to(100.0 if light else 0.0, 0.0)
            lit = switch.switched[-1][1] if switch.switched else True
            assert lit or not light
        on_since_s: float = 0.0
        for at_s, lit in switch.switched:
            if lit:
                on_since_s = at_s
            else:
                assert at_s - on_since_s >= LEAST_ON_S - 1e-6

    relay_test(work)
