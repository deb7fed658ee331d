"""Lamps on their poles: what light there is, whatever the controller believes."""

from collections.abc import Callable

from controller.core.fade import FULL_PCT, holding
from controller.devices.ports import LampFaultCallback
from firmware_sim.levels import FadeCommand

NO_ANSWER = "no_answer"


class PoleLamp:
    """One lamp and its line. `keeps`: undriven it keeps its level, as gear on a bus does.

    `deaf`: its gear does not answer; it takes the newest command when it does again. `burnt_out`:
    there is no light at all. `course`: what light there was, from the begin.
    """

    def __init__(
        self, lamp: str, *, keeps: bool, now_s: Callable[[], float], changed: Callable[[str], None]
    ) -> None:
        """Begin undriven: lit."""
        self.id = lamp
        self.keeps = keeps
        self.driven = False
        self.deaf = False
        self.burnt_out = False
        self._now_s = now_s
        self._changed = changed
        self._fade = holding(FULL_PCT, now_s())
        self._missed: tuple[float, float] | None = None
        self._tell: LampFaultCallback = lambda _lamp, _fault: None
        self.course = [FadeCommand(now_s(), lamp, FULL_PCT, FULL_PCT, 0.0, "undriven")]

    def open(self, tell: LampFaultCallback) -> None:
        """Be driven by a process that has just started: drivers begin with light."""
        self.driven, self._tell = True, tell
        self.fade_to(FULL_PCT, 0.0)
        if self.deaf:
            tell(self.id, NO_ANSWER)

    def let_go(self, *, in_order: bool) -> None:
        """Be driven by nobody."""
        self.driven = False
        if in_order or not self.keeps:
            self._begin(FULL_PCT, 0.0)

    def fade_to(self, level_pct: float, fade_s: float, colour_k: float | None = None) -> None:
        """Take a command of the driver."""
        del colour_k
        if self.deaf:
            self._missed = level_pct, fade_s
        else:
            self._begin(level_pct, fade_s)

    def close(self) -> None:
        """Be let go in order."""
        self.let_go(in_order=True)

    def go_deaf(self) -> None:
        """Answer no more."""
        self.deaf = True
        if self.driven:
            self._tell(self.id, NO_ANSWER)

    def hear_again(self) -> None:
        """Answer again: the driver repeats what it wanted last."""
        self.deaf = False
        missed, self._missed = self._missed, None
        if missed is not None and self.driven:
            self._begin(*missed)
        if self.driven:
            self._tell(self.id, None)

    def burn_out(self, *, out: bool) -> None:
        """Give no light any more, or be replaced."""
        self.burnt_out = out
        self._begin(self._fade.to_pct, 0.0)

    @property
    def target_pct(self) -> float:
        """Where the gear is going, whether the lamp gives light or not."""
        return self._fade.to_pct

    def _begin(self, level_pct: float, fade_s: float) -> None:
        now_s = self._now_s()
        self._fade = fade = self._fade.redirected(level_pct, now_s, fade_s)
        if self.burnt_out:
            command = FadeCommand(now_s, self.id, 0.0, 0.0, 0.0, "burnt_out")
        else:
            command = FadeCommand(now_s, self.id, fade.from_pct, fade.to_pct, fade.fade_s, "")
        self.course.append(command)
        self._changed(self.id)
