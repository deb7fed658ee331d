"""What rules look at, and what a rule is."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from controller.core.health.alarms import Finding, Vitals
from controller.core.health.counting import Counts
from controller.core.health.hours import Hours
from controller.core.health.sampling import Samples
from controller.core.moment import Moment
from controller.core.state import State


class Examination(NamedTuple):
    """All that rules look at.

    `elapsed_s`: since the last examination, in which `rises` were counted by motion sensor.
    """

    state: State
    moment: Moment
    vitals: Vitals
    counts: Counts
    hours: Hours
    samples: Samples
    elapsed_s: float
    rises: dict[str, int]


class Rule(NamedTuple):
    """One rule. An alarm is raised once its fault has shown for `raise_s`, and cleared once it has
    not for `clear_s`. Time in which nothing can be told does not count.
    """  # noqa: D205 - two sentences, one thought

    code: str
    raise_s: float
    clear_s: float
    look: Callable[[Examination], Iterable[Finding]]
