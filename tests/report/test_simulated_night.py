"""What a report says of a simulated night, against what the simulator knows of it."""

from dataclasses import replace

import pytest

from controller.accounts.accounting import account
from controller.accounts.period import night
from controller.core.energy import power_w
from controller.core.path import Path
from controller.core.profile import Baseline, NightTime, Profile
from controller.core.schedule import night_of, time_s
from firmware_sim.levels import by_lamp, energy_wh
from firmware_sim.span import night_span
from firmware_sim.summary import baseline_wh
from tests.report.nights import DAY, simulated, small, sources

PATH = small()
HALF = replace(Profile(), baseline=Baseline("half_night", 2, level_pct=50.0))


def late_s(path: Path) -> float:
    own = night_of(path, DAY)
    begin, end = HALF.baseline.begin, HALF.baseline.end
    return time_s(end, own, path) - time_s(begin, own, path)


def test_the_sums_are_the_simulators_own() -> None:
    found = account(sources(PATH, HALF), night(DAY))
    span = night_span(PATH, HALF.daylight, DAY)
    courses = by_lamp(simulated(PATH, HALF).commands, (x.id for x in PATH.lamps))
    run = (float(span.start_s), float(span.end_s))
    used_wh = {x.id: energy_wh(courses[x.id], x.power, run) for x in PATH.lamps}
    assert found.declared.active_wh == pytest.approx(sum(used_wh.values()), rel=1e-3)
    for lamp in found.lamps:
        assert lamp.active_wh == pytest.approx(used_wh[lamp.lamp], rel=1e-3)
    controllers_w = sum(x.controller_w for x in PATH.nodes)
    run_h = (span.end_s - span.start_s) / 3600.0
    assert found.declared.overhead_wh == pytest.approx(controllers_w * run_h)
    assert found.covered_s == pytest.approx(2 * run_h * 3600.0)
    assert found.dark_s == pytest.approx(span.dark_end_s, rel=1e-3)
    assert found.late_s == pytest.approx(late_s(PATH), rel=1e-3)


def test_the_standard_baselines_are_what_the_simulator_has_conventional_lamps_use() -> None:
    found = account(sources(PATH, HALF), night(DAY))
    span = night_span(PATH, HALF.daylight, DAY)
    full, part, half = found.standard
    assert full.baseline_wh == pytest.approx(baseline_wh(PATH, span), rel=1e-3)
    full_w, half_w = (sum(power_w(x.power, pct) for x in PATH.lamps) for pct in (100.0, 50.0))
    early_h = (span.dark_end_s - late_s(PATH)) / 3600.0
    late_h = late_s(PATH) / 3600.0
    assert part.baseline_wh == pytest.approx(full_w * early_h, rel=1e-3)
    assert half.baseline_wh == pytest.approx(full_w * early_h + half_w * late_h, rel=1e-3)


@pytest.mark.parametrize("kind", ["dusk_to_dawn", "part_night", "half_night"])
def test_what_nodes_recorded_is_what_is_worked_out_again(kind: str) -> None:
    level_pct = {"dusk_to_dawn": 100.0, "part_night": 0.0, "half_night": 50.0}[kind]
    baseline = replace(HALF.baseline, level_pct=level_pct, end=NightTime(None, 4 * 60 + 30))
    found = account(sources(PATH, replace(HALF, baseline=baseline)), night(DAY))
    again = next(x for x in found.standard if x.name == kind)
    assert again.baseline_wh == pytest.approx(found.declared.baseline_wh, rel=1e-6)
