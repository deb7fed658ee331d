import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from structlog.testing import capture_logs

from controller.core.effects import AnnouncePassage, FadeLamp
from controller.core.events import Event, MotionReported, ProfileChanged, Stopped, TimePassed
from controller.core.fade import FULL_PCT
from controller.core.moment import Moment
from controller.core.profile import Profile, Rule
from controller.core.site import build_site
from controller.core.state import State, begin
from controller.core.step import step
from controller.devices.ports import LampPort
from controller.inbox import Inbox
from controller.runner import Runner
from tests.core.build import straight_path
from tests.shell.fakes import LIMIT_S, Clock, Told

NODE = "n1"
RECORD_S = 300.0
DEFAULT = Profile()


@dataclass
class Lamp:
    """A LampPort that remembers."""

    fades: list[tuple[float, float]] = field(default_factory=list)
    colours_k: list[float | None] = field(default_factory=list)
    refuses: set[tuple[float, float]] = field(default_factory=set)

    def fade_to(self, level_pct: float, fade_s: float, colour_k: float | None = None) -> None:
        if (level_pct, fade_s) in self.refuses:
            raise ZeroDivisionError
        self.fades.append((level_pct, fade_s))
        self.colours_k.append(colour_k)

    def close(self) -> None:
        pass


@dataclass
class Script(Inbox):
    """An inbox in virtual time: events at given seconds; waiting moves the clock."""

    clock: Clock
    events: list[tuple[float, Event]]
    waits_s: list[float] = field(default_factory=list)

    async def get(self, timeout_s: float) -> Event | None:
        self.waits_s.append(timeout_s)
        due_s = self.events[0][0] if self.events else math.inf
        wakes_s = self.clock.now_s + timeout_s
        self.clock.now_s = max(self.clock.now_s, min(due_s, wakes_s))
        return self.events.pop(0)[1] if due_s <= wakes_s else None


@dataclass
class Bench:
    """A runner between fakes, and how often it called `beat`."""

    clock: Clock = field(default_factory=Clock)
    lamps: dict[str, Lamp] = field(default_factory=dict)
    told: Told = field(default_factory=Told)
    beats_s: list[float] = field(default_factory=list)
    cct_k: dict[str, tuple[float, float]] = field(default_factory=dict)
    profile: Profile = field(default_factory=Profile)

    def beat(self) -> None:
        self.beats_s.append(self.clock.now_s)

    def runner(self, inbox: Inbox) -> Runner:
        ports: dict[str, LampPort] = dict(self.lamps)
        return Runner(
            fresh(self.clock.moment(), self.cct_k, self.profile),
            inbox=inbox,
            moment=self.clock.moment,
            lamps=ports,
            outlet=self.told,
        )

    async def run(self, *events: tuple[float, Event], beat_s: float | None = None) -> Script:
        inbox = Script(self.clock, list(events))
        runner = self.runner(inbox)
        runner.begin()
        await asyncio.wait_for(runner.run(self.beat, beat_s), LIMIT_S)
        return inbox


def fresh(
    moment: Moment,
    cct_k: Mapping[str, tuple[float, float]] = MappingProxyType({}),
    profile: Profile = DEFAULT,
) -> State:
    path = straight_path()
    lamps = tuple(replace(lamp, cct_k=cct_k.get(lamp.id)) for lamp in path.lamps)
    return begin(build_site(replace(path, lamps=lamps), NODE), profile, moment, RECORD_S)


def all_lamps() -> dict[str, Lamp]:
    return {lamp: Lamp() for lamp in fresh(Moment(0.0, None)).lamps}


async def test_it_does_what_the_core_decides_when_the_core_wants_it() -> None:
    events: list[tuple[float, Event]] = [
        *((1.0, MotionReported(f"M{i:02}", active=False, at_s=1.0)) for i in range(4, 8)),
        (120.0, MotionReported("M04", active=True, at_s=120.0)),
        (122.0, MotionReported("M04", active=False, at_s=122.0)),
        (400.0, Stopped()),
    ]
    bench = Bench(lamps=all_lamps())
    await bench.run(*events)

    state, due, mono_s = fresh(Clock().moment()), list(events), 0.0
    fades: dict[str, list[tuple[float, float]]] = {lamp: [] for lamp in bench.lamps}
    told = Told()
    event: Event = TimePassed()
    while True:
        decision = step(state, event, Clock(mono_s).moment())
        if decision.state is not state:
            told.changed(decision.state)
        state = decision.state
        for effect in decision.effects:
            if isinstance(effect, FadeLamp):
                fades[effect.lamp].append((effect.level_pct, effect.fade_s))
            elif isinstance(effect, AnnouncePassage):
                told.announce(effect)
            else:
                told.record(effect)
        if isinstance(event, Stopped):
            break
        if due[0][0] <= decision.wake_at_s:
            mono_s, event = due.pop(0)
        else:
            mono_s, event = decision.wake_at_s, TimePassed()
    assert {lamp: port.fades for lamp, port in bench.lamps.items()} == fades
    assert any(fades.values())
    assert bench.told == told
    assert told.announced
    assert sum(x.duration_s for x in told.recorded) == 400.0


async def test_it_wakes_exactly_at_the_deadline_of_the_core() -> None:
    clock = Clock()
    first = step(fresh(clock.moment()), TimePassed(), clock.moment())
    bench = Bench(clock=clock)
    inbox = await bench.run((first.wake_at_s + 1.0, Stopped()))
    assert inbox.waits_s[0] == first.wake_at_s
    assert bench.beats_s[0] == first.wake_at_s


async def test_a_deadline_that_is_past_is_met_without_waiting() -> None:
    clock = Clock()
    inbox = Script(clock, [(1e6, Stopped())])
    runner = Bench(clock=clock).runner(inbox)
    runner.begin()
    clock.now_s = 1e6
    await asyncio.wait_for(runner.run(lambda: None, None), LIMIT_S)
    assert inbox.waits_s == [0.0]


async def test_the_watchdog_is_fed_at_every_turn_and_in_time() -> None:
    bench = Bench()
    inbox = await bench.run((100.0, Stopped()), beat_s=7.0)
    assert max(inbox.waits_s) == 7.0
    assert len(bench.beats_s) == len(inbox.waits_s)
    gaps_s = [b - a for a, b in zip([0.0, *bench.beats_s], bench.beats_s, strict=False)]
    assert max(gaps_s) <= 7.0


async def test_stopped_ends_it_with_the_open_record_closed() -> None:
    bench = Bench()
    inbox = await bench.run((12.0, Stopped()), (13.0, TimePassed()))
    assert [x.duration_s for x in bench.told.recorded] == [12.0]
    assert inbox.events == [(13.0, TimePassed())]


async def test_lamps_without_a_port_are_left_to_their_wiring() -> None:
    bench = Bench(lamps={"L04": Lamp()})
    await bench.run((1.0, Stopped()))
    assert bench.lamps["L04"].fades


async def test_a_decision_that_changes_nothing_is_not_reported() -> None:
    bench = Bench()
    await bench.run((1.0, MotionReported("not mine", active=True, at_s=1.0)), (1.0, Stopped()))
    begun = 1
    closed = 1
    assert len(bench.told.states) == begun + closed


async def test_the_state_it_shows_is_the_newest() -> None:
    bench = Bench()
    inbox = Script(bench.clock, [(1.0, ProfileChanged(Profile(version=5))), (2.0, Stopped())])
    runner = bench.runner(inbox)
    runner.begin()
    await runner.run(bench.beat, None)
    assert runner.state.profile.version == 5
    assert bench.told.states[-1] is runner.state


async def test_with_a_real_inbox_an_event_wakes_it_at_once() -> None:
    bench, inbox = Bench(), Inbox()
    runner = bench.runner(inbox)
    runner.begin()
    running = asyncio.create_task(runner.run(bench.beat, None))
    await asyncio.sleep(0)
    inbox.put(Stopped())
    await asyncio.wait_for(running, LIMIT_S)


async def test_a_colour_goes_to_lamps_that_have_it_and_to_no_other() -> None:
    bench = Bench(lamps=all_lamps(), cct_k={"L04": (2200.0, 4000.0), "L05": (2700.0, 4000.0)})
    bench.profile = Profile(rules=(Rule("amber", colour_k=2500.0),))
    await bench.run((1.0, Stopped()))
    assert {lamp: port.colours_k[-1] for lamp, port in bench.lamps.items()} == {
        "L04": 2500.0,
        "L05": 2700.0,
        "L06": None,
        "L07": None,
    }


async def test_a_lamp_with_reserves_is_asked_for_less_of_its_output() -> None:
    def reserved(state: State) -> State:
        lamps = {**state.site.lamps, "L05": replace(state.site.lamps["L05"], output_pct=80.0)}
        return state._replace(site=replace(state.site, lamps=lamps))

    bench = Bench(lamps=all_lamps())
    runner = bench.runner(Script(bench.clock, []))
    runner.state = reserved(runner.state)
    runner.begin()
    asked = {lamp: [level_pct for level_pct, _ in port.fades] for lamp, port in bench.lamps.items()}
    assert asked == {"L04": [100.0], "L05": [80.0], "L06": [100.0], "L07": [100.0]}


async def test_a_driver_that_raises_takes_no_other_along_and_lights_if_it_can() -> None:
    bench = Bench(lamps=all_lamps())
    lamps = list(bench.lamps.values())
    faded = (FULL_PCT, Profile().presence.fade_up_s)
    lamps[0].refuses = {faded, (FULL_PCT, 0.0)}
    lamps[1].refuses = {faded}
    with capture_logs() as lines:
        await bench.run((1.0, Stopped()))
    assert [lamp.fades for lamp in lamps] == [[], [(FULL_PCT, 0.0)], [faded], [faded]]
    assert [(x["event"], x["lamp"]) for x in lines] == [
        ("lamp_not_set", "L04"),
        ("lamp_not_set", "L05"),
    ]
