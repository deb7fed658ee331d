"""Word to systemd: ready, alive, stopping. Outside systemd nothing is said."""

import os
import socket
from contextlib import suppress


class Service:
    """The notification socket of `Type=notify`, and the watchdog's interval."""

    def __init__(self) -> None:
        """Read what systemd passed in the environment."""
        self._address = os.environ.get("NOTIFY_SOCKET", "")
        microseconds = int(os.environ.get("WATCHDOG_USEC", "0"))
        self.watchdog_s = microseconds / 1e6 if microseconds else None

    def ready(self) -> None:
        """Say that the lamps are under control."""
        self._notify("READY=1")

    def alive(self) -> None:
        """Feed the watchdog. Called by the control loop, so a stuck loop is restarted."""
        if self.watchdog_s is not None:
            self._notify("WATCHDOG=1")

    def stopping(self) -> None:
        """Say that the controller is about to end."""
        self._notify("STOPPING=1")

    def _notify(self, word: str) -> None:
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        # Whatever becomes of systemd's end, the lamps neither wait nor stop for it.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
            sock.sendto(word.encode(), socket.MSG_DONTWAIT, address)
