"""What operators order: overrides and emergencies. None is for ever."""

from dataclasses import replace

import pytest

from controller.core.events import (
    EmergencyDeclared,
    EmergencyEnded,
    IdentifyOrdered,
    NeighbourReported,
    OverrideCleared,
    OverrideOrdered,
    ProfileChanged,
)
from controller.core.fade import FULL_PCT
from controller.core.orders import EMERGENCY_GREATEST_S
from controller.core.profile import Override, Profile
from controller.core.pulse import PULSE_LOW_PCT, PULSE_S
from tests.core.build import LEAVING_S, NOON, QUIET_S, Host, read_all, settled, started

RULES = Override()
ALL = ("L04", "L05", "L06", "L07")


def with_orders(default_s: float, greatest_s: float) -> Profile:
    return replace(Profile(), override=Override(default_s, greatest_s))


def end_of_order(host: Host, greatest_s: float) -> float:
    """When the last command to L05 came, after any order can have ended."""
    host.run_to(QUIET_S + greatest_s + 1.0)
    at_s, level, reason = host.fades("L05")[-1]
    assert (level, reason) == (10.0, "base")
    return at_s


def dark_host(profile: Profile | None = None) -> Host:
    """Midwinter beyond the polar circle: it is dark for as long as any order lasts."""
    path = replace(settled().state.site.path, latitude_deg=78.0)
    return settled(path=path, profile=profile)


@pytest.mark.parametrize(
    ("duration_s", "expected_s"),
    [
        (600.0, 600.0),
        (None, RULES.default_s),
        (RULES.greatest_s, RULES.greatest_s),
        (1e9, RULES.greatest_s),
    ],
)
def test_an_override_ends_at_its_time_at_the_default_or_at_the_greatest(
    duration_s: float | None, expected_s: float
) -> None:
    host = dark_host()
    host.tell(OverrideOrdered(("L05",), 42.0, duration_s))
    assert host.fades("L05") == [(QUIET_S, 42.0, "override")]
    assert end_of_order(host, RULES.greatest_s) == QUIET_S + expected_s
    assert host.state.overrides == {}


def test_the_bounds_are_the_operators_own() -> None:
    host = dark_host(with_orders(100.0, 200.0))
    host.tell(OverrideOrdered(("L05",), 42.0, None))
    host.tell(OverrideOrdered(("L06",), 42.0, 1000.0))
    untils_s = {lamp: order.until_s for lamp, order in host.state.overrides.items()}
    assert untils_s == {"L05": QUIET_S + 100.0, "L06": QUIET_S + 200.0}


def test_an_override_concerns_only_its_lamps_and_only_ours() -> None:
    host = settled()
    host.tell(OverrideOrdered(("L05", "L00", "nonsense"), 42.0, None))
    assert {x: host.target(x) for x in ALL} == {"L04": 10.0, "L05": 42.0, "L06": 10.0, "L07": 10.0}
    assert set(host.state.overrides) == {"L05"}


def test_a_newer_override_replaces_the_older() -> None:
    host = settled()
    host.tell(OverrideOrdered(("L05",), 42.0, 1000.0))
    host.tell(OverrideOrdered(("L05",), 24.0, 100.0))
    host.run_to(QUIET_S + 100.0)
    assert [level for _, level, _ in host.fades("L05")] == [42.0, 24.0, 10.0]


def test_cleared_lamps_are_automatic_again_and_the_others_are_not() -> None:
    host = settled()
    host.tell(OverrideOrdered(ALL, 42.0, None))
    host.tell(OverrideCleared(("L05", "L99")))
    assert host.reason("L05") == "base"
    assert host.reason("L06") == "override"


def test_an_override_lights_by_day() -> None:
    host = settled(utc_s=NOON)
    host.tell(OverrideOrdered(("L05",), 42.0, 60.0))
    host.run_to(QUIET_S + 60.0)
    assert host.fades("L05") == [(QUIET_S, 42.0, "override"), (QUIET_S + 60.0, 0.0, "day")]


def test_an_override_to_off_gives_way_to_the_floor_while_somebody_is_there() -> None:
    host = settled()
    host.tell(OverrideOrdered(("L05",), 0.0, 1000.0))
    host.run_to(QUIET_S + 10.0)
    host.passage("M05", 2.0)
    host.run_to(QUIET_S + 2000.0)
    assert host.fades("L05") == [
        (QUIET_S, 0.0, "override"),
        (QUIET_S + 10.0, 10.0, "override:safety_floor"),
        (pytest.approx(QUIET_S + 12.0 + LEAVING_S), 0.0, "override"),
        (QUIET_S + 1000.0, 10.0, "base"),
    ]


def test_the_floor_holds_when_somebody_is_already_there() -> None:
    host = settled()
    host.motion("M05", active=True)
    host.tell(OverrideOrdered(("L05",), 0.0, 1000.0))
    assert host.fades("L05")[-1] == (QUIET_S, 10.0, "override:safety_floor")


def test_the_floor_holds_where_somebody_is_on_their_way() -> None:
    host = settled()
    host.tell(OverrideOrdered(ALL, 0.0, 1000.0))
    host.motion("M05", active=True)
    assert {x: host.reason(x) for x in ALL} == {
        "L04": "override:safety_floor",
        "L05": "override:safety_floor",
        "L06": "override:safety_floor",
        "L07": "override",
    }


def test_right_after_the_start_an_order_waits_until_enough_is_known() -> None:
    host = started()
    read_all(host)
    for node in ("n0", "n2"):
        host.tell(NeighbourReported(node, online=True))
    host.tell(OverrideOrdered(("L05",), 0.0, None))
    settled_s = host.state.watch.settles_s
    host.run_to(QUIET_S)
    assert host.fades("L05") == [
        (0.0, 100.0, "fail_safe:just_started"),
        (settled_s, 0.0, "override"),
    ]


def test_what_is_not_known_outweighs_an_override() -> None:
    host = settled(utc_s=None)
    host.tell(OverrideOrdered(ALL, 0.0, None))
    assert {host.target(x) for x in ALL} == {100.0}


@pytest.mark.parametrize(
    ("duration_s", "expected_s"),
    [(600.0, 600.0), (None, RULES.default_s), (1e9, EMERGENCY_GREATEST_S)],
)
def test_an_emergency_is_full_light_until_its_end(
    duration_s: float | None, expected_s: float
) -> None:
    host = dark_host()
    host.tell(OverrideOrdered(("L05",), 0.0, 10.0))
    host.tell(EmergencyDeclared(duration_s))
    assert {(host.target(x), host.reason(x)) for x in ALL} == {(100.0, "emergency")}
    assert end_of_order(host, RULES.greatest_s) == QUIET_S + expected_s
    assert host.state.emergency_until_s is None


def test_the_bound_of_overrides_does_not_shorten_an_emergency() -> None:
    host = dark_host(with_orders(100.0, 200.0))
    host.tell(EmergencyDeclared(1000.0))
    assert host.state.emergency_until_s == QUIET_S + 1000.0
    host.tell(EmergencyDeclared(None))
    assert host.state.emergency_until_s == QUIET_S + 100.0


def test_an_emergency_outweighs_all_that_is_not_known() -> None:
    host = started()
    host.tell(EmergencyDeclared(20.0))
    assert host.reasons() == {"emergency"}
    host.run_to(20.0)
    assert host.reasons() == {"fail_safe:just_started"}


def test_an_emergency_lights_by_day_and_can_be_ended() -> None:
    host = settled(utc_s=NOON)
    host.tell(EmergencyDeclared(None))
    assert host.reasons() == {"emergency"}
    host.tell(EmergencyEnded())
    assert host.reasons() == {"day"}


def test_ending_no_emergency_changes_nothing() -> None:
    host = settled()
    assert host.tell(EmergencyEnded()) == ()


def test_orders_survive_a_new_profile() -> None:
    host = settled()
    host.tell(OverrideOrdered(("L05",), 42.0, 1000.0))
    host.tell(ProfileChanged(with_orders(10.0, 20.0)))
    assert host.state.overrides["L05"].until_s == QUIET_S + 1000.0


# identification


def pulses(host: Host) -> list[tuple[float, float]]:
    return [(at_s - QUIET_S, level) for at_s, level, why in host.fades("L05") if "identify" in why]


def test_a_lamp_that_is_identified_pulses_calmly_and_then_goes_on_as_before() -> None:
    host = settled()
    host.tell(IdentifyOrdered("L05", 18.0))
    host.run_to(QUIET_S + 60.0)
    steps = [(PULSE_S * n, FULL_PCT if n % 2 == 0 else PULSE_LOW_PCT) for n in range(5)]
    assert pulses(host) == steps
    assert host.fades("L05")[-1] == (QUIET_S + 18.0, 10.0, "base")
    assert host.state.pulses == {}
    assert [x for x in ALL if x != "L05" and len(host.fades(x)) > len(settled().fades(x))] == []


def test_by_day_a_lamp_is_identified_too() -> None:
    host = settled(utc_s=NOON)
    at_s = host.now_s
    host.tell(IdentifyOrdered("L05", 6.0))
    host.run_to(at_s + 60.0)
    assert [(round(at - at_s, 1), level) for at, level, _ in host.fades("L05")[-3:]] == [
        (0.0, 100.0),
        (4.0, 30.0),
        (6.0, 0.0),
    ]


def test_a_pulse_comes_before_an_override_and_leaves_it_in_force() -> None:
    host = dark_host()
    host.tell(OverrideOrdered(("L05",), 42.0, 600.0))
    host.tell(IdentifyOrdered("L05", 10.0))
    host.run_to(QUIET_S + 700.0)
    levels = [(at_s - QUIET_S, level, why) for at_s, level, why in host.fades("L05")]
    assert levels == [
        (0.0, 42.0, "override"),
        (0.0, 100.0, "override:identify"),
        (4.0, 30.0, "override:identify"),
        (8.0, 100.0, "override:identify"),
        (10.0, 42.0, "override"),
        (600.0, 10.0, "base"),
    ]


def test_an_emergency_is_above_identification() -> None:
    host = settled()
    host.tell(EmergencyDeclared(600.0))
    host.tell(IdentifyOrdered("L05", 10.0))
    host.run_to(QUIET_S + 60.0)
    assert pulses(host) == []


def test_of_a_lamp_that_is_not_there_nothing_is_identified() -> None:
    host = settled()
    before = host.state
    host.tell(IdentifyOrdered("L99", 10.0))
    assert host.state.pulses == {}
    assert host.state.lamps is before.lamps


def test_an_identification_ends_after_ten_minutes_at_the_latest() -> None:
    host = dark_host()
    host.tell(IdentifyOrdered("L05", 1e9))
    assert host.state.pulses["L05"].until_s == QUIET_S + 600.0


def test_lamps_that_are_identified_one_after_the_other_pulse_each_in_its_time() -> None:
    host = settled()
    host.tell(IdentifyOrdered("L05", 20.0))
    host.run_to(QUIET_S + 1.0)
    host.tell(IdentifyOrdered("L06", 20.0))
    host.run_to(QUIET_S + 10.0)
    for lamp, begun_s in (("L05", 0.0), ("L06", 1.0)):
        turns_s = [at_s - QUIET_S for at_s, _, why in host.fades(lamp) if "identify" in why]
        assert turns_s == [begun_s, begun_s + PULSE_S, begun_s + 2.0 * PULSE_S]
