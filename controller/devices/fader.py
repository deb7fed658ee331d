"""Software fades for lamps whose driver can only be set to a level."""

import asyncio
from collections.abc import Callable

from controller.core.fade import Fade, holding

STEPS_PER_S = 60.0

Write = Callable[[float], None]
"""Set a lamp to a level, flux in percent, at once. Must neither block nor raise."""


class Fader:
    """Fades all lamps of a node with one task, which exists only while a lamp is fading.

    A step takes each lamp to where its fade is by the clock, so that a stalled event loop makes a
    fade coarser but never longer; the last step is the target itself.
    """

    def __init__(self, clock: Callable[[], float] | None = None) -> None:
        """Take time from `clock` in seconds; the running event loop's by default."""
        self._clock = clock or asyncio.get_running_loop().time
        self._fading: dict[Dimmer, Fade] = {}
        self._task: asyncio.Task[None] | None = None

    def attach(self, write: Write, level_pct: float) -> "Dimmer":
        """Return a dimmer for a lamp that is at `level_pct` now."""
        return Dimmer(self, write, holding(level_pct, self._clock()))

    def now_s(self) -> float:
        """Return the time that fades are counted in."""
        return self._clock()

    def begin(self, dimmer: "Dimmer", fade: Fade) -> None:
        """Run `fade` instead of that dimmer's present one. Call it in the event loop."""
        self._fading[dimmer] = fade
        self._advance(dimmer, fade, self._clock())
        if self._fading and (self._task is None or self._task.done()):
            self._task = asyncio.get_running_loop().create_task(self._run(), name="fader")

    def drop(self, dimmer: "Dimmer") -> None:
        """Forget a dimmer's fade where it stands."""
        self._fading.pop(dimmer, None)

    def step(self) -> None:
        """Take every fading lamp to where it should be by now."""
        now_s = self._clock()
        for dimmer, fade in list(self._fading.items()):
            self._advance(dimmer, fade, now_s)

    def _advance(self, dimmer: "Dimmer", fade: Fade, now_s: float) -> None:
        if now_s >= fade.end_s:
            del self._fading[dimmer]
        dimmer.write(fade.level_pct_at(now_s))

    async def _run(self) -> None:
        """Step on a grid of deadlines; those that a stall has passed are left out."""
        next_s = self._clock()
        while self._fading:
            now_s = self._clock()
            next_s = max(next_s + 1.0 / STEPS_PER_S, now_s)
            await asyncio.sleep(next_s - now_s)
            self.step()


class Dimmer:
    """One lamp at a fader."""

    def __init__(self, fader: Fader, write: Write, course: Fade) -> None:
        """Use `Fader.attach`."""
        self.write = write
        self._fader = fader
        self._course = course

    def fade_to(self, level_pct: float, fade_s: float, *, more_changes: bool = False) -> None:
        """Begin a fade from the present level, replacing a running one.

        `more_changes`: more than the level changes with it, so a level that stays is written, too.
        """
        begin_s = self._fader.now_s()
        self._course = self._course.redirected(level_pct, begin_s, fade_s)
        settled = self._course.from_pct == level_pct and not more_changes
        self._fader.begin(self, holding(level_pct, begin_s) if settled else self._course)

    def stop(self) -> None:
        """End the fade where it stands."""
        self._fader.drop(self)
