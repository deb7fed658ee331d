"""A fake HLK-LD2410 at a pseudo terminal, after Hi-Link's protocol V1.02; it only ever talks.

Reports have the header F4F3F2F1, a length, type, AA, state, distance and energy of the moving
target, the same of the still one, a detection distance, 5500, and the footer F8F7F6F5. In
engineering mode the gates' energies stand before 5500.
"""

import os
import struct
import threading
import tty
from contextlib import suppress
from pathlib import Path

NOBODY, MOVING, STILL, BOTH = range(4)
PERIOD_S = 0.02
"""Five times as often as the module: a busy machine must not make it look silent."""


def frame(state: int, moving_cm: int = 0, still_cm: int = 0, *, gates: bytes = b"") -> bytes:
    """Give one report; with `gates` one of engineering mode."""
    energies = 60 if state & 1 else 0, 59 if state & 2 else 0
    data = struct.pack("<BBB", 1 if gates else 2, 0xAA, state)
    data += struct.pack("<HBHBH", moving_cm, energies[0], still_cm, energies[1], 75)
    return framed(data + gates + b"\x55\x00")


def framed(data: bytes) -> bytes:
    return b"\xf4\xf3\xf2\xf1" + len(data).to_bytes(2, "little") + data + b"\xf8\xf7\xf6\xf5"


GATES = bytes([8, 8, *range(9), *range(10, 19)])


class FakeLd2410:
    """A module behind the port `port`, a link that can be unplugged; it says `says` on and on."""

    def __init__(self, port: Path) -> None:
        self.port = port
        self.says = frame(NOBODY)
        self._thread: threading.Thread | None = None

    def plug_in(self) -> None:
        self._master, self.slave = os.openpty()
        tty.setraw(self._master)
        self.port.symlink_to(os.ttyname(self.slave))
        self._unplugged = threading.Event()
        self._thread = threading.Thread(target=self._talk, daemon=True)
        self._thread.start()

    def unplug(self) -> None:
        self.port.unlink()
        self._unplugged.set()
        if self._thread is not None:
            self._thread.join(10.0)
        os.close(self.slave)
        os.close(self._master)

    def _talk(self) -> None:
        os.set_blocking(self._master, False)
        while not self._unplugged.wait(PERIOD_S):
            with suppress(BlockingIOError):  # nobody listens, and the line is full
                os.write(self._master, self.says)
