"""Lamps that can only be switched, by a relay or contactor."""

import asyncio
from typing import Protocol

from controller.core.fade import FULL_PCT
from controller.devices.attempts import Attempts
from controller.devices.ports import LampFaultCallback


class Switch(Protocol):
    """What closes and opens a lamp's circuit."""

    def switch(self, *, lit: bool) -> None:
        """Switch at once. Must not block. Raises OSError."""

    def close(self) -> None:
        """Let go of the switch, so that the lamp is lit."""


class RelayLamp:
    """A LampPort: lit at any level above 0.

    It is switched on at once, whatever the fade, and off when a fade to 0 has ended; but it stays
    on for at least `least_on_s`, which spares the contacts.
    """

    def __init__(
        self, lamp: str, switch: Switch, *, least_on_s: float, tell: LampFaultCallback
    ) -> None:
        """Take over a switch that is on. Call it in the event loop."""
        self._switch = switch
        self._least_on_s = least_on_s
        self._loop = asyncio.get_running_loop()
        self._attempts = Attempts(lamp, self._write, tell)
        self._lit = True
        self._lit_since_s = self._loop.time()
        self._going_off: asyncio.TimerHandle | None = None

    def fade_to(self, level_pct: float, fade_s: float, colour_k: float | None = None) -> None:
        """Switch on at once, or off when the fade and the least time have passed."""
        del colour_k
        self._stay()
        if level_pct > 0.0:
            self._light()
        elif self._lit:
            now_s = self._loop.time()
            rest_s = max(fade_s, self._lit_since_s + self._least_on_s - now_s)
            self._going_off = self._loop.call_later(max(0.0, rest_s), self._darken)

    def close(self) -> None:
        """Let go of the switch: the lamp is lit."""
        self._stay()
        self._attempts.stop()
        self._switch.close()

    def _stay(self) -> None:
        if self._going_off is not None:
            self._going_off.cancel()
            self._going_off = None

    def _light(self) -> None:
        if not self._lit:
            self._lit, self._lit_since_s = True, self._loop.time()
            self._attempts.write(FULL_PCT)

    def _darken(self) -> None:
        self._going_off = None
        self._lit = False
        self._attempts.write(0.0)

    def _write(self, level_pct: float) -> None:
        self._switch.switch(lit=level_pct > 0.0)
