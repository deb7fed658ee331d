"""A program on a terminal of its own, with the test in front of it."""

import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from tests.board.fixtures import eventually

LIMIT_S = 30.0
ROOT = Path(__file__).parents[2]

# At a pace for tests; the rest is the command as it is.
SCRIPT = """
import fcntl, signal, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell may have it ignored
from controller.cli import main
from controller.commissioning import selftest
from tests.commissioning.bench import HASTE
selftest.ATTENDED = HASTE
sys.exit(main(sys.argv[1:]))
"""


class Terminal:
    """What is shown on a terminal, and its keyboard."""

    def __init__(self, fd: int, process: "subprocess.Popen[bytes]") -> None:
        self.shown = ""
        self.process = process
        self._fd = fd
        self._seen = 0

    def until(self, text: str) -> None:
        """Wait for a text that was not waited for before."""
        deadline_s = time.monotonic() + LIMIT_S
        while (at := self.shown.find(text, self._seen)) < 0:
            assert time.monotonic() < deadline_s, f"no {text!r} in {self.shown[self._seen :]!r}"
            self._read()
        self._seen = at + len(text)

    def types(self, line: str) -> None:
        os.write(self._fd, f"{line}\n".encode())

    def interrupts(self) -> None:
        """Press Ctrl-C once the program waits for a key.

        `input` in C notices a signal only while it reads, not between its prompt and that.
        """
        program = psutil.Process(self.process.pid)
        eventually(lambda: program.status() == psutil.STATUS_SLEEPING)
        os.write(self._fd, b"\x03")

    def ends_input(self) -> None:
        """Press Ctrl-D."""
        os.write(self._fd, b"\x04")

    def ends(self) -> int:
        """Wait until the program has ended; return its exit status."""
        while self._read():
            pass
        return self.process.wait(LIMIT_S)

    def _read(self) -> bool:
        if not select.select([self._fd], [], [], 0.5)[0]:
            return True
        try:
            said = os.read(self._fd, 65536)
        except OSError:  # the program has closed its end
            return False
        self.shown += said.decode().replace("\r\n", "\n")
        return bool(said)


@contextmanager
def on_terminal(*words: str) -> Iterator[Terminal]:
    """Run `cyclelight` on a terminal that is its own, so that Ctrl-C reaches it."""
    outside, inside = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *words],
        stdin=inside,
        stdout=inside,
        stderr=inside,
        cwd=ROOT,
        start_new_session=True,
        env=os.environ | {"GPIOZERO_PIN_FACTORY": "cyclelight_sim", "NO_COLOR": "1"},
    )
    os.close(inside)
    try:
        yield Terminal(outside, process)
    finally:
        process.kill()
        process.wait()
        os.close(outside)
