"""The ladder, rung against rung."""

from itertools import combinations

import pytest

from controller.core.arbitration import OrderedLevel, Rung, Situation, arbitrate
from controller.core.profile import Levels
from controller.core.schedule import Orders
from controller.core.watch import Need

# Six levels that cannot be mistaken for one another.
LEVELS = Levels(base_pct=11.0, presence_pct=90.0, safety_floor_pct=20.0, fail_safe_pct=80.0)
EXPECTED_PCT = {
    Rung.DAY: 0.0,
    Rung.BASE: 11.0,
    Rung.PRESENCE: 90.0,
    Rung.OVERRIDE: 42.0,
    Rung.FAIL_SAFE: 80.0,
    Rung.EMERGENCY: 100.0,
}
DAY = Situation(
    orders=Orders(LEVELS), dark=False, unknown="", need=None, override=None, emergency_until_s=None
)


def with_rung(situation: Situation, rung: Rung) -> Situation:
    match rung:
        case Rung.DAY:
            return situation
        case Rung.BASE:
            return situation._replace(dark=True)
        case Rung.PRESENCE:
            return situation._replace(dark=True, need=Need(30.0, "M07"))
        case Rung.OVERRIDE:
            return situation._replace(override=OrderedLevel(42.0, 60.0))
        case Rung.FAIL_SAFE:
            return situation._replace(dark=True, unknown="daylight_unknown")
        case Rung.EMERGENCY:
            return situation._replace(emergency_until_s=99.0)


@pytest.mark.parametrize("rung", Rung)
def test_each_rung_alone_decides_its_level(rung: Rung) -> None:
    winner = arbitrate(with_rung(DAY, rung))[0]
    assert (winner.rung, winner.level_pct) == (rung, EXPECTED_PCT[rung])


@pytest.mark.parametrize(("lower", "higher"), list(combinations(Rung, 2)))
def test_the_higher_of_two_rungs_wins_and_the_lower_stays_known(lower: Rung, higher: Rung) -> None:
    ladder = arbitrate(with_rung(with_rung(DAY, lower), higher))
    assert (ladder[0].rung, ladder[0].level_pct) == (higher, EXPECTED_PCT[higher])
    assert lower in {proposal.rung for proposal in ladder}


def test_all_rungs_at_once_come_highest_first() -> None:
    situation = DAY
    for rung in Rung:
        situation = with_rung(situation, rung)
    ladder = arbitrate(situation)
    assert [p.rung for p in ladder] == sorted(Rung, reverse=True)
    assert [p.level_pct for p in ladder] == [EXPECTED_PCT[p.rung] for p in ladder]
    assert [p.until_s for p in ladder] == [99.0, None, 60.0, 30.0, None, None]


def test_every_level_names_its_reason() -> None:
    situation = DAY
    for rung in Rung:
        situation = with_rung(situation, rung)
    assert [p.reason for p in arbitrate(situation)] == [
        "emergency",
        "fail_safe:daylight_unknown",
        "override",
        "presence:M07",
        "base",
        "day",
    ]


@pytest.mark.parametrize(
    ("ordered", "level", "reason"),
    [
        (0.0, 20.0, "override:safety_floor"),
        (19.9, 20.0, "override:safety_floor"),
        (20.0, 20.0, "override"),
        (21.0, 21.0, "override"),
    ],
)
def test_no_override_goes_below_the_floor_while_somebody_is_there(
    ordered: float, level: float, reason: str
) -> None:
    situation = with_rung(DAY, Rung.PRESENCE)._replace(override=OrderedLevel(ordered, until_s=60.0))
    winner = arbitrate(situation)[0]
    assert (winner.level_pct, winner.reason, winner.until_s) == (level, reason, 60.0)


@pytest.mark.parametrize("rung", [Rung.DAY, Rung.BASE])
def test_an_override_to_off_holds_while_nobody_is_there(rung: Rung) -> None:
    situation = with_rung(DAY, rung)._replace(override=OrderedLevel(0.0, 60.0))
    assert arbitrate(situation)[0].level_pct == 0.0


def test_by_day_neither_somebody_nor_what_is_unknown_lights_a_lamp() -> None:
    situation = DAY._replace(need=Need(30.0, "M07"), unknown="no_sensor_near")
    assert [p.rung for p in arbitrate(situation)] == [Rung.DAY]


def test_by_day_an_override_has_no_floor() -> None:
    situation = DAY._replace(need=Need(30.0, "M07"), override=OrderedLevel(5.0, 60.0))
    assert arbitrate(situation)[0].level_pct == 5.0


def test_until_when_somebody_is_there_makes_no_other_situation() -> None:
    there = with_rung(DAY, Rung.PRESENCE)
    assert there.same_as(there._replace(need=Need(99.0, "M01")))
    assert not there.same_as(there._replace(need=None))
    assert not there._replace(need=None).same_as(there)


@pytest.mark.parametrize("rung", [r for r in Rung if r is not Rung.DAY])
def test_whatever_moves_a_rung_makes_another_situation(rung: Rung) -> None:
    assert not DAY.same_as(with_rung(DAY, rung))
    assert with_rung(DAY, rung).same_as(with_rung(DAY, rung))


def test_other_levels_make_another_situation() -> None:
    assert not DAY.same_as(DAY._replace(orders=Orders(Levels(base_pct=12.0))))
