"""The host's two clocks, and whether the wall clock may be believed."""

import ctypes
import time
from typing import Literal

from controller.core.moment import Moment

_STA_UNSYNC = 0x0040
# struct timex of <sys/timex.h> is smaller than this on every 64-bit Linux; a query (modes = 0)
# fills it and changes nothing. `status` stands behind modes, offset, freq, maxerror, esterror.
_TIMEX_BYTES = 256
_TIMEX_STATUS_AT = 40


def kernel_clock_synchronised() -> bool:
    """Ask the kernel whether something (NTP, GPS, an RTC daemon) disciplines its clock."""
    timex = ctypes.create_string_buffer(_TIMEX_BYTES)
    if ctypes.CDLL(None, use_errno=True).adjtimex(timex) < 0:
        return False
    status = ctypes.c_int.from_buffer(timex, _TIMEX_STATUS_AT).value
    return not status & _STA_UNSYNC


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
