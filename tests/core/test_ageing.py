"""Lamps whose light is held constant: what they are asked for and what they draw, by hours."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.core.effects import Effect, FadeLamp, RecordEnergy
from controller.core.energy import fade_energy_wh, power_at_output, power_w
from controller.core.events import BurnHoursRecalled, Stopped
from controller.core.fade import Fade
from controller.core.metering import Meter
from controller.core.path import ConstantLight, Path, PowerTable
from controller.core.profile import Profile, Rule
from tests.core.build import NOON, Host, settled, straight_path, watt_hours, with_levels
from tests.core.metered import Watched

CURVE = ConstantLight(((0.0, 80.0), (1000.0, 90.0), (100_000.0, 100.0)))
P = Profile().presence
NEW = BurnHoursRecalled({"L01": 0.0, "L02": 4_000.0})
TABLE = PowerTable(0.4, ((0.0, 1.2), (50.0, 7.0), (100.0, 15.0)))
# By the power table of 15 W for the output that is asked for.
BASE_W, AGED_BASE_W = 1.2 + 13.8 * 0.1, 1.2 + 13.8 * 0.08


def ageing_path() -> Path:
    """L01 and L03 hold their light, L00 and L02 do not."""
    path = straight_path(4)
    clo = {"L01": CURVE, "L03": CURVE}
    return replace(path, lamps=tuple(replace(x, clo=clo.get(x.id)) for x in path.lamps))


def node(*, utc_s: float | None = None, record_s: float = 300.0) -> Host:
    if utc_s is None:
        return settled("n0", path=ageing_path(), record_s=record_s)
    return settled("n0", path=ageing_path(), utc_s=utc_s, record_s=record_s)


def commands(effects: tuple[Effect, ...]) -> list[FadeLamp]:
    return [x for x in effects if isinstance(x, FadeLamp)]


def outputs(host: Host) -> dict[str, float]:
    return {x: lamp.output_pct for x, lamp in host.state.site.lamps.items()}


ALL_OUTPUT = {"L00": 100.0, "L01": 100.0, "L02": 100.0, "L03": 100.0}


# --- what is asked for ----------------------------------------------------------------------------


def test_until_the_hours_are_known_lamps_give_all_they_have() -> None:
    host = node()
    host.run_to(host.now_s + 1000.0)
    assert outputs(host) == ALL_OUTPUT


def test_lit_lamps_are_asked_anew_for_their_level_once_their_hours_are_known() -> None:
    host = node()
    before = {x: known.fade for x, known in host.state.lamps.items()}
    told = commands(host.tell(NEW))
    assert told == [FadeLamp(x, 10.0, P.fade_down_s, "base") for x in ("L01", "L03")]
    assert outputs(host) == {**ALL_OUTPUT, "L01": 80.0, "L03": 80.0}
    assert host.state.ledger_h == {"L01": 0.0, "L03": 0.0}  # of L03 it says nothing
    assert {x: known.fade for x, known in host.state.lamps.items()} == before


def test_the_faintest_light_is_asked_for_anew_too() -> None:
    host = settled("n0", path=ageing_path(), profile=with_levels(base_pct=0.5))
    assert [(x.lamp, x.level_pct) for x in commands(host.tell(NEW))] == [("L01", 0.5), ("L03", 0.5)]


def test_a_lamp_that_is_off_is_not_asked() -> None:
    host = node(utc_s=NOON)
    assert commands(host.tell(NEW)) == []
    assert outputs(host)["L01"] == 80.0


def test_a_lamp_on_its_way_arrives_when_it_would_have() -> None:
    host = node()
    host.motion("M01", active=True)
    host.run_to(host.now_s + P.fade_up_s / 4.0)
    told = {x.lamp: x for x in commands(host.tell(NEW))}
    assert told["L01"].level_pct == 100.0
    assert told["L01"].reason == "presence:M01"
    assert told["L01"].fade_s == pytest.approx(0.75 * P.fade_up_s)


def test_a_lamp_that_has_just_arrived_changes_its_output_slowly() -> None:
    host = node()
    host.motion("M01", active=True)
    host.run_to(host.now_s + P.fade_up_s)
    told = {x.lamp: x for x in commands(host.tell(NEW))}
    assert (told["L01"].level_pct, told["L01"].fade_s) == (100.0, P.fade_down_s)


def test_it_keeps_its_colour() -> None:
    path = ageing_path()
    rule = Profile(rules=(Rule("amber", colour_k=2500.0),))
    host = settled("n0", path=path, profile=rule)
    assert {x.colour_k for x in commands(host.tell(NEW))} == {2500.0}


def test_hours_go_on_with_every_record_and_the_output_with_them() -> None:
    host = node(record_s=900.0)
    host.tell(BurnHoursRecalled({"L01": 999.9, "L03": 500.0}))
    assert outputs(host)["L01"] == 90.0
    assert outputs(host)["L03"] == 85.0
    host.effects.clear()
    host.run_to(host.now_s + 9.1 * 3600.0)  # 0.01 % an hour, in tenths of a percent
    told = [x for x in host.fades("L03") if x[2] == "base"]
    assert outputs(host)["L03"] == 85.1
    assert outputs(host)["L01"] == 90.0
    assert [level_pct for _, level_pct, _ in told] == [10.0]
    burned_s = sum(x.lamps[3].burn_s for _, x in host.records())
    assert host.state.ledger_h["L03"] == pytest.approx(500.0 + burned_s / 3600.0, abs=0.26)


def test_a_path_without_such_lamps_notices_nothing() -> None:
    host = settled("n0", path=straight_path(4))
    site = host.state.site
    assert commands(host.tell(NEW)) == []
    host.tell(Stopped())
    assert host.state.site is site
    assert host.state.ledger_h == {}


# --- what is drawn --------------------------------------------------------------------------------


def test_what_was_drawn_before_is_booked_by_the_old_output_and_then_by_the_new() -> None:
    host = node(record_s=3600.0)
    begun_s = host.now_s
    before_wh = booked_wh(host)
    host.run_to(begun_s + 40.0)
    host.tell(NEW)
    host.run_to(begun_s + 100.0)
    host.tell(Stopped())
    (record,) = [x for _, x in host.records() if x.end_s == host.now_s]
    drawn_wh = record.lamps[1].active_energy_wh - before_wh
    expected_wh = watt_hours(BASE_W, 40.0) + watt_hours(AGED_BASE_W, 60.0)
    assert drawn_wh == pytest.approx(expected_wh)


def booked_wh(host: Host) -> float:
    """Return what L01 drew since the last record, up to now."""
    known = host.state.lamps["L01"]
    power = host.state.site.lamps["L01"].power
    later_wh = fade_energy_wh(power, known.fade, known.account.until_s, host.now_s)
    return known.account.active_energy_wh + later_wh


def test_it_saves_nothing_against_a_conventional_lamp_that_holds_its_light_too() -> None:
    host = node()
    host.tell(NEW)
    host.run_to(host.now_s + 600.0)
    whole = [x for _, x in host.records() if x.duration_s == 300.0][-1]
    assert isinstance(whole, RecordEnergy)
    assert whole.lamps[1].baseline_wh == pytest.approx(watt_hours(1.2 + 13.8 * 0.8, 300.0))


@given(st.floats(50.0, 100.0), st.floats(0.1, 100.0))
def test_power_by_level_is_that_of_the_output(output_pct: float, level_pct: float) -> None:
    by_level = power_at_output(TABLE, output_pct)
    asked_pct = level_pct * output_pct / 100.0
    assert power_w(by_level, level_pct) == pytest.approx(power_w(TABLE, asked_pct))
    assert by_level.points[0] == (0.0, 1.2)
    assert by_level.points[-1][0] == 100.0
    assert by_level.standby_w == TABLE.standby_w


@given(st.floats(50.0, 100.0), st.floats(1.0, 100.0), st.floats(1.0, 100.0))
def test_a_fade_costs_what_the_fade_of_the_output_costs(
    output_pct: float, from_pct: float, to_pct: float
) -> None:
    share = output_pct / 100.0
    level, output = (
        Fade(from_pct, to_pct, 0.0, 3.0),
        Fade(share * from_pct, share * to_pct, 0.0, 3.0),
    )
    by_level = power_at_output(TABLE, output_pct)
    assert fade_energy_wh(by_level, level, 0.0, 5.0) == pytest.approx(
        fade_energy_wh(TABLE, output, 0.0, 5.0), rel=1e-6
    )


# --- what meters say of it ------------------------------------------------------------------------


def test_a_table_is_proposed_by_output_as_it_stands_in_the_path_file() -> None:
    """The lamp truly draws a tenth more than its table, which is by output; it is at 80 %."""
    watched = Watched([Meter("P1", ("L00",))])
    site = watched.state.site
    power = site.lamps["L00"].power
    aged = replace(site.lamps["L00"], output_pct=80.0, power=power_at_output(power, 80.0))
    lamps = {**site.lamps, "L00": aged}
    watched.state = watched.state._replace(site=replace(site, lamps=lamps))
    watched.days(
        20.0,
        ["L00"],
        "P1",
        lambda levels, _: 1.1 * power_w(power, 0.8 * levels["L00"]),
    )
    table = watched.agreement("P1").table
    assert table is not None
    assert [x for x, _ in table.points] == pytest.approx([0.0, 8.0, 24.0, 80.0, 100.0], abs=0.01)
    assert [w for _, w in table.points] == pytest.approx(
        [1.1 * power_w(power, x) if x else 1.1 * 1.2 for x in (0.0, 8.0, 24.0, 80.0, 100.0)],
        abs=0.02,
    )


def test_a_comparison_goes_on_while_lamps_age() -> None:
    watched = Watched([Meter("P1", ("L00",))])
    watched.days(1.0, ["L00"], "P1", lambda levels, _: 1.0 + levels["L00"])
    before = watched.reconciliation.meters["P1"].sums.weight
    site = watched.state.site
    lamps = {**site.lamps, "L00": replace(site.lamps["L00"], output_pct=80.0)}
    watched.state = watched.state._replace(site=replace(site, lamps=lamps))
    watched.days(1.0, ["L00"], "P1", lambda levels, _: 1.0 + levels["L00"])
    assert watched.reconciliation.meters["P1"].sums.weight > 1.5 * before
