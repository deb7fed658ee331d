"""Meters at the far end of a serial line, after the Modbus RTU specification and data sheets.

A pseudo terminal is the line. Frames: unit, function, data, CRC-16 (polynomial 0xA001, begun with
0xFFFF), its low byte first. Only function 0x04, read input registers, is answered; registers that
a meter does not have are refused with exception 0x02.
"""

import os
import struct
import threading
import tty
from collections.abc import Callable
from contextlib import suppress

READ_INPUT_REGISTERS = 0x04
ILLEGAL_ADDRESS = 0x02
REQUEST_BYTES = 8

Answer = Callable[[bytes], bytes | None]
"""What is sent instead of a sound frame, given that; None: nothing."""


def crc16(frame: bytes) -> bytes:
    crc = 0xFFFF
    for byte in frame:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc.to_bytes(2, "little")


def sdm120(power_w: float) -> dict[int, int]:
    """Voltage at 0x0000, active power at 0x000C: IEEE 754, high word first."""
    volts, watts = struct.pack(">f", 230.0), struct.pack(">f", power_w)
    high, low = struct.unpack(">2H", watts)
    return dict(enumerate(struct.unpack(">2H", volts))) | {0x0C: high, 0x0D: low}


def pzem004t(power_w: float) -> dict[int, int]:
    """0.1 V, 1 mA and 0.1 W, each of the latter in two registers, low word first."""
    tenths = round(power_w * 10)
    return {0: 2300, 1: 500, 2: 0, 3: tenths & 0xFFFF, 4: tenths >> 16}


def pzem017(power_w: float) -> dict[int, int]:
    """0.01 V, 0.01 A, then 0.1 W in two registers, low word first."""
    tenths = round(power_w * 10)
    return {0: 2400, 1: 50, 2: tenths & 0xFFFF, 3: tenths >> 16}


class Line:
    """A serial line with meters by their units; `spoil` turns their frames into something else."""

    def __init__(self, meters: dict[int, dict[int, int]]) -> None:
        self.meters = meters
        self.spoil: Answer = lambda frame: frame
        self.requests = 0
        self._master, self._slave = os.openpty()
        tty.setraw(self._master)
        self.port = os.ttyname(self._slave)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Pull the plug."""
        os.close(self._slave)
        os.close(self._master)
        self._thread.join(10.0)

    def _serve(self) -> None:
        request = b""
        with suppress(OSError):
            while data := os.read(self._master, 64):
                request += data
                if len(request) >= REQUEST_BYTES:
                    self.requests += 1
                    answer = self._answer(request[:REQUEST_BYTES])
                    spoiled = None if answer is None else self.spoil(answer)
                    request = b""
                    if spoiled is not None:
                        os.write(self._master, spoiled)

    def _answer(self, request: bytes) -> bytes | None:
        unit, function, address, count = struct.unpack(">BBHH", request[:6])
        meter = self.meters.get(unit)
        if meter is None or crc16(request[:6]) != request[6:]:
            return None
        wanted = range(address, address + count)
        if function != READ_INPUT_REGISTERS or not all(register in meter for register in wanted):
            return framed(bytes([unit, function | 0x80, ILLEGAL_ADDRESS]))
        words = struct.pack(f">{count}H", *(meter[register] for register in wanted))
        return framed(bytes([unit, function, len(words)]) + words)


def framed(body: bytes) -> bytes:
    return body + crc16(body)
