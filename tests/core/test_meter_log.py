"""What is taken from a meter: steady readings, each once, and how often its lamps went out."""

import math
from dataclasses import replace

import pytest

from controller.core.health.meter_log import MeterLog, PowerSample, steady_sample
from controller.core.metering import Meter, Metered
from controller.core.path import PowerTable
from controller.core.state import State
from tests.core.health_patient import HOUR_S, node_state, unlit_path

ONE = Meter("E1", ("L00",))
FULL_W, STANDBY_W = 100.0, 0.0
PLAIN = PowerTable(STANDBY_W, ((0.0, 0.0), (100.0, FULL_W)))
BIG = PowerTable(0.5, ((0.0, 2.0), (100.0, 20.0)))


def with_tables(*tables: PowerTable) -> State:
    """A node whose lamps are at full since 0 s and draw by these tables, with a controller."""
    path = unlit_path(len(tables), len(tables))
    lamps = tuple(replace(x, power=t) for x, t in zip(path.lamps, tables, strict=True))
    nodes = tuple(replace(node, controller_w=3.0) for node in path.nodes)
    return node_state(path=replace(path, lamps=lamps, nodes=nodes))


def steady(at_s: float, power_w: float | None, meter: Meter = ONE) -> Metered:
    return Metered(meter, at_s, power_w, at_s)


def logged(*shares: float, elapsed_s: float = 0.0) -> MeterLog:
    """What is known of a meter after readings of so much of what its lamp should draw."""
    log, state = MeterLog(), with_tables(PLAIN)
    for i, share in enumerate(shares):
        at_s = 60.0 * (i + 1)
        log = log.read(steady(at_s, share * FULL_W), state, at_s, elapsed_s)
    return log


@pytest.mark.parametrize(
    ("share", "working"),
    [(1.0, True), (0.65, True), (0.64, None), (0.36, None), (0.35, False), (0.0, False)],
)
def test_a_lamp_works_from_65_percent_of_its_power_and_has_failed_up_to_35(
    share: float,
    working: bool | None,  # noqa: FBT001 - parametrised
) -> None:
    assert logged(share).working is working


@pytest.mark.parametrize(
    ("shares", "toggles", "working"),
    [
        ((1.0,), 0.0, True),
        ((0.0,), 0.0, False),
        ((1.0, 1.0, 1.0), 0.0, True),
        ((1.0, 0.5, 1.0), 0.0, True),
        ((1.0, 0.0), 1.0, False),
        ((1.0, 0.5, 0.0, 0.5, 1.0), 2.0, True),
        ((0.0, 0.5), 0.0, False),
    ],
)
def test_every_change_between_working_and_failed_counts_and_what_is_between_does_not(
    *, shares: tuple[float, ...], toggles: float, working: bool
) -> None:
    log = logged(*shares)
    assert (log.toggles, log.working) == (toggles, working)


def test_changes_fade_with_two_hours() -> None:
    log, state = logged(1.0, 0.0), with_tables(PLAIN)
    later = log.read(steady(120.0, 0.0), state, 120.0, 2 * HOUR_S)
    assert later.toggles == pytest.approx(math.exp(-1.0))
    assert logged(1.0, 0.0, 1.0, elapsed_s=2 * HOUR_S).toggles == pytest.approx(1 + math.exp(-1.0))


def test_a_reading_is_taken_once() -> None:
    log, state = MeterLog(), with_tables(PLAIN)
    once = log.read(steady(60.0, 50.0), state, 60.0, 60.0)
    assert once.sample is not None
    again = once.read(steady(60.0, 50.0), state, 110.0, 50.0)
    assert (again.sample, again.taken_at_s) == (None, 60.0)
    assert again.read(steady(120.0, 50.0), state, 120.0, 10.0).sample is not None


@pytest.mark.parametrize("metered", [steady(60.0, None), steady(60.0, 5.0, Meter("E", ()))])
def test_a_meter_that_cannot_be_read_or_has_no_lamps_gives_no_sample(metered: Metered) -> None:
    assert MeterLog().read(metered, with_tables(PLAIN), 60.0, 60.0) == MeterLog()


def test_lamps_that_faded_just_now_give_no_sample() -> None:
    assert MeterLog().read(steady(4.0, 50.0), with_tables(PLAIN), 4.0, 4.0) == MeterLog()


def test_a_sample_tells_the_lamps_from_standby_and_from_the_controller() -> None:
    state, small = with_tables(BIG, PowerTable.for_rated(15.0)), Meter("E", ("L01",))
    both = Meter("E", ("L00", "L01"), controller=True)
    assert steady_sample(steady(60.0, 30.0, both), state, 70.0) == PowerSample(
        at_s=60.0,
        power_w=30.0,
        model_w=3.0 + 20.0 + 15.0,
        off_w=3.0 + 0.5 + 0.4,
        controller_w=3.0,
        full_w=19.5 + 14.6,
        one_w=19.5,
    )
    sample = steady_sample(steady(60.0, 15.0, small), state, 70.0)
    assert sample is not None
    assert (sample.controller_w, sample.off_w, sample.model_w) == (0.0, 0.4, 15.0)


@pytest.mark.parametrize(
    ("power_w", "model_w", "share"),
    [(7.0, 12.0, 0.5), (12.0, 12.0, 1.0), (2.25, 2.5, 0.5), (2.0, 2.0, None)],
)
def test_the_lit_share_is_of_what_lamps_should_draw_beyond_standby(
    power_w: float, model_w: float, share: float | None
) -> None:
    sample = PowerSample(0.0, power_w, model_w, 2.0, 0.0, 20.0, 15.0)
    assert sample.lit_share == share
