"""What an HLK-LD2410 says, after Hi-Link's "Serial communication protocol" V1.02.

Ten times a second: F4 F3 F2 F1, the length of the data in two bytes, the data, F8 F7 F6 F5. Data:
its type (2 basic, 1 engineering, which says more behind), AA, target state (0 nobody, 1 moving,
2 still, 3 both), distance in cm in two bytes and energy (0 to 100) of the moving target, the same
of the still one, a detection distance, then 55 00. Numbers come low byte first.

There is no checksum, so everything that is known of a frame is compared.
"""

import struct
from typing import NamedTuple

HEADER = bytes.fromhex("f4f3f2f1")
FOOTER = bytes.fromhex("f8f7f6f5")
ENGINEERING, BASIC = 1, 2
HEAD, TAIL = 0xAA, bytes.fromhex("5500")
BASIC_BYTES = 13
MOST_BYTES = 64
"""Engineering data have 35 bytes, some firmware's a few more."""
TARGET = struct.Struct("<BBBHBHBH")
MOVING, STILL = 1, 2
HIGHEST_STATE = MOVING | STILL
HIGHEST_ENERGY = 100
_BEFORE_DATA = len(HEADER) + 2


class RadarReport(NamedTuple):
    """Targets that the module sees: the distance of each in metres, None where there is none."""

    moving_m: float | None
    still_m: float | None


def parse(received: bytes) -> tuple[list[RadarReport], bytes]:
    """Give the reports in what was received, and the rest that may be the begin of another.

    The rest belongs before what is received next; it is shorter than a frame can be. What is no
    sound frame is passed over, byte by byte, so that a frame within it is found.
    """
    reports: list[RadarReport] = []
    at = 0
    while (begin := received.find(HEADER, at)) >= 0:
        data_at = begin + _BEFORE_DATA
        length = int.from_bytes(received[data_at - 2 : data_at], "little")
        end = data_at + length + len(FOOTER)
        if len(received) < data_at or (length <= MOST_BYTES and len(received) < end):
            return reports, received[begin:]
        report = _report(received[data_at : data_at + length])
        if report is not None and received[end - len(FOOTER) : end] == FOOTER:
            reports.append(report)
            at = end
        else:
            at = begin + 1
    return reports, _begun_header(received[at:])


def _begun_header(received: bytes) -> bytes:
    sizes = range(len(HEADER) - 1, 0, -1)
    return next((HEADER[:size] for size in sizes if received.endswith(HEADER[:size])), b"")


def _report(data: bytes) -> RadarReport | None:
    """Read a frame's data, None if they are not sound."""
    if not BASIC_BYTES <= len(data) <= MOST_BYTES or data[-len(TAIL) :] != TAIL:
        return None
    kind, head, state, moving_cm, moving_energy, still_cm, still_energy, _ = TARGET.unpack_from(
        data
    )
    is_sound = (
        (kind == ENGINEERING or (kind == BASIC and len(data) == BASIC_BYTES))
        and head == HEAD
        and state <= HIGHEST_STATE
        and max(moving_energy, still_energy) <= HIGHEST_ENERGY
    )
    if not is_sound:
        return None
    return RadarReport(
        moving_cm / 100.0 if state & MOVING else None, still_cm / 100.0 if state & STILL else None
    )
