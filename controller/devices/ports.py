"""The ports between the runner and whatever is wired to a node.

Drivers report through the callbacks they are given. Callbacks must be safe to call from any
thread and never raise; a driver calls them with the newest truth and may repeat itself.
"""

from collections.abc import Callable
from typing import Protocol

MotionCallback = Callable[[str, bool | None, float], None]
"""(sensor, active or None when unreadable, monotonic seconds at which the level began)"""

ReadingCallback = Callable[[str, float | None], None]
"""(device, lux of a light sensor or watts of a meter, None when unreadable)"""


LampFaultCallback = Callable[[str, str | None], None]
"""(lamp, what is wrong with it in one word like `no_answer`, None when nothing is any more)"""


class LampPort(Protocol):
    """One lamp. Levels are flux in percent; a fade is linear in DALI level."""

    def fade_to(self, level_pct: float, fade_s: float, colour_k: float | None = None) -> None:
        """Begin a fade from the present level; replaces a running one. Returns at once.

        `colour_k`: the colour temperature in kelvin to fade to in the same time, None for a lamp
        that has one colour only. What fails is told through the driver's `LampFaultCallback` and
        tried again; meanwhile the lamp is lit if the driver can do that.
        """

    def close(self) -> None:
        """Let go of the lamp. What it does then is decided by the wiring: it lights."""


class Channel(Protocol):
    """A line that dims one light source of a lamp."""

    def write(self, level_pct: float) -> None:
        """Set it to a level (0..100) at once. Must not block. Raises OSError."""

    def close(self) -> None:
        """Let go of the line, so that it means light."""


class SensorPort(Protocol):
    """A sensor that reports by itself once started."""

    def start(self) -> None:
        """Report the first reading, then every change."""

    def close(self) -> None:
        """Stop reporting."""
