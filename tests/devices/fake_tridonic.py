"""A Tridonic DALI USB before a fake bus, at a pseudo terminal: reports of 64 bytes.

The layout is that of the messages in python-dali's driver: command, sequence number, control, mode,
frame; answers with mode, type, frame, interval, sequence number.
"""

import os
import pty
import threading
import tty

from tests.devices.fake_dali import COLLISION, FakeBus

REPORT = 64
INIT, SEND = 0x01, 0x12
MODE_INFO, MODE_RESPONSE = 0x01, 0x12
NO_FRAME, DALI8, DALI16, INFO = 0x71, 0x72, 0x73, 0x77
FRAMING_ERROR = 3
SEND_TWICE = 0x20


class FakeTridonic:
    """`dead`: takes commands and answers nothing."""

    def __init__(self, bus: FakeBus) -> None:
        self.bus = bus
        self.dead = False
        self._ours, self._theirs = pty.openpty()
        tty.setraw(self._theirs)
        self.port = os.ttyname(self._theirs)
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        os.close(self._theirs)

    def _serve(self) -> None:
        while True:
            try:
                report = os.read(self._ours, REPORT)
            except OSError:
                os.close(self._ours)
                return
            if not self.dead:
                self._take(report)

    def _take(self, report: bytes) -> None:
        command, sequence, control = report[:3]
        if command == INIT:
            self._say(MODE_INFO, 0, 0, 2, 3)
            return
        assert command == SEND
        frame = report[4:8]
        for _ in range(2 if control & SEND_TWICE else 1):
            answer = self.bus.frame(int.from_bytes(frame, "big"))
            self._say(MODE_RESPONSE, DALI16, *frame, 0, 0, sequence)
        if answer is None:
            self._say(MODE_RESPONSE, NO_FRAME, 0, 0, 0, 0, 0, 0, sequence)
        elif answer == COLLISION:
            self._say(MODE_RESPONSE, INFO, 0, 0, 0, FRAMING_ERROR, 0, 0, sequence)
        else:
            self._say(MODE_RESPONSE, DALI8, 0, 0, 0, answer, 0, 0, sequence)

    def _say(self, *data: int) -> None:
        os.write(self._ours, bytes(data).ljust(REPORT, b"\0"))
