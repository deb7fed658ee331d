"""The clairvoyant: it knows when anybody needs each lamp, and lights it just then.

No scheme with the same levels and fades can serve everybody with less energy than this one: each
fade to full begins as late as 90 % can still be reached when the need begins, and each dimming
begins when the need ends. It dims in every gap in which it can: a dip, however short, saves.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import pairwise

from controller.core.fade import FULL_PCT, LEVELS_PER_DECADE, dali_level
from firmware_sim.intervals import Interval
from firmware_sim.levels import FadeCommand
from firmware_sim.schemes import BASE_PCT
from firmware_sim.score import SERVED_PCT, Judge
from firmware_sim.wishes import Fades, course
from firmware_sim.world import World

# From the base level to full light, and the last bit that need not be reached; both in decades.
DIP = (dali_level(FULL_PCT) - dali_level(BASE_PCT)) / LEVELS_PER_DECADE
SPARED = (dali_level(FULL_PCT) - dali_level(SERVED_PCT)) / LEVELS_PER_DECADE


def clairvoyant(world: World, judge: Judge) -> list[FadeCommand]:
    """Return its commands, lamp after lamp. `judge` says what the people of the world need."""
    fades = Fades()
    dark_end_s = float(world.span.dark_end_s)
    commands: list[FadeCommand] = []
    for lamp, needed in judge.needed.items():
        steps = [(float(world.span.start_s), 0.0), *_steps(needed, dark_end_s, fades)]
        commands += course(lamp, steps, fades)
    return commands


def _steps(
    needed: Sequence[Interval], dark_end_s: float, fades: Fades
) -> Iterator[tuple[float, float]]:
    """Yield one lamp's targets, (time_s, level_pct)."""
    if not needed:
        yield from ((0.0, BASE_PCT), (dark_end_s, 0.0))
        return
    yield from _first_steps(needed[0][0], fades)
    for (_, ended_s), (begins_s, _) in pairwise(needed):
        wait_s = dip_s(begins_s - ended_s, fades)
        if wait_s > 0.0:
            yield ended_s, BASE_PCT
            yield ended_s + wait_s, FULL_PCT
    if needed[-1][1] < dark_end_s:
        yield needed[-1][1], BASE_PCT
    yield dark_end_s, 0.0


def _first_steps(begins_s: float, fades: Fades) -> Iterator[tuple[float, float]]:
    """Light the lamp for its first need: from the base level if it can be there by then."""
    late_s = begins_s - fades.up_s * (1.0 - SPARED / DIP)
    if late_s >= fades.up_s:
        yield 0.0, BASE_PCT
        yield late_s, FULL_PCT
    else:
        yield begins_s - fades.up_s, FULL_PCT


def dip_s(gap_s: float, fades: Fades) -> float:
    """Return how long after a dimming began the lamp must be sent up to be served after `gap_s`.

    0 if the gap is so short that the level would stay at 90 % or above.

    After u seconds the level is x = DIP * min(1, u / down) decades below full, and the way up
    reaches 90 % after up * (1 - SPARED / x), so u + up * (1 - SPARED / x) = gap. While the
    dimming lasts this is quadratic in u.
    """
    whole_s = gap_s - fades.up_s * (1.0 - SPARED / DIP)
    if whole_s >= fades.down_s:
        return whole_s
    spare_s2 = fades.up_s * fades.down_s * SPARED / DIP
    half_s = (gap_s - fades.up_s) / 2.0
    wait_s = half_s + math.sqrt(half_s * half_s + spare_s2)
    return wait_s if wait_s > fades.down_s * SPARED / DIP else 0.0
