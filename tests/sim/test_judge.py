import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.core.energy import power_w
from controller.core.fade import holding
from controller.core.path import PowerTable
from firmware_sim.intervals import total, union
from firmware_sim.levels import FadeCommand, energy_wh, lit, pieces
from firmware_sim.needs import NeedFinder, preview_m
from firmware_sim.people import Kind
from firmware_sim.score import Verdict, judge
from firmware_sim.service import percentile
from tests.sim.scenes import RATED_W, fork, rider, span_of, straight

DARK_S = 12 * 3600
LAMPS = 8
SPEED_M_S = 5.0
HALF_M = 17.5
LIGHT = [FadeCommand(-1800.0, f"L{i}", 100.0, 100.0, 0.0, "test") for i in range(LAMPS)]
PREVIEW_M = preview_m(Kind.CYCLIST, SPEED_M_S)
BEGIN_S = 1000.0
WAY = rider((BEGIN_S, "s", 0.0), (BEGIN_S + 280.0 / SPEED_M_S, "s", 280.0))
JUDGED_S = (LAMPS - 5) * 35.0 / SPEED_M_S


def judged(*commands: FadeCommand) -> Verdict:
    return judge(straight(), span_of(DARK_S), [WAY], sorted(commands, key=lambda c: c.time_s))


def dark_between(lamp: str, from_s: float, to_s: float) -> list[FadeCommand]:
    """Commands that make a lamp dark at once, and light at once again."""
    return [
        FadeCommand(from_s, lamp, 100.0, 10.0, 0.0, "dark"),
        FadeCommand(to_s, lamp, 10.0, 100.0, 0.0, "light"),
    ]


def seconds_at(at_m: float) -> float:
    return BEGIN_S + at_m / SPEED_M_S


def test_preview_is_the_stopping_sight_distance() -> None:
    assert preview_m(Kind.CYCLIST, 25 / 3.6) == pytest.approx(27.0, abs=0.3)
    assert preview_m(Kind.CYCLIST, 30.0) == 60.0
    assert preview_m(Kind.PEDESTRIAN, 0.0) == 15.0


def test_a_rider_needs_cells_from_behind_to_preview() -> None:
    needs = NeedFinder(straight()).needs(WAY)
    (third,) = (n.during for n in needs.needed if n.lamp == "L3")
    assert third == pytest.approx((seconds_at(105.0 - PREVIEW_M), seconds_at(140.0 + 8.0)))
    (own,) = (n.during for n in needs.own if n.lamp == "L3")
    assert own == pytest.approx((seconds_at(105.0), seconds_at(140.0)))
    assert needs.judged == pytest.approx((seconds_at(87.5), seconds_at(192.5)))
    assert needs.entry == pytest.approx((BEGIN_S, seconds_at(87.5)))


def test_needs_follow_the_way_through_a_junction() -> None:
    way = rider((0.0, "c", 0.0), (14.0, "c", 70.0), (14.0, "a", 70.0), (28.0, "a", 0.0))
    needs = NeedFinder(fork()).needs(way)
    (beyond,) = union(n.during for n in needs.needed if n.lamp == "L1")
    assert beyond == pytest.approx(((70.0 - PREVIEW_M) / 5.0, (70.0 + 35.0 + 8.0) / 5.0))
    assert {n.lamp for n in needs.needed} == {"L0", "L1", "L4", "L5"}


def test_who_turns_round_needs_light_the_other_way() -> None:
    turn = rider((0.0, "s", 0.0), (28.0, "s", 140.0), (28.0 + 16.0, "s", 60.0))
    found = [n.during for n in NeedFinder(straight()).needs(turn).needed if n.lamp == "L4"]
    # Ahead until the turn, then behind for 8 m.
    assert found == [
        pytest.approx(((140.0 - PREVIEW_M) / 5.0, 28.0)),
        pytest.approx((28.0, 28.0 + 8.0 / 5.0)),
    ]


def test_who_stands_needs_the_light_where_they_are() -> None:
    stop = rider((0.0, "s", 0.0), (20.0, "s", 100.0), (80.0, "s", 100.0), (120.0, "s", 280.0))
    needs = NeedFinder(straight()).needs(stop)
    assert {n.lamp for n in needs.needed if n.during == (20.0, 80.0)} == {"L2"}


def test_full_light_serves_everybody_and_is_waste_for_the_rest() -> None:
    verdict = judged(*LIGHT)
    assert verdict.service.s_full == verdict.service.s_own == verdict.service.p5 == 1.0
    needed_s = sum(
        end - begin for begin, end in (n.during for n in NeedFinder(straight()).needs(WAY).needed)
    )
    assert verdict.waste_h == pytest.approx((DARK_S - needed_s / LAMPS) / 3600.0)
    assert verdict.energy_wh == pytest.approx(RATED_W * (DARK_S + 3600) / 3600.0)
    assert verdict.up_switches == verdict.flicker == 0


def test_one_lamp_late_costs_just_that_time() -> None:
    late_s = 2.0
    from_s = seconds_at(140.0 - PREVIEW_M)
    verdict = judged(*LIGHT, *dark_between("L4", from_s - 50.0, from_s + late_s))
    assert verdict.service.s_full == pytest.approx(1.0 - late_s / JUDGED_S)
    assert verdict.service.s_own == 1.0
    assert verdict.up_switches == 1 / LAMPS


def test_two_lamps_dark_together_count_once() -> None:
    from_s, to_s = seconds_at(120.0), seconds_at(125.0)
    verdict = judged(*LIGHT, *dark_between("L3", from_s, to_s), *dark_between("L4", from_s, to_s))
    assert verdict.service.s_full == pytest.approx(1.0 - (to_s - from_s) / JUDGED_S)
    assert verdict.service.s_own == pytest.approx(1.0 - (to_s - from_s) / JUDGED_S)


def test_the_first_lamps_are_reported_apart() -> None:
    verdict = judged(*LIGHT, *dark_between("L0", BEGIN_S - 9.0, BEGIN_S + 3.0))
    assert verdict.service.s_full == 1.0
    assert verdict.service.entry_s_full == pytest.approx(1.0 - 3.0 / (87.5 / SPEED_M_S))


def test_nobody_is_judged_on_a_path_too_short() -> None:
    short = [c for c in LIGHT if c.lamp in {"L0", "L1", "L2", "L3"}]
    way = rider((0.0, "s", 0.0), (28.0, "s", 140.0))
    service = judge(straight(4), span_of(DARK_S), [way], short).service
    assert (service.s_full, service.s_own, service.p5) == (None, None, None)
    assert service.entry_s_full == 1.0


def test_brightening_soon_after_a_dim_start_is_flicker() -> None:
    soon = dark_between("L0", 5000.0, 5010.0)
    late = dark_between("L0", 6000.0, 6010.5)
    verdict = judged(*LIGHT, *soon, *late)
    assert verdict.up_switches == 2 / LAMPS
    assert verdict.flicker == 1 / LAMPS


def test_a_repeated_or_interrupted_rise_is_one_switch() -> None:
    rise = [
        FadeCommand(5000.0, "L0", 100.0, 10.0, 3.0, "base"),
        FadeCommand(5020.0, "L0", 10.0, 100.0, 1.0, "presence:M0"),
        FadeCommand(5020.5, "L0", 31.0, 100.0, 1.0, "presence:M1"),
    ]
    assert judged(*LIGHT, *rise).up_switches == 1 / LAMPS


def test_darkness_counts_light_between_23_and_5() -> None:
    # Time zero is 17:00: L0 is dim but for an hour before 23:00 and the hour after.
    dim = [
        FadeCommand(-1800.0, f"L{i}", 25.1 if i else 10.0, 25.1 if i else 10.0, 0.0, "test")
        for i in range(LAMPS)
    ]
    lit_up = [
        FadeCommand(5 * 3600.0, "L0", 10.0, 100.0, 0.0, "test"),
        FadeCommand(7 * 3600.0, "L0", 100.0, 10.0, 0.0, "test"),
    ]
    assert judged(*dim, *lit_up).darkness_h == pytest.approx(((LAMPS - 1) * 6 + 1) / LAMPS)


COURSE = [
    FadeCommand(10.0, "L", 0.0, 100.0, 4.0, "up"),
    FadeCommand(20.0, "L", 100.0, 10.0, 3.0, "down"),
    FadeCommand(21.0, "L", 46.4, 100.0, 1.0, "up"),
    FadeCommand(30.0, "L", 100.0, 0.0, 2.0, "off"),
]
DURING = (5.0, 35.0)


def level_at(time_s: float) -> float:
    return next(f.level_pct_at(time_s) for f, (a, b) in pieces(COURSE, DURING) if a <= time_s < b)


@pytest.mark.parametrize("threshold_pct", [1.0, 25.0, 90.0, 100.0])
def test_crossings_are_where_the_level_crosses(threshold_pct: float) -> None:
    found = lit(COURSE, threshold_pct, DURING)
    steps = 30000
    for k in range(steps):
        time_s = DURING[0] + (DURING[1] - DURING[0]) * (k + 0.5) / steps
        near = any(abs(time_s - edge) < 1e-3 for interval in found for edge in interval)
        inside = any(a <= time_s < b for a, b in found)
        assert near or inside == (level_at(time_s) >= threshold_pct)


@given(
    st.lists(
        st.tuples(st.integers(0, 20), st.sampled_from((0.0, 10.0, 100.0)), st.integers(0, 4)),
        max_size=8,
    ),
    st.integers(-2, 24),
)
def test_a_stretch_is_the_sum_of_its_parts(drawn: list[tuple[int, float, int]], cut_s: int) -> None:
    """Wherever a night is cut, light and energy are the same, and pieces follow one another."""
    steps = sorted(drawn)
    fade, course = holding(100.0, 0.0), list[FadeCommand]()
    for time_s, to_pct, fade_s in steps:
        fade = fade.redirected(to_pct, time_s, fade_s)
        course.append(FadeCommand(time_s, "L", fade.from_pct, to_pct, fade_s, "test"))
    whole, parts = (-3.0, 25.0), [(-3.0, float(cut_s)), (float(cut_s), 25.0)]
    for threshold_pct in (25.0, 90.0):
        lit_s = [total(lit(course, threshold_pct, during)) for during in (whole, *parts)]
        assert lit_s[0] == pytest.approx(sum(lit_s[1:]))
    power = PowerTable.for_rated(RATED_W)
    used_wh = [energy_wh(course, power, during) for during in (whole, *parts)]
    assert used_wh[0] == pytest.approx(sum(used_wh[1:]))
    for during in (whole, *parts):
        stretches = [sway for _, sway in pieces(course, during)]
        assert (stretches[0][0], stretches[-1][1]) == during
        assert all(a[0] < a[1] == b[0] for a, b in pairwise(stretches))


def test_energy_in_closed_form_is_the_integral_of_power() -> None:
    power = PowerTable(0.4, ((0.0, 1.2), (30.0, 6.0), (100.0, 15.0)))
    joules = 0.0
    for _, (a, b) in pieces(COURSE, DURING):
        times = [a + (b - a) * k / 20000 for k in range(20001)]
        joules += sum(
            power_w(power, level_at(min((s + t) / 2, math.nextafter(DURING[1], 0)))) * (t - s)
            for s, t in pairwise(times)
        )
    assert energy_wh(COURSE, power, DURING) == pytest.approx(joules / 3600.0, rel=1e-5)


def test_a_lamp_without_commands_is_off() -> None:
    assert lit([], 1.0, DURING) == []
    assert energy_wh([], PowerTable.for_rated(15.0), (0.0, 3600.0)) == pytest.approx(0.4)


def test_percentiles_lie_between_the_values() -> None:
    values = [0.0, 1.0, 2.0, 3.0, 4.0]
    assert [percentile(values, s) for s in (0.0, 0.05, 0.5, 1.0)] == pytest.approx([0, 0.2, 2, 4])
    assert percentile([7.0], 0.05) == 7.0
