"""Lamps with warm and cold white light, each dimmed by a channel of its own.

The shares of flux are linear in reciprocal colour temperature (mired, 1e6 / K), the scale on which
equal steps look alike (I. G. Priest, J. Opt. Soc. Am. 23, 1933) and in which DALI sets colour, too
(IEC 62386-209). The shares add up to one: where both channels give the same flux at full, the
colour does not change the lamp's flux. Two colours really mix along a chord below the curve of
black bodies; docs/lamps.md says how far that is from what was asked for.
"""

from typing import NamedTuple

from controller.core.fade import FULL_PCT
from controller.devices.attempts import Attempts
from controller.devices.fader import Fader
from controller.devices.ports import Channel, LampFaultCallback

MIRED_K = 1e6


class ColourFade(NamedTuple):
    """A course of colour, linear in mired between two moments."""

    from_mired: float
    to_mired: float
    begin_s: float
    fade_s: float

    def mired_at(self, mono_s: float) -> float:
        """Return the colour at a moment."""
        if mono_s >= self.begin_s + self.fade_s:
            return self.to_mired
        done = max(0.0, mono_s - self.begin_s) / self.fade_s
        return self.from_mired + (self.to_mired - self.from_mired) * done


def warm_share(mired: float, warm_k: float, cold_k: float) -> float:
    """Return the share of flux (0..1) that the warm channel has at a colour."""
    warm_mired, cold_mired = MIRED_K / warm_k, MIRED_K / cold_k
    return min(1.0, max(0.0, (mired - cold_mired) / (warm_mired - cold_mired)))


class TwoChannelLamp:
    """A LampPort: warm and cold light between the colours `cct_k` (kelvin, warm first).

    It is at full light of its warm colour until the first fade.
    """

    def __init__(
        self,
        lamp: str,
        channels: tuple[Channel, Channel],
        *,
        cct_k: tuple[float, float],
        fader: Fader,
        tell: LampFaultCallback,
    ) -> None:
        """Take over two open channels, the warm one first."""
        self._warm, self._cold = channels
        self._cct_k = cct_k
        self._fader = fader
        own_mired = MIRED_K / cct_k[0]
        self._colour = ColourFade(own_mired, own_mired, fader.now_s(), 0.0)
        self._attempts = Attempts(lamp, self._write, tell)
        self._dimmer = fader.attach(self._attempts.write, FULL_PCT)
        self._attempts.write(FULL_PCT)

    def fade_to(self, level_pct: float, fade_s: float, colour_k: float | None = None) -> None:
        """Begin a fade of level and colour; None keeps the colour."""
        now_s = self._fader.now_s()
        mired = self._colour.mired_at(now_s)
        to_mired = self._colour.to_mired if colour_k is None else MIRED_K / colour_k
        self._colour = ColourFade(mired, to_mired, now_s, fade_s)
        self._dimmer.fade_to(level_pct, fade_s, more_changes=mired != to_mired)

    def close(self) -> None:
        """Let go of both channels, which then mean light."""
        self._dimmer.stop()
        self._attempts.stop()
        self._warm.close()
        self._cold.close()

    def _write(self, level_pct: float) -> None:
        """Set both channels, the second even where the first fails. Raises OSError."""
        share = warm_share(self._colour.mired_at(self._fader.now_s()), *self._cct_k)
        try:
            self._warm.write(level_pct * share)
        finally:
            self._cold.write(level_pct * (1.0 - share))
