"""Health of the host: clock, disk, supply, restarts."""

import math

import pytest

from controller.core.daylight import LuxReading, Sky
from controller.core.health.alarms import Vitals
from controller.core.health.host import MIB
from controller.core.health.sampling import HostLog, Samples
from tests.core.build import NIGHT
from tests.core.health_patient import (
    HOUR_S,
    Patient,
    findings,
    looked_at,
    node_state,
    patient,
    unlit_path,
    verdicts,
)

MINUTE_S = 60.0
SOUND = Vitals(free_bytes=int(1000 * MIB), undervoltage=False, throttled=False)


def with_vitals(vitals: Vitals) -> Patient:
    found = patient()
    found.vitals = vitals
    return found


@pytest.mark.parametrize("vitals", [Vitals(), SOUND])
def test_a_sound_host_raises_nothing(vitals: Vitals) -> None:
    found = with_vitals(vitals)
    found.run_to(8 * HOUR_S)
    assert found.changes == []


def test_an_untrusted_clock_is_told_of_after_an_hour() -> None:
    found = patient(utc_s=None)
    found.run_to(61 * MINUTE_S)
    assert found.raised("clock_untrusted") == [(61 * MINUTE_S, "n0")]
    found.utc_at_zero_s = NIGHT
    found.run_for(MINUTE_S)
    assert found.alarms == set()


def test_a_full_disk_is_told_of_after_five_minutes() -> None:
    found = with_vitals(Vitals(free_bytes=int(64 * MIB)))
    found.run_to(6 * MINUTE_S)
    assert found.raised("disk_full") == [(6 * MINUTE_S, "n0")]
    found.vitals = Vitals(free_bytes=int(100 * MIB))
    found.run_for(HOUR_S)
    assert found.alarms == {"disk_full:n0"}
    found.vitals = Vitals(free_bytes=int(128 * MIB))
    found.run_for(6 * MINUTE_S)
    assert found.alarms == set()


@pytest.mark.parametrize(
    ("vitals", "cause"),
    [(Vitals(read_only=True), "read_only"), (Vitals(store_fails=True), "write_fails")],
)
def test_a_store_that_cannot_be_written_is_told_of_after_five_minutes(
    vitals: Vitals, cause: str
) -> None:
    found = with_vitals(vitals)
    found.run_to(6 * MINUTE_S)
    (change,) = found.changes
    assert (change.code, change.at_s, change.evidence) == (
        "store_unwritable",
        6 * MINUTE_S,
        {"cause": cause},
    )


@pytest.mark.parametrize(
    ("bad", "code", "minutes"),
    [
        (Vitals(undervoltage=True, throttled=False), "supply_undervoltage", 3),
        (Vitals(undervoltage=False, throttled=True), "host_throttled", 11),
    ],
)
def test_a_weak_supply_and_heat_are_told_of_when_they_recur(
    bad: Vitals, code: str, minutes: int
) -> None:
    found = with_vitals(bad)
    found.run_to((minutes - 1) * MINUTE_S)
    found.vitals = SOUND
    found.run_for(5 * MINUTE_S)
    assert found.changes == []
    found.vitals = bad
    found.run_for(3 * MINUTE_S)
    assert [x for _, x in found.raised(code)] == ["n0"]
    found.vitals = SOUND
    found.run_for(5 * HOUR_S)
    assert found.alarms == set()


def test_a_dip_of_a_minute_is_no_alarm() -> None:
    found = with_vitals(SOUND)
    for _ in range(6):
        found.vitals = Vitals(undervoltage=True, throttled=True)
        found.run_for(MINUTE_S)
        found.vitals = SOUND
        found.run_for(HOUR_S)
    assert found.changes == []


def test_a_restart_loop_is_told_of_at_the_fifth_start_in_an_hour() -> None:
    starts_s = (-3000.0, -2000.0, -1000.0, -500.0)
    found = with_vitals(Vitals(starts_s=starts_s))
    assert found.examine() == ()
    found.vitals = Vitals(starts_s=(*starts_s, 0.0))
    (change,) = found.examine()
    assert (change.code, change.evidence) == ("restart_loop", {"starts_per_h": 5.0})
    found.run_to(HOUR_S)
    assert found.alarms == {"restart_loop:n0"}
    found.run_to(HOUR_S + 62 * MINUTE_S)
    assert found.alarms == set()


# --- the limits -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("free_bytes", "faulty"),
    [(67_108_864, True), (67_108_865, None), (134_217_727, None), (134_217_728, False)],
)
def test_a_disk_is_full_at_64_mib_and_roomy_at_128(
    free_bytes: int,
    faulty: bool | None,  # noqa: FBT001 - parametrised
) -> None:
    x = looked_at(node_state(), vitals=Vitals(free_bytes=free_bytes))
    found = findings("disk_full", x)["n0"]
    assert (found.faulty, found.evidence) == (faulty, {"free_mib": free_bytes / 1_048_576})


@pytest.mark.parametrize(
    ("code", "of_late", "faulty"),
    [
        ("supply_undervoltage", 2.5, True),
        ("supply_undervoltage", 2.4, None),
        ("supply_undervoltage", 0.31, None),
        ("supply_undervoltage", 0.3, False),
        ("host_throttled", 10.0, True),
        ("host_throttled", 9.9, None),
        ("host_throttled", 0.31, None),
        ("host_throttled", 0.3, False),
    ],
)
def test_a_supply_is_weak_from_some_minutes_of_late_and_sound_when_they_are_forgotten(
    code: str,
    of_late: float,
    faulty: bool | None,  # noqa: FBT001 - parametrised
) -> None:
    low = code == "supply_undervoltage"
    log = HostLog(undervolted_min=of_late) if low else HostLog(throttled_min=of_late)
    x = looked_at(node_state(), samples=Samples(host=log))
    found = findings(code, x)["n0"]
    assert (found.faulty, found.evidence) == (faulty, {"minutes_of_late": of_late})
    assert verdicts("host_throttled" if low else "supply_undervoltage", x) == {}


def test_the_minutes_of_late_fade_with_an_hour() -> None:
    log = HostLog().read(Vitals(undervoltage=True, throttled=False), 60.0)
    assert log == HostLog(undervolted_min=1.0, throttled_min=0.0)
    later = log.read(Vitals(undervoltage=True, throttled=True), HOUR_S)
    assert later.undervolted_min == pytest.approx(1.0 + math.exp(-1.0))
    assert later.throttled_min == 1.0
    assert later.read(Vitals(), 60.0) == HostLog()


@pytest.mark.parametrize(
    ("starts_ago_s", "starts", "faulty"),
    [
        ((3600.0, 3000.0, 2000.0, 1000.0, 0.0), 5.0, True),
        ((3600.1, 3000.0, 2000.0, 1000.0, 0.0), 4.0, None),
        ((1000.0, 0.0), 2.0, None),
        ((7200.0, 0.0), 1.0, False),
        ((7200.0,), 0.0, False),
    ],
)
def test_starts_of_the_last_hour_count_five_are_a_loop_and_one_is_calm(
    starts_ago_s: tuple[float, ...],
    starts: float,
    faulty: bool | None,  # noqa: FBT001 - parametrised
) -> None:
    now_s = 10_000.0
    vitals = Vitals(starts_s=tuple(now_s - ago_s for ago_s in starts_ago_s))
    found = findings("restart_loop", looked_at(node_state(), now_s=now_s, vitals=vitals))["n0"]
    assert (found.faulty, found.evidence) == (faulty, {"starts_per_h": starts})


def test_clock_store_and_neighbours_are_told_as_they_are() -> None:
    state = node_state(path=unlit_path(8, 4))
    state = state._replace(sky=Sky(readings={"X0": LuxReading(0.0, 1.0, 1.0)}))
    unset = looked_at(state, utc_s=None)
    assert findings("clock_untrusted", unset)["n0"][1:] == (True, {"light_sensors": 1.0})
    assert verdicts("clock_untrusted", looked_at(state)) == {"n0": False}
    assert verdicts("store_unwritable", looked_at(state)) == {"n0": False}
    assert verdicts("neighbour_silent", looked_at(state)) == {"n1": True}
    back = state._replace(watch=state.watch._replace(silent={"n1": 30.0}))
    assert verdicts("neighbour_silent", looked_at(back)) == {"n1": False}
    here = state._replace(watch=state.watch._replace(silent={}))
    assert verdicts("neighbour_silent", looked_at(here)) == {"n1": False}
