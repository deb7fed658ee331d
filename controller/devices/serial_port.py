"""A raw serial port of any speed, with what the standard library and Linux give.

termios knows a list of speeds only, and 256000 is not in it: the kernel takes any number with
`struct termios2` and the flag BOTHER (linux/asm-generic/termbits.h, ioctls.h).
"""

import fcntl
import os
import struct
import termios
from collections.abc import Iterator
from contextlib import contextmanager

TCSETS2 = 0x402C542B
BOTHER = 0x1000
TERMIOS2 = "4I20B2I"
"""Flags of input, output, control and local, line discipline and 19 characters, two speeds."""


@contextmanager
def serial_port(port: str, baud: int) -> Iterator[int]:
    """Open a port: 8 bits, no parity, 1 stop bit, nothing translated, reads that do not wait.

    Gives the file descriptor and closes it at the end. Raises OSError.
    """
    descriptor = os.open(port, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        control = termios.CS8 | termios.CREAD | termios.CLOCAL | BOTHER
        raw = struct.pack(TERMIOS2, 0, 0, control, 0, *bytes(20), baud, baud)
        fcntl.ioctl(descriptor, TCSETS2, raw)
        yield descriptor
    finally:
        os.close(descriptor)
