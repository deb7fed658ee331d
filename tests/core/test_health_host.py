"""Health of the host: clock, disk, supply, restarts."""

import pytest

from controller.core.health.alarms import Vitals
from controller.core.health.host import MIB
from tests.core.build import NIGHT
from tests.core.health_patient import HOUR_S, Patient, patient

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
