"""Bugs that are put in are found, each by the invariant that it breaks."""

from collections.abc import Iterator
from itertools import islice

import pytest

from firmware_sim.storm.drawing import draw
from firmware_sim.storm.outcome import outcome
from firmware_sim.storm.scenario import Scenario
from tests.storm.planted import PLANTED, Planted

MOST_STORMS = 6


def fit(bug: Planted) -> Iterator[Scenario]:
    """Yield the first storms in which happens what it takes to find a bug."""
    for seed in range(1000):
        scenario = draw(seed)
        kinds = {x.kind for x in scenario.faults} | {x.kind for x in scenario.acts}
        if all(kinds & needed for needed in bug.needs):
            yield scenario


@pytest.mark.parametrize("bug", PLANTED, ids=[bug.name for bug in PLANTED])
def test_a_planted_bug_is_found(bug: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    scenarios = list(islice(fit(bug), MOST_STORMS))
    bug.plant(monkeypatch)
    findings = (outcome(scenario).finding for scenario in scenarios)
    first = next((finding for finding in findings if finding is not None), None)
    assert first is not None
    assert first.invariant in bug.breaks
