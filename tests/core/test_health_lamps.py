"""Health of lamps and meters: power against the model, and what is told to lamps too often."""

from collections.abc import Callable, Iterable, Mapping

import pytest

from controller.core.arbitration import OrderedLevel, Situation
from controller.core.daylight import Sky, measured
from controller.core.energy import power_w
from controller.core.events import OverrideCleared, OverrideOrdered
from controller.core.fade import holding
from controller.core.health.examination import Examination
from controller.core.health.hours import LampHour, Night, PastHour
from controller.core.health.lamps import SWITCHING_PER_H
from controller.core.health.meter_log import MeterLog, PowerSample
from controller.core.health.sampling import Samples
from controller.core.metering import Meter, Metered
from controller.core.profile import Levels
from controller.core.schedule import Orders
from tests.core.build import NIGHT, NOON, straight_path
from tests.core.health_patient import (
    HOUR_S,
    Patient,
    Verdicts,
    findings,
    looked_at,
    node_state,
    patient,
    verdicts,
)

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


# --- the limits, to the watt ----------------------------------------------------------------------


def sampled(power_w: float, **of_sample: float) -> Examination:
    """A meter of a lamp alone that read `power_w`; by default 12 W were due, 2 W with it off."""
    known = {"model_w": 12.0, "off_w": 2.0, "controller_w": 0.0, "full_w": 20.0, "one_w": 15.0}
    sample = PowerSample(at_s=0.0, power_w=power_w, **(known | of_sample))
    log = MeterLog(sample, sample.at_s)
    return looked_at(node_state(meters=(ONE,)), samples=Samples(meters={"E1": log}))


@pytest.mark.parametrize(
    ("power_w", "faulty"), [(4.5, True), (4.51, None), (6.99, None), (7.0, False), (12.0, False)]
)
def test_a_lamp_has_failed_below_a_quarter_of_its_power_beyond_standby_and_is_sound_above_half(
    power_w: float,
    faulty: bool | None,  # noqa: FBT001 - parametrised
) -> None:
    assert verdicts("lamp_failed", sampled(power_w)) == {"L00": faulty}


@pytest.mark.parametrize(("controller_w", "told"), [(9.9, {"L00": True}), (10.0, {})])
def test_lamps_that_should_draw_no_more_than_their_controller_are_not_called_failed(
    controller_w: float, told: Verdicts
) -> None:
    assert verdicts("lamp_failed", sampled(2.0, controller_w=controller_w)) == told


# A controller of 5 W and lamps of 20 W: half of the one is uncertain, and 30 % of the others.
WITH_CONTROLLER = {"model_w": 25.0, "off_w": 5.0, "controller_w": 5.0}


@pytest.mark.parametrize(
    ("off_by_w", "faulty"),
    [(8.5, True), (8.4, None), (6.6, None), (6.5, False), (0.0, False), (-9.0, False)],
)
def test_lamps_are_dim_or_overdrawn_from_30_percent_and_half_of_the_controller(
    off_by_w: float,
    faulty: bool | None,  # noqa: FBT001 - parametrised
) -> None:
    dim, overdrawn = (sampled(25.0 + x, **WITH_CONTROLLER) for x in (-off_by_w, off_by_w))
    assert verdicts("lamp_dim", dim) == {"L00": faulty}
    assert verdicts("lamp_overdrawn", overdrawn) == {"L00": faulty}


@pytest.mark.parametrize(("power_w", "told"), [(10.0, {"L00": True}), (9.9, {})])
def test_a_lamp_that_has_failed_is_not_called_dim_as_well(power_w: float, told: Verdicts) -> None:
    assert verdicts("lamp_dim", sampled(power_w, **WITH_CONTROLLER)) == told


@pytest.mark.parametrize(
    ("full_w", "power_w", "faulty"),
    [
        (20.0, 13.0, True),  # 40 % of a lamp of 15 W
        (20.0, 12.9, None),
        (20.0, 10.1, None),
        (20.0, 10.0, False),
        (100.0, 17.0, True),  # 10 % of all lamps
        (100.0, 16.9, None),
        (100.0, 12.1, None),
        (100.0, 12.0, False),
    ],
)
def test_lamps_burn_by_day_from_40_percent_of_one_or_10_percent_of_all_beyond_what_is_uncertain(
    full_w: float,
    power_w: float,
    faulty: bool | None,  # noqa: FBT001 - parametrised
) -> None:
    off = sampled(power_w, model_w=5.0, off_w=5.0, controller_w=4.0, full_w=full_w)
    assert verdicts("day_burner", off) == {"L00": faulty}


def test_lamps_that_are_off_are_only_looked_at_for_burning_and_lit_ones_for_the_rest() -> None:
    off, lit = sampled(30.0, model_w=2.0), sampled(12.0)
    told = {
        code: (verdicts(code, off), verdicts(code, lit))
        for code in ("lamp_failed", "lamp_dim", "lamp_overdrawn", "day_burner")
    }
    assert told == {
        "lamp_failed": ({}, {"L00": False}),
        "lamp_dim": ({}, {"L00": False}),
        "lamp_overdrawn": ({}, {"L00": False}),
        "day_burner": ({"L00": True}, {}),
    }


def test_a_meter_without_a_steady_reading_says_nothing_of_its_lamps() -> None:
    x = looked_at(node_state(meters=(ONE,)), samples=Samples(meters={"E1": MeterLog()}))
    for code in ("lamp_failed", "lamp_dim", "lamp_overdrawn", "day_burner"):
        assert verdicts(code, x) == {}


def test_the_evidence_is_what_was_measured_and_what_was_due() -> None:
    found = findings("lamp_failed", sampled(3.0))["L00"]
    assert found.evidence == {"measured_w": 3.0, "expected_w": 12.0}


@pytest.mark.parametrize(
    ("power_w", "age_s", "faulty", "cause"),
    [
        (9.0, 60.0, False, "no_reading"),
        (9.0, 60.1, True, "no_reading"),
        (None, 0.0, True, "read_fails"),
        (None, 90.0, True, "read_fails"),
    ],
)
def test_a_meter_is_gone_when_it_cannot_be_read_or_its_reading_is_older_than_a_minute(
    *, power_w: float | None, age_s: float, faulty: bool, cause: str
) -> None:
    metered = Metered(ONE, 0.0, power_w, read_at_s=1000.0)
    state = node_state()._replace(meters={"E1": metered})
    found = findings("meter_gone", looked_at(state, now_s=1000.0 + age_s))["E1"]
    assert found.faulty is faulty
    assert not faulty or found.evidence == {"cause": cause}


@pytest.mark.parametrize(
    ("toggles", "faulty"), [(4.0, True), (3.9, None), (1.1, None), (1.0, False)]
)
def test_a_lamp_cycles_from_four_changes_of_late_and_is_steady_again_after_one(
    toggles: float,
    faulty: bool | None,  # noqa: FBT001 - parametrised
) -> None:
    samples = Samples(meters={"E1": MeterLog(toggles=toggles), "E2": MeterLog(toggles=toggles)})
    found = findings("lamp_cycling", looked_at(node_state(meters=(ONE, REST)), samples=samples))
    assert {subject: x.faulty for subject, x in found.items()} == {"L00": faulty, "E2": faulty}
    assert found["E2"].evidence == {"toggles_of_late": toggles}


# --- told too often, needed too long --------------------------------------------------------------


@pytest.mark.parametrize(
    ("ups_per_h", "faulty"), [(240.0, True), (239.9, None), (160.1, None), (160.0, False)]
)
def test_a_lamp_switches_too_often_from_240_times_an_hour_and_no_more_from_160(
    ups_per_h: float,
    faulty: bool | None,  # noqa: FBT001 - parametrised
) -> None:
    past = PastHour(dark=False, motion={}, lamps={"L00": LampHour(0.0, ups_per_h)})
    found = findings("lamp_switching", looked_at(node_state(), past=past))["L00"]
    assert (found.faulty, found.evidence) == (faulty, {"ups_per_h": ups_per_h})


@pytest.mark.parametrize(
    ("share", "faulty"), [(0.7, True), (0.69, None), (0.51, None), (0.5, False)]
)
def test_a_lamp_burns_all_night_if_needed_for_70_percent_even_of_the_quietest_hour(
    share: float,
    faulty: bool | None,  # noqa: FBT001 - parametrised
) -> None:
    found = findings("lamp_lit_all_night", looked_at(node_state(), told=Night(5, {"L00": share})))
    assert (found["L00"].faulty, found["L00"].evidence) == (
        faulty,
        {"share_of_quietest_hour": share},
    )


def test_before_the_first_hour_and_the_first_night_nothing_is_told_of_them() -> None:
    x = looked_at(node_state())
    assert verdicts("lamp_switching", x) == verdicts("lamp_lit_all_night", x) == {}


# --- lit in daylight ------------------------------------------------------------------------------

BASE = Situation(Orders(Levels()), True, "", None, None, None)  # noqa: FBT003 - dark
FOR_HOURS_S = 7200.0


def under_lux(lux: Iterable[float], lit: Mapping[str, Situation], level_pct: float) -> Examination:
    """Light sensors that read so much, and a node of which these lamps are lit, in the dark."""
    state = node_state()
    readings = {f"X{i}": measured(None, value, 0.0, 0.0) for i, value in enumerate(lux)}
    lamps = {
        lamp: known._replace(
            situation=lit.get(lamp, BASE), fade=holding(level_pct if lamp in lit else 0.0, 0.0)
        )
        for lamp, known in state.lamps.items()
    }
    return looked_at(state._replace(sky=Sky(readings=readings), lamps=lamps))


@pytest.mark.parametrize(
    ("lux", "faulty"),
    [
        ((1000.5,), True),
        ((999.5,), None),
        ((300.5,), None),
        ((299.5,), False),
        ((5000.0, 10.0), False),  # the darkest counts: the other may be lit by a lamp
        ((5000.0, 1001.0), True),
    ],
)
def test_it_is_daylight_where_every_sensor_reads_1000_lux_and_dusk_below_300(
    lux: tuple[float, ...],
    faulty: bool | None,  # noqa: FBT001 - parametrised
) -> None:
    (found,) = findings(
        "lit_in_daylight", under_lux(lux, {"L00": BASE, "L01": BASE}, 10.0)
    ).values()
    assert (found.subject, found.faulty) == ("n0", faulty)
    assert found.evidence == pytest.approx({"lux": min(lux), "lamps": 2.0})


@pytest.mark.parametrize(
    ("lit", "level_pct", "faulty"),
    [
        ({}, 10.0, False),
        ({"L00": BASE}, 0.0, False),
        ({"L00": BASE}, 1.0, True),
        ({"L00": BASE._replace(override=OrderedLevel(50.0, FOR_HOURS_S))}, 50.0, False),
        ({"L00": BASE._replace(emergency_until_s=FOR_HOURS_S)}, 100.0, False),
        ({"L00": BASE._replace(unknown="just_started")}, 100.0, True),
    ],
)
def test_only_lamps_that_are_lit_without_an_order_are_lit_in_daylight(
    *, lit: Mapping[str, Situation], level_pct: float, faulty: bool
) -> None:
    assert verdicts("lit_in_daylight", under_lux([8000.0], lit, level_pct)) == {"n0": faulty}


def test_a_lamp_of_which_nothing_was_decided_yet_is_not_lit_in_daylight() -> None:
    state = node_state()
    sky = Sky(readings={"X0": measured(None, 8000.0, 0.0, 0.0)})
    assert verdicts("lit_in_daylight", looked_at(state._replace(sky=sky))) == {"n0": False}


def test_without_a_light_sensor_nothing_is_told_of_daylight() -> None:
    assert verdicts("lit_in_daylight", under_lux([], {"L00": BASE}, 10.0)) == {}
