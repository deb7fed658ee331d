from datetime import timedelta

import pytest

from controller.ctl.explain import explain_lines
from controller.mqtt.commands import ExplainResult, ProposalReport, RungName
from tests.ctl.fake import NOW

DAY = ProposalReport(rung="day", level_pct=0.0, reason="day")
BASE = ProposalReport(rung="base", level_pct=5.0, reason="base", rule="late")


def result(winner: ProposalReport, *losers: ProposalReport, **about: object) -> ExplainResult:
    values: dict[str, object] = {
        "lamp": "L01",
        "level_pct": winner.level_pct,
        "winner": winner,
        "losers": list(losers),
        "dark": True,
        "daylight": "sun",
        "unknown": "",
        "colour_k": None,
        "profile_version": 3,
    }
    return ExplainResult.model_validate(values | about)


def test_an_order_with_all_that_it_counts_more_than() -> None:
    order = ProposalReport(
        rung="override",
        level_pct=60.0,
        reason="override:safety_floor",
        until=NOW + timedelta(hours=2),
    )
    presence = ProposalReport(rung="presence", level_pct=100.0, reason="presence")
    assert explain_lines(result(order, presence, BASE, DAY), "n07", NOW) == [
        "L01 on n07 is at 60 %.",
        (
            "  override decides, with 60 %: an operator has ordered this level, raised to the "
            "safety floor, because somebody is there, until 19:03"
        ),
        "  It counts more than:",
        "    presence    100 %  somebody is there or about to come",
        '    base          5 %  it is dark and nobody is there, by the rule "late"',
        "    day           0 %  no light is needed by day",
        "  It is dark: the sun says so.",
        "  Profile version 3.",
    ]


def test_a_colour_that_a_rule_sets_is_told() -> None:
    lines = explain_lines(result(BASE, DAY, colour_k=2200.0), "n07", NOW)
    assert lines[-2:] == ["  Its colour is 2200 K, as a rule sets it.", "  Profile version 3."]


def test_a_lamp_by_day() -> None:
    told = result(DAY, dark=False, daylight="lux", level_pct=3.0)
    assert explain_lines(told, "n07", None) == [
        "L01 on n07 is at 3 %.",
        "  day decides, with 0 %: no light is needed by day",
        "  It is light: a light sensor says so.",
        "  Profile version 3.",
    ]


@pytest.mark.parametrize(
    ("rung", "reason", "words"),
    [
        ("emergency", "emergency", "an operator has ordered emergency light"),
        (
            "fail_safe",
            "fail_safe:neighbour_silent",
            "too little is known to dim it, a neighbouring node is silent",
        ),
        ("fail_safe", "fail_safe:moon", "too little is known to dim it, moon"),
        (
            "override",
            "override:identify",
            "an operator has ordered this level, it pulses so that it can be found",
        ),
    ],
)
def test_every_reason_has_its_words(rung: RungName, reason: str, words: str) -> None:
    winner = ProposalReport(rung=rung, level_pct=100.0, reason=reason)
    told = explain_lines(result(winner, unknown=reason.partition(":")[2]), "n07", NOW)
    assert told[1] == f"  {rung} decides, with 100 %: {words}"


def test_what_is_not_known_is_told() -> None:
    told = explain_lines(result(BASE, DAY, unknown="just_started"), "n07", NOW)
    assert "  Not known: the node has just started and has not seen everybody yet." in told
