"""A night outside the controller: people, what sensors make of them, the sky. No lamp in sight."""

from collections.abc import Iterator
from dataclasses import dataclass

from controller.core.path import Path
from firmware_sim.people import Person
from firmware_sim.sensors import Grade, Sensed, sense
from firmware_sim.sky import Sky
from firmware_sim.span import NightSpan

LUX_EVERY_S = 60


@dataclass(frozen=True, slots=True)
class World:
    """What every lighting scheme is given alike, and (`people`) what only the judge sees.

    `lux`: readings of an unshaded light sensor, (time_s, lux).
    """

    path: Path
    span: NightSpan
    people: tuple[Person, ...]
    sensed: Sensed
    lux: tuple[tuple[float, float], ...]


def build_world(
    path: Path, span: NightSpan, people: tuple[Person, ...], grade: Grade, seed: int
) -> World:
    """Let the night pass once, without any light."""
    sensed = sense(path, people, grade, seed, (span.start_s, span.end_s))
    sky = Sky(path.latitude_deg, path.longitude_deg, seed)
    return World(path, span, people, sensed, tuple(_readings(sky, span)))


def _readings(sky: Sky, span: NightSpan) -> Iterator[tuple[float, float]]:
    for time_s in range(span.start_s, span.end_s + 1, LUX_EVERY_S):
        yield float(time_s), sky.lux(span.zero_utc_s + time_s)
