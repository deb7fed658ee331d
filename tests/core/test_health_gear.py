"""Health of the lamps' drivers."""

from controller.core.health.alarms import Vitals
from tests.core.health_patient import patient

MINUTE_S = 60.0


def test_what_a_driver_tells_for_a_minute_is_told_with_its_cause_until_it_is_over() -> None:
    found = patient()
    found.run_to(3 * MINUTE_S)
    found.vitals = Vitals(lamp_faults={"L01": "no_answer"})
    found.run_for(2 * MINUTE_S)
    assert found.alarms == {"lamp_gear_fault:L01"}
    (change,) = found.changes
    assert (change.raised, dict(change.evidence)) == (True, {"cause": "no_answer"})
    found.vitals = Vitals()
    found.run_for(2 * MINUTE_S)
    assert found.alarms == set()


def test_a_lamp_that_could_not_be_opened_is_none_of_the_nodes_and_told_all_the_same() -> None:
    found = patient()
    found.vitals = Vitals(lamp_faults={"L99": "cannot_open"})
    found.run_to(2 * MINUTE_S)
    assert found.alarms == {"lamp_gear_fault:L99"}


def test_a_fault_that_is_over_at_once_is_not_told() -> None:
    found = patient()
    found.vitals = Vitals(lamp_faults={"L01": "write_fails"})
    found.run_for(MINUTE_S)
    found.vitals = Vitals()
    found.run_for(10 * MINUTE_S)
    assert found.changes == []
