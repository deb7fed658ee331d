"""The host's two clocks, and whether the wall clock may be believed."""

import ctypes
import time
from typing import Literal

from controller.core.moment import Moment

# What adjtimex(2) returns for a clock that nothing disciplines.
_TIME_ERROR = 5
# struct timex is smaller than this everywhere; all zero it is a query that changes nothing.
_TIMEX_BYTES = 256


def kernel_clock_synchronised() -> bool:
    """Ask the kernel whether something (NTP, GPS, an RTC daemon) disciplines its clock."""
    query = ctypes.create_string_buffer(_TIMEX_BYTES)
    state = int(ctypes.CDLL(None, use_errno=True).adjtimex(query))
    return 0 <= state != _TIME_ERROR


class HostClock:
    """Tells the moment. Trust in the wall clock, once gained, lasts until the process ends.

    A clock that was set once runs on within seconds a day, whatever becomes of the network.
    """

    def __init__(self, trust: Literal["kernel", "always"]) -> None:
        """Trust the wall clock `always`, or once the `kernel` says it is synchronised."""
        self._trusted = trust == "always"

    def moment(self) -> Moment:
        """Return the present moment."""
        if not self._trusted:
            self._trusted = kernel_clock_synchronised()
        utc_s = time.time()  # noqa: TID251 - this is the host's clock
        return Moment(time.monotonic(), utc_s if self._trusted else None)
