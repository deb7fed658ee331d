import pytest

from firmware_sim.board.messages import (
    MAX_LAMPS,
    BadLineError,
    InputSet,
    LuxSet,
    PinDriven,
    PowerSet,
)
from firmware_sim.board.state import BoardState


def test_the_controller_hears_changes_only() -> None:
    state = BoardState()
    for change in (InputSet(17, 1), LuxSet(3.0), PowerSet({"L01": 2.6})):
        assert state.set_from_outside(change) is not None
        assert state.set_from_outside(change) is None


def test_the_outside_hears_changes_only() -> None:
    state = BoardState()
    assert state.drive(1, PinDriven(12, 0.5, 1.0)) == {"pin": 12, "duty": 0.5, "at": 1.0}
    assert state.drive(1, PinDriven(12, 0.5, 2.0)) is None


def test_an_undriven_lamp_lights() -> None:
    state = BoardState()
    state.drive(1, PinDriven(12, 0.0, 1.0))
    assert state.release(1, 12, 2.0) == {"pin": 12, "duty": 1.0, "driven": False, "at": 2.0}
    assert state.release(1, 12, 3.0) is None


def test_driving_again_is_told_even_at_full_duty() -> None:
    state = BoardState()
    state.drive(1, PinDriven(12, 0.0, 1.0))
    state.release(1, 12, 2.0)
    assert state.drive(2, PinDriven(12, 1.0, 3.0)) == {"pin": 12, "duty": 1.0, "at": 3.0}


def test_a_successor_keeps_its_pins_when_the_old_connection_is_noticed_to_be_gone() -> None:
    state = BoardState()
    state.drive(1, PinDriven(12, 0.1, 1.0))
    state.drive(1, PinDriven(13, 0.1, 1.0))
    state.drive(2, PinDriven(12, 0.2, 2.0))
    assert [message["pin"] for message in state.release_all(1, 3.0)] == [13]


def test_too_many_lamps_change_nothing() -> None:
    state = BoardState()
    state.set_from_outside(PowerSet({f"L{number}": 1.0 for number in range(MAX_LAMPS)}))
    before = state.for_controller()
    with pytest.raises(BadLineError, match="at most"):
        state.set_from_outside(PowerSet({"one more": 1.0}))
    assert state.for_controller() == before
