"""Makes a storm that breaks an invariant as small as it gets and still breaks it.

Greedy: halves, quarters and so on of faults, acts and people are left out for as long as the same
invariant breaks without them, then single ones; the storm ends where it broke.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from firmware_sim.storm.outcome import Outcome, outcome
from firmware_sim.storm.scenario import CALM_SHARE, Scenario

MOST_TRIES = 120
PARTS = ("faults", "acts", "walks")


class Shrinker:
    """Tries smaller storms, a bounded number of them. `tried` is told each."""

    def __init__(
        self,
        run: Callable[[Scenario], Outcome] = outcome,
        *,
        most_tries: int = MOST_TRIES,
        tried: Callable[[int, Scenario], None] = lambda _number, _scenario: None,
    ) -> None:
        """Begin with all tries left."""
        self._run = run
        self._left = most_tries
        self._tried = tried

    def shrunk(self, found: Outcome) -> Outcome:
        """Return the smallest storm found that breaks the same invariant."""
        before = None
        while before is not found.scenario and self._left > 0:
            before = found.scenario
            found = self._shorter(found)
            for part in PARTS:
                found = self._fewer(found, part)
        return found

    def _shorter(self, found: Outcome) -> Outcome:
        """Leave out what has not begun when the invariant breaks, and end half as late."""
        finding = found.finding
        if finding is None:
            return found
        scenario = found.scenario
        until_s = finding.at_s
        found = self._try(
            found,
            replace(
                scenario,
                faults=tuple(x for x in scenario.faults if x.at_s <= until_s),
                acts=tuple(x for x in scenario.acts if x.at_s <= until_s),
                walks=tuple(x for x in scenario.walks if x.at_s <= until_s),
            ),
        )
        half = replace(found.scenario, length_s=found.scenario.length_s / 2.0)
        if all(fault.until_s <= CALM_SHARE * half.length_s for fault in half.faults):
            found = self._try(found, half)
        return found

    def _fewer(self, found: Outcome, part: str) -> Outcome:
        things: tuple[Any, ...] = getattr(found.scenario, part)
        size = max(1, len(things) // 2)
        while things and self._left > 0:
            at = 0
            while at < len(things):
                rest = (*things[:at], *things[at + size :])
                smaller = self._try(found, _with(found.scenario, part, rest))
                if smaller is found:
                    at += size
                else:
                    found, things = smaller, rest
            if size == 1:
                break
            size //= 2
        return found

    def _try(self, found: Outcome, scenario: Scenario) -> Outcome:
        """Return what came of a smaller storm if it breaks the same invariant, else what was."""
        if scenario == found.scenario or self._left <= 0 or found.finding is None:
            return found
        self._left -= 1
        self._tried(self._left, scenario)
        now = self._run(scenario)
        same = now.finding is not None and now.finding.invariant == found.finding.invariant
        return now if same else found


def _with(scenario: Scenario, part: str, things: tuple[Any, ...]) -> Scenario:
    match part:
        case "faults":
            return replace(scenario, faults=things)
        case "acts":
            return replace(scenario, acts=things)
        case _:
            return replace(scenario, walks=things)
