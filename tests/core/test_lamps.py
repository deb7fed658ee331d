"""Lamps decided one by one: when they are commanded, and what is booked of them."""

import math
from collections.abc import Iterable

import pytest

from controller.core.arbitration import OrderedLevel, Rung
from controller.core.effects import Effect, FadeLamp, RecordEnergy
from controller.core.energy import Conventional
from controller.core.events import ProfileChanged
from controller.core.fade import Fade
from controller.core.lamps import booked, driven, ladder, next_due_s
from controller.core.profile import Profile, Rule
from controller.core.records import recorded
from controller.core.state import State, begin
from controller.core.track import Window
from controller.core.watch import Need
from tests.core.build import NOON, settled, started, straight_path, watt_hours
from tests.core.crowd import RIDER

PATH = straight_path(4, 4)
LAMPS = ("L00", "L01", "L02", "L03")
LEVELS, P = Profile().levels, Profile().presence
BASE_PCT, FULL_PCT = LEVELS.base_pct, LEVELS.presence_pct
NIGHT = settled("n0", path=PATH)
DAY = settled("n0", path=PATH, utc_s=NOON)
NOW_S = NIGHT.now_s + 50.0
# By the power table of 15 W: 0.4 W when off, else 1.2 W and 0.138 W for each percent of flux.
STANDBY_W, BASE_W, FULL_W = 0.4, 1.2 + 13.8 * 0.1, 15.0


def needing(state: State, *windows: Window, lamp: str = "L01") -> State:
    """Let people need one lamp, each in a window of time, seen by M02."""
    live = tuple(RIDER._replace(windows={lamp: window}) for window in windows)
    tracks = state.watch.tracks._replace(live=live)
    return state._replace(watch=state.watch._replace(tracks=tracks))


def window(from_s: float, until_s: float) -> Window:
    return Window(from_s, until_s, math.inf, -math.inf)


def drive(
    state: State, now_s: float, *, lamps: Iterable[str] = LAMPS, needs_only: bool = True
) -> tuple[State, list[Effect]]:
    effects: list[Effect] = []
    return driven(state, lamps, now_s, effects, needs_only=needs_only), effects


def driven_to(state: State, now_s: float) -> State:
    after, _ = drive(state, now_s)
    return after


NEEDED = needing(NIGHT.state, window(NOW_S, NOW_S + 20.0))


# --- commands -------------------------------------------------------------------------------------


def test_a_lamp_that_is_needed_is_lit_in_the_time_of_more_light() -> None:
    after, effects = drive(NEEDED, NOW_S)
    assert effects == [FadeLamp("L01", FULL_PCT, P.fade_up_s, "presence:M02")]
    assert after.lamps["L01"].fade == Fade(BASE_PCT, FULL_PCT, NOW_S, P.fade_up_s)
    assert {x: after.lamps[x] for x in LAMPS if x != "L01"} == {
        x: NIGHT.state.lamps[x] for x in LAMPS if x != "L01"
    }


def test_a_lamp_that_is_needed_no_more_is_dimmed_in_the_time_of_less_light() -> None:
    lit = driven_to(NEEDED, NOW_S)
    after, effects = drive(lit, NOW_S + 20.0)
    assert effects == [FadeLamp("L01", BASE_PCT, P.fade_down_s, "base")]
    assert after.lamps["L01"].fade == Fade(FULL_PCT, BASE_PCT, NOW_S + 20.0, P.fade_down_s)


def test_a_fade_that_is_overtaken_goes_on_from_where_it_is() -> None:
    state = needing(NIGHT.state, window(NOW_S, NOW_S + P.fade_up_s / 2.0))
    lit = driven_to(state, NOW_S)
    turn_s = NOW_S + P.fade_up_s / 2.0
    after, _ = drive(lit, turn_s)
    # Half of the way in DALI levels: the mean of both ends' logarithms.
    assert after.lamps["L01"].fade.from_pct == pytest.approx(math.sqrt(BASE_PCT * FULL_PCT))
    assert after.lamps["L01"].fade.begin_s == turn_s


def test_while_nothing_changes_nothing_is_commanded() -> None:
    lit = driven_to(NEEDED, NOW_S)
    for needs_only in (True, False):
        after, effects = drive(lit, NOW_S + 10.0, needs_only=needs_only)
        assert effects == []
        assert after.lamps == lit.lamps


def test_a_lamp_that_is_there_already_is_not_commanded_but_knows_why() -> None:
    lit = driven_to(NEEDED, NOW_S)
    ordered = lit._replace(overrides={"L01": OrderedLevel(FULL_PCT, NOW_S + 60.0)})
    after, effects = drive(ordered, NOW_S + 5.0, needs_only=False)
    assert effects == []
    situation = after.lamps["L01"].situation
    assert situation is not None
    assert situation.override == OrderedLevel(FULL_PCT, NOW_S + 60.0)
    assert after.lamps["L01"].fade == lit.lamps["L01"].fade


def test_where_only_needs_may_have_changed_nothing_else_is_looked_at() -> None:
    ordered = NIGHT.state._replace(overrides={"L01": OrderedLevel(42.0, NOW_S + 60.0)})
    assert drive(ordered, NOW_S)[1] == []
    assert drive(ordered, NOW_S, needs_only=False)[1] == [
        FadeLamp("L01", 42.0, P.fade_up_s, "override")
    ]


@pytest.mark.parametrize("needs_only", [True, False])
def test_a_lamp_is_commanded_at_first_even_if_it_is_so_already(*, needs_only: bool) -> None:
    # Drivers start lamps at full, and it is not known whether they did.
    host = started("n0", path=PATH)
    fresh = begin(host.state.site, Profile(), host.moment)._replace(sky=host.state.sky)
    _, effects = drive(fresh, host.now_s, needs_only=needs_only)
    assert effects == [FadeLamp(x, FULL_PCT, P.fade_up_s, "fail_safe:just_started") for x in LAMPS]


def test_without_knowing_the_daylight_it_fails_safe() -> None:
    host = started("n0", path=PATH)
    fresh = begin(host.state.site, Profile(), host.moment)
    assert not fresh.sky.known
    after, _ = drive(fresh, host.now_s)
    for lamp in LAMPS:
        situation = after.lamps[lamp].situation
        assert situation is not None
        assert situation.unknown == "daylight_unknown"


def test_lamps_are_commanded_in_the_order_in_which_they_are_listed() -> None:
    state = NIGHT.state._replace(emergency_until_s=NOW_S + 60.0)
    for lamps in (LAMPS, LAMPS[::-1]):
        _, effects = drive(state, NOW_S, lamps=lamps, needs_only=False)
        assert [e.lamp for e in effects if isinstance(e, FadeLamp)] == list(lamps)


def test_other_lamps_are_left_alone() -> None:
    state = NIGHT.state._replace(emergency_until_s=NOW_S + 60.0)
    after, effects = drive(state, NOW_S, lamps=["L02"], needs_only=False)
    assert [e.lamp for e in effects if isinstance(e, FadeLamp)] == ["L02"]
    assert {x for x in LAMPS if after.lamps[x] is not state.lamps[x]} == {"L02"}


def test_with_no_lamp_there_is_nothing_to_do() -> None:
    assert drive(NEEDED, NOW_S, lamps=())[0] is NEEDED


# --- when to ask again ----------------------------------------------------------------------------


def test_a_lamp_is_asked_again_when_its_need_begins_and_when_it_ends() -> None:
    before, effects = drive(NEEDED, NOW_S - 5.0)
    assert effects == []
    assert before.due_s == {"L00": math.inf, "L01": NOW_S, "L02": math.inf, "L03": math.inf}
    assert next_due_s(before) == NOW_S
    lit = driven_to(before, NOW_S)
    assert next_due_s(lit) == lit.due_s["L01"] == NOW_S + 20.0
    assert next_due_s(driven_to(lit, NOW_S + 20.0)) == math.inf


def test_when_somebody_stays_longer_it_is_asked_later_and_nothing_else_changes() -> None:
    lit = driven_to(NEEDED, NOW_S)
    longer = needing(lit, window(NOW_S, NOW_S + 60.0))
    after, effects = drive(longer, NOW_S + 5.0)
    assert effects == []
    assert after.lamps is lit.lamps
    assert after.due_s["L01"] == NOW_S + 60.0


def test_a_node_without_lamps_is_never_due() -> None:
    assert next_due_s(NIGHT.state._replace(due_s={})) == math.inf


# --- why ------------------------------------------------------------------------------------------


def test_who_wants_what_is_told_the_winner_first() -> None:
    state = NEEDED._replace(overrides={"L01": OrderedLevel(5.0, NOW_S + 60.0)})
    after, _ = drive(state, NOW_S, needs_only=False)
    told = ladder(after, "L01", NOW_S + 1.0)
    assert [(x.rung, x.level_pct, x.until_s) for x in told] == [
        (Rung.OVERRIDE, LEVELS.safety_floor_pct, NOW_S + 60.0),
        (Rung.PRESENCE, FULL_PCT, NOW_S + 20.0),
        (Rung.BASE, BASE_PCT, None),
        (Rung.DAY, 0.0, None),
    ]


def test_it_is_told_why_before_anything_was_decided() -> None:
    host = started("n0", path=PATH)
    fresh = begin(host.state.site, Profile(), host.moment)._replace(sky=host.state.sky)
    assert ladder(fresh, "L01", host.now_s)[0].reason == "fail_safe:just_started"


def test_it_is_told_until_when_a_lamp_is_needed_as_it_is_known_now() -> None:
    lit = driven_to(NEEDED, NOW_S)
    longer = needing(lit, window(NOW_S, NOW_S + 60.0))
    assert longer.lamps["L01"].situation is not None
    assert longer.lamps["L01"].situation.need == Need(NOW_S + 20.0, "M02")
    assert ladder(longer, "L01", NOW_S + 1.0)[0].until_s == NOW_S + 60.0


def test_a_lamp_that_stays_lit_for_calm_says_so_and_one_that_is_not_lit_does_not() -> None:
    calm = Window(NOW_S + 30.0, NOW_S + 50.0, NOW_S, NOW_S + 40.0)
    lit = needing(driven_to(NEEDED, NOW_S), calm)
    assert ladder(lit, "L01", NOW_S + 5.0)[0].until_s == NOW_S + 40.0
    assert ladder(needing(NIGHT.state, calm), "L01", NOW_S + 5.0)[0].rung == Rung.BASE
    # So it is decided, too.
    assert drive(lit, NOW_S + 25.0)[1] == []
    assert drive(needing(NIGHT.state, calm), NOW_S + 25.0)[1] == []


# --- what is booked -------------------------------------------------------------------------------


def test_a_command_closes_the_account_of_what_was_before() -> None:
    begun_s = NIGHT.state.lamps["L01"].account.until_s
    before_wh = NIGHT.state.lamps["L01"].account.active_energy_wh
    account = driven_to(NEEDED, NOW_S).lamps["L01"].account
    assert account.until_s == NOW_S
    faded_s = NIGHT.state.lamps["L01"].fade.end_s
    assert faded_s <= NIGHT.now_s
    ramp_wh = account.active_energy_wh - before_wh - watt_hours(BASE_W, NOW_S - faded_s)
    # What is left is the fade from full to base.
    assert watt_hours(BASE_W, faded_s - begun_s) < ramp_wh < watt_hours(FULL_W, faded_s - begun_s)


def test_a_lamp_is_switched_when_it_is_lit_from_off() -> None:
    off = DAY.state
    assert {off.lamps[x].fade.level_pct_at(DAY.now_s) for x in LAMPS} == {0.0}
    before = off.lamps["L01"].account.switches
    ordered = off._replace(overrides={"L01": OrderedLevel(42.0, NOW_S + 60.0)})
    lit, _ = drive(ordered, NOW_S, needs_only=False)
    assert lit.lamps["L01"].account.switches == before + 1
    brighter = lit._replace(overrides={"L01": OrderedLevel(60.0, NOW_S + 60.0)})
    again, _ = drive(brighter, NOW_S + 5.0, needs_only=False)
    assert again.lamps["L01"].account.switches == before + 1


def test_a_lamp_that_is_lit_again_before_it_is_off_is_not_switched() -> None:
    ordered = DAY.state._replace(overrides={"L01": OrderedLevel(42.0, NOW_S + 60.0)})
    lit, _ = drive(ordered, NOW_S, needs_only=False)
    going, _ = drive(lit._replace(overrides={}), NOW_S + 10.0, needs_only=False)
    again, _ = drive(
        going._replace(overrides=ordered.overrides),
        NOW_S + 10.0 + P.fade_down_s / 2.0,
        needs_only=False,
    )
    assert again.lamps["L01"].account.switches == lit.lamps["L01"].account.switches


def test_a_lamp_that_is_off_is_not_switched_by_another_colour() -> None:
    host = settled("n0", path=PATH, utc_s=NOON)
    before = {x: known.account.switches for x, known in host.state.lamps.items()}
    told = host.tell(ProfileChanged(Profile(rules=(Rule("amber", colour_k=2500.0),))))
    assert told == tuple(FadeLamp(x, 0.0, P.fade_up_s, "day", 2500.0) for x in LAMPS)
    assert {x: known.account.switches for x, known in host.state.lamps.items()} == before


@pytest.mark.parametrize("baseline_lit", [True, False])
def test_booking_closes_every_account(*, baseline_lit: bool) -> None:
    baseline = Profile().baseline
    first = booked(NIGHT.state, NOW_S, Conventional(lit=False, late=False, baseline=baseline))
    lit = Conventional(baseline_lit, late=True, baseline=baseline)
    second = booked(first, NOW_S + 3600.0, lit)
    for lamp in LAMPS:
        before, after = first.lamps[lamp].account, second.lamps[lamp].account
        assert (before.until_s, after.until_s) == (NOW_S, NOW_S + 3600.0)
        assert after.active_energy_wh - before.active_energy_wh == pytest.approx(BASE_W)
        assert after.baseline_wh - before.baseline_wh == (FULL_W if baseline_lit else 0.0)
        assert second.lamps[lamp].fade == NIGHT.state.lamps[lamp].fade


def test_a_record_holds_what_was_booked_since_the_last() -> None:
    effects: list[Effect] = []
    first = recorded(NIGHT.state, NIGHT.state, NOW_S, effects)
    second = recorded(first, NIGHT.state, NOW_S + 3600.0, effects)
    assert (first.recorded_at_s, second.recorded_at_s) == (NOW_S, NOW_S + 3600.0)
    record = effects[-1]
    assert isinstance(record, RecordEnergy)
    assert record.duration_s == 3600.0
    assert record.overhead_wh == pytest.approx(NIGHT.state.site.controller_w)
    assert [x.lamp for x in record.lamps] == list(LAMPS)
    for one in record.lamps:
        assert one.active_energy_wh == pytest.approx(BASE_W)
        assert (one.baseline_wh, one.burn_s, one.switches) == (FULL_W, 3600.0, 0)
    for lamp in LAMPS:
        account = second.lamps[lamp].account
        assert (account.until_s, account.active_energy_wh) == (NOW_S + 3600.0, 0.0)
        assert second.lamps[lamp].situation == NIGHT.state.lamps[lamp].situation


def test_by_day_a_record_holds_what_lamps_draw_that_are_off() -> None:
    effects: list[Effect] = []
    first = recorded(DAY.state, DAY.state, NOW_S, effects)
    recorded(first, DAY.state, NOW_S + 3600.0, effects)
    record = effects[-1]
    assert isinstance(record, RecordEnergy)
    for one in record.lamps:
        assert one.active_energy_wh == pytest.approx(STANDBY_W)
        assert (one.baseline_wh, one.burn_s) == (0.0, 0.0)
