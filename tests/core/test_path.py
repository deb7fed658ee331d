from hypothesis import given
from hypothesis import strategies as st

from controller.core.path import Lamp, PowerTable

KELVIN = st.none() | st.floats(1500.0, 6500.0)


def lamp(cct_k: tuple[float, float] | None) -> Lamp:
    return Lamp("L1", "s", 0.0, "n", 15.0, PowerTable.for_rated(15.0), cct_k)


@given(KELVIN)
def test_a_lamp_of_one_colour_never_gets_one(wanted_k: float | None) -> None:
    assert lamp(None).tuned_k(wanted_k) is None


def test_a_lamp_that_can_be_tuned_has_the_nearest_colour_and_is_warm_by_itself() -> None:
    tunable = lamp((2200.0, 4000.0))
    wanted_k = (None, 1800.0, 2200.0, 3000.0, 4000.0, 6500.0)
    assert [tunable.tuned_k(x) for x in wanted_k] == [2200, 2200, 2200, 3000, 4000, 4000]
