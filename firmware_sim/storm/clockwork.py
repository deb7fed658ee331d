"""The two clocks of one machine: both run a little fast or slow, one of them can be set."""

from collections.abc import Callable

from controller.core.moment import Moment


class Clockwork:
    """Clocks of a machine. True time is that of the loop, in seconds; `zero_utc_s`: UTC at zero.

    `drift`: by how much its seconds are shorter (5e-5: 50 millionths). `skew_s`: how far the wall
    clock is ahead. `synchronised`: whether the kernel says that the wall clock is right.
    """

    def __init__(self, zero_utc_s: float, *, drift: float, skew_s: float, up_s: float) -> None:
        """Begin as a machine that has been up for so long."""
        self._zero_utc_s = zero_utc_s
        self._drift = drift
        self.skew_s = skew_s
        self._booted_s = 0.0
        self._at_boot_s = up_s
        self.synchronised = True

    def boot(self, now_s: float) -> None:
        """Start the monotonic clock anew; the wall clock is not to be believed yet."""
        self._booted_s, self._at_boot_s = now_s, 1.0
        self.synchronised = False

    def mono_s(self, now_s: float) -> float:
        """Return the monotonic clock."""
        return self._at_boot_s + (now_s - self._booted_s) * (1.0 + self._drift)

    def utc_s(self, now_s: float) -> float:
        """Return the wall clock."""
        return self._zero_utc_s + now_s * (1.0 + self._drift) + self.skew_s

    def true_s(self, mono_s: float) -> float:
        """Return the true time of a monotonic time of this boot."""
        return self._booted_s + (mono_s - self._at_boot_s) / (1.0 + self._drift)


class ProcessClock:
    """The clocks as a process reads them: trust, once gained, lasts until it ends."""

    def __init__(self, clocks: Clockwork, now_s: Callable[[], float]) -> None:
        """Read from here on."""
        self._clocks = clocks
        self._now_s = now_s
        self._trusted = False

    def moment(self) -> Moment:
        """Return the present moment."""
        self._trusted = self._trusted or self._clocks.synchronised
        now_s = self._now_s()
        utc_s = self._clocks.utc_s(now_s) if self._trusted else None
        return Moment(self._clocks.mono_s(now_s), utc_s)

    def mono_s(self, true_s: float) -> float:
        """Return the monotonic clock at a true time."""
        return self._clocks.mono_s(true_s)
