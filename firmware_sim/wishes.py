"""From levels that are wanted for a time to the fade commands of an ideal lamp."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from controller.core.fade import Fade, holding
from controller.core.path import Path
from firmware_sim.intervals import Interval
from firmware_sim.levels import FadeCommand
from firmware_sim.span import NightSpan


@dataclass(frozen=True, slots=True)
class Fades:
    """How long lamps take to more light and to less, in seconds."""

    up_s: float = 1.0
    down_s: float = 3.0


@dataclass(frozen=True, slots=True)
class Wish:
    """A lamp is wanted at `level_pct` or more during an interval."""

    level_pct: float
    during: Interval


def fulfil(
    path: Path, span: NightSpan, wishes: Mapping[str, Iterable[Wish]], fades: Fades
) -> list[FadeCommand]:
    """Give every lamp the greatest level wished at each time, and 0 where none is.

    `wishes`: by lamp; a lamp without any stays off. Returns commands lamp after lamp.
    """
    commands: list[FadeCommand] = []
    for lamp in path.lamps:
        steps = [(float(span.start_s), 0.0), *_steps(wishes.get(lamp.id, ()))]
        commands += course(lamp.id, steps, fades)
    return commands


def course(lamp: str, steps: Iterable[tuple[float, float]], fades: Fades) -> Iterator[FadeCommand]:
    """Yield the commands of one lamp that is given targets, (time_s, level_pct), in order."""
    fade = holding(0.0, 0.0)
    for time_s, target_pct in steps:
        level_pct = fade.level_pct_at(time_s)
        fade_s = fades.up_s if target_pct >= level_pct else fades.down_s
        fade = Fade(level_pct, target_pct, time_s, fade_s)
        reason = "lit" if target_pct else "day"
        yield FadeCommand(time_s, lamp, fade.from_pct, target_pct, fade_s, reason)


def _steps(wishes: Iterable[Wish]) -> Iterator[tuple[float, float]]:
    """Yield when the greatest level changes, and to what."""
    edges = [
        edge
        for wish in wishes
        for edge in ((wish.during[0], 1, wish.level_pct), (wish.during[1], -1, wish.level_pct))
    ]
    active: dict[float, int] = {}
    target_pct = 0.0
    for time_s, together in groupby(sorted(edges), key=itemgetter(0)):
        for _, change, level_pct in together:
            active[level_pct] = active.get(level_pct, 0) + change
        greatest_pct = max((level for level, wanted in active.items() if wanted), default=0.0)
        if greatest_pct != target_pct:
            target_pct = greatest_pct
            yield time_s, target_pct
