"""Lamps with one dimmed channel, faded in software."""

from controller.core.fade import FULL_PCT
from controller.devices.attempts import Attempts
from controller.devices.fader import Fader
from controller.devices.ports import Channel, LampFaultCallback


class FadedLamp:
    """A LampPort: one channel, which shines fully until the first fade."""

    def __init__(
        self, lamp: str, channel: Channel, *, fader: Fader, tell: LampFaultCallback
    ) -> None:
        """Take over an open channel."""
        self._channel = channel
        self._attempts = Attempts(lamp, channel.write, tell)
        self._dimmer = fader.attach(self._attempts.write, FULL_PCT)

    def fade_to(self, level_pct: float, fade_s: float, colour_k: float | None = None) -> None:
        """Begin a fade from the present level; replaces a running one. It has one colour only."""
        del colour_k
        self._dimmer.fade_to(level_pct, fade_s)

    def close(self) -> None:
        """Let go of the channel, which then means light."""
        self._dimmer.stop()
        self._attempts.stop()
        self._channel.close()
