"""Health of lamps and meters: power against the model, and what is told to lamps too often."""

from collections.abc import Callable, Mapping

import pytest

from controller.core.energy import power_w
from controller.core.events import OverrideCleared, OverrideOrdered
from controller.core.health.lamps import SWITCHING_PER_H
from controller.core.metering import Meter
from tests.core.build import NIGHT, NOON, straight_path
from tests.core.health_patient import HOUR_S, Patient, patient

MINUTE_S = 60.0
ONE = Meter("E1", ("L00",))
REST = Meter("E2", ("L01", "L02", "L03"), controller=True)
Draws = Callable[[str, float, float], float]
"""(lamp, what it should draw, POSIX seconds) -> watts"""


def should_draw(_: str, watts: float, __: float) -> float:
    return watts


def metered(draws: Draws = should_draw, utc_s: float = NIGHT, controller_w: float = 3.0) -> Patient:
    found = patient(meters=(ONE, REST), utc_s=utc_s)

    def watts(now_utc_s: float) -> Mapping[str, float | None]:
        lamps = {
            lamp: draws(
                lamp, power_w(found.state.site.lamps[lamp].power, found.level(lamp)), now_utc_s
            )
            for lamp in (*ONE.lamps, *REST.lamps)
        }
        return {
            "E1": lamps["L00"],
            "E2": controller_w + sum(lamps[lamp] for lamp in REST.lamps),
        }

    found.watts = watts
    return found


@pytest.mark.parametrize("factor", [0.75, 1.0, 1.25])
@pytest.mark.parametrize("utc_s", [NIGHT, NOON])
def test_sound_lamps_raise_nothing(factor: float, utc_s: float) -> None:
    found = metered(lambda _, watts, __: factor * watts, utc_s, 3.0 * factor)
    found.run_to(8 * HOUR_S)
    assert found.changes == []


def test_of_a_meter_with_a_lamp_that_nobody_drives_nothing_is_concluded() -> None:
    found = patient(meters=(Meter("E1", ("L00", "unwired")), Meter("E2", ("L01",))))
    found.watts = lambda _: {"E1": 500.0, "E2": 500.0}
    found.run_to(2 * HOUR_S)
    assert {change.subject for change in found.changes} == {"L01"}


# --- meter gone -----------------------------------------------------------------------------------


@pytest.mark.parametrize("readings", [{}, {"E1": None}])
def test_a_meter_without_readings_is_told_of_after_ten_minutes(
    readings: Mapping[str, float | None],
) -> None:
    found = metered()
    found.run_to(10 * MINUTE_S)
    working, found.watts = found.watts, lambda _: {"E2": 10.8, **readings}
    found.run_to(23 * MINUTE_S)
    assert [subject for _, subject in found.raised("meter_gone")] == ["E1"]
    found.watts = working
    found.run_for(7 * MINUTE_S)
    assert found.alarms == set()


# --- failed, dim, overdrawn -----------------------------------------------------------------------


@pytest.mark.parametrize("off_w", [0.0, 0.4, 0.7])
def test_a_failed_lamp_is_found_after_ten_steady_minutes(off_w: float) -> None:
    found = metered(lambda lamp, watts, _: off_w if lamp == "L00" else watts)
    found.run_to(20 * MINUTE_S)
    ((at_s, subject),) = found.raised("lamp_failed")
    assert subject == "L00"
    assert 11 * MINUTE_S <= at_s <= 16 * MINUTE_S
    found.run_to(2 * HOUR_S)
    assert found.alarms == {"lamp_failed:L00"}


def test_a_dead_string_is_found_by_its_meter_when_it_is_lit() -> None:
    found = metered(lambda lamp, watts, _: 0.0 if lamp in REST.lamps else watts)
    found.tell(OverrideOrdered(REST.lamps, 100.0, 2 * HOUR_S))
    found.run_to(HOUR_S)
    assert found.alarms == {"lamp_failed:E2"}


def test_a_lamp_that_works_again_is_cleared() -> None:
    found = metered(lambda _, watts, utc_s: 0.0 if utc_s < NIGHT + HOUR_S else watts)
    found.run_to(90 * MINUTE_S)
    assert found.raised("lamp_failed")
    assert found.alarms == set()


@pytest.mark.parametrize(("factor", "code"), [(0.6, "lamp_dim"), (1.4, "lamp_overdrawn")])
def test_a_lamp_unlike_its_table_is_found_after_half_an_hour(factor: float, code: str) -> None:
    found = metered(lambda lamp, watts, _: factor * watts if lamp == "L00" else watts)
    found.run_to(HOUR_S)
    ((at_s, subject),) = found.raised(code)
    assert subject == "L00"
    assert 31 * MINUTE_S <= at_s <= 36 * MINUTE_S
    assert found.alarms == {f"{code}:L00"}


def test_a_lamp_that_fades_is_not_judged() -> None:
    found = metered(lambda _, __, ___: 0.0)
    while found.now_s < HOUR_S:
        found.run_to(found.examine_at_s - 3.0)
        found.tell(OverrideOrdered(("L00",), 50.0 + found.now_s % 40.0, 600.0))
        found.run_for(5.0)
    assert "L00" not in {subject for _, subject in found.raised("lamp_failed")}


# --- by day ---------------------------------------------------------------------------------------


def test_a_lamp_that_burns_though_it_is_off_is_found_after_half_an_hour() -> None:
    found = metered(lambda lamp, watts, _: 15.0 if lamp == "L02" else watts, NOON)
    found.run_to(HOUR_S)
    ((at_s, subject),) = found.raised("day_burner")
    assert subject == "E2"
    assert 31 * MINUTE_S <= at_s <= 36 * MINUTE_S


def in_daylight(lux: float) -> Patient:
    """A node that takes noon for night, because its clock is wrong."""
    found = patient(path=straight_path(2, 2), utc_s=NIGHT)
    found.lux = lambda _: {"X0": lux}
    return found


def test_lamps_that_are_lit_in_daylight_are_found_after_half_an_hour() -> None:
    found = in_daylight(8000.0)
    found.run_to(31 * MINUTE_S)
    assert "lit_in_daylight:n0" in found.alarms


def test_an_operator_may_light_them() -> None:
    found = in_daylight(8000.0)
    found.tell(OverrideOrdered(tuple(found.state.lamps), 50.0, 2 * HOUR_S))
    found.run_to(HOUR_S)
    assert "lit_in_daylight:n0" not in found.alarms


def test_the_light_of_lamps_is_no_daylight() -> None:
    found = in_daylight(300.0)
    found.run_to(HOUR_S)
    assert "lit_in_daylight:n0" not in found.alarms


# --- cycling --------------------------------------------------------------------------------------


@pytest.mark.parametrize(("on_s", "within_s"), [(180.0, 30 * MINUTE_S), (1200.0, 4 * HOUR_S)])
def test_a_cycling_lamp_is_found(on_s: float, within_s: float) -> None:
    """Half of the time it is out."""
    found = metered(
        lambda lamp, watts, utc_s: 0.4 if lamp == "L00" and (utc_s // on_s) % 2 else watts
    )
    found.run_to(within_s)
    assert [subject for _, subject in found.raised("lamp_cycling")] == ["L00"]


def test_a_lamp_that_goes_out_once_does_not_cycle() -> None:
    found = metered(lambda _, watts, utc_s: 0.4 if 7200.0 < utc_s - NIGHT < 9000.0 else watts)
    found.run_to(4 * HOUR_S)
    assert found.raised("lamp_cycling") == []


def test_lamps_that_are_told_to_brighten_again_and_again_are_found() -> None:
    found = patient(utc_s=NOON)
    while found.now_s < 2 * HOUR_S:
        found.tell(OverrideOrdered(("L00",), 80.0, 60.0))
        found.run_for(5.0)
        found.tell(OverrideCleared(("L00",)))
        found.run_for(5.0)
    assert found.alarms == {"lamp_switching:L00"}
    assert HOUR_S / 10.0 > SWITCHING_PER_H
    found.run_for(2 * HOUR_S)
    assert found.alarms == set()
