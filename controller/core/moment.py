"""The time of a decision. The core never reads a clock: whoever calls it says what time it is."""

from typing import NamedTuple


class Moment(NamedTuple):
    """One instant on both clocks of a node.

    `mono_s` are seconds of a monotonic clock with an arbitrary origin; every deadline of the core
    is on it. `utc_s` are POSIX seconds, or None while the wall clock is not to be trusted (a Pi
    without network boots somewhere in the past).
    """

    mono_s: float
    utc_s: float | None
