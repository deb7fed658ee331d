"""A DALI bus with control gear, written from the standard (IEC 62386-102, -207, -209; DiiA 252).

The gear decodes the bits of forward frames by itself, so that it shares nothing with what is
tested. A bus delivers a frame to every gear; answers at the same time collide. Time moves when a
test says so.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from dali.frame import BackwardFrame, BackwardFrameError

from controller.devices.dali_line import Result, Sequence

YES = 0xFF
COLLISION = -1
# Opcodes of standard commands (table 15) and address bytes of special ones (table 16).
SET_FAILURE, SET_POWER_ON, SET_FADE_TIME, SET_EXTENDED = 0x2C, 0x2D, 0x2E, 0x30
TWICE = {SET_FAILURE, SET_POWER_ON, SET_FADE_TIME, SET_EXTENDED, 0xE3, 0xF3}
EXTENDED_UNITS_S = (0.0, 0.1, 1.0, 10.0, 60.0)
EXTENDED = 0xE0
DTR0, ENABLE_DEVICE_TYPE, DTR1, DTR2 = 0xA3, 0xC1, 0xC3, 0xC5


@dataclass
class FakeGear:
    """One control gear. `level` 0 to 254; a fade runs until `fade_ends_s`."""

    short: int
    groups: frozenset[int] = frozenset()
    types: tuple[int, ...] = (6,)
    banks: dict[int, list[int | None]] = field(default_factory=dict)
    level: int = 254
    least: int = 85
    most: int = 254
    power_on: int = 254
    failure: int = 254
    fade_register: int = 0
    extended: int | None = 0
    curve: int = 0
    mired: int = 250
    temporary_mired: int = 0xFFFF
    auto_activation: bool = True
    tc_capable: bool = True
    lamp_fails: bool = False
    gear_fails: bool = False
    restarted: bool = False
    cut: bool = False
    silent: bool = False
    stubborn: frozenset[int] = frozenset()
    fade_ends_s: float = 0.0
    dtr: list[int] = field(default_factory=lambda: [0, 0, 0])
    stored: int = 0
    types_to_come: list[int] = field(default_factory=list)

    def hears(self, address: int) -> bool:
        """Whether an address byte without its lowest bit means this gear (7.2.2)."""
        if address & 0x80 == 0:
            return address >> 1 == self.short
        if address & 0xE0 == 0x80:
            return address >> 1 & 0x0F in self.groups
        return address & 0xFE == 0xFE

    def power_cut(self) -> None:
        """Mains off and on: the power-on level and colour, and the bit that tells of it."""
        self.level, self.restarted, self.fade_ends_s = self.power_on, True, 0.0
        self.mired = 250

    def special(self, address: int, data: int) -> None:
        if address in (DTR0, DTR1, DTR2):
            self.dtr[(DTR0, DTR1, DTR2).index(address)] = data

    def direct(self, power: int, now_s: float) -> None:
        """DIRECT ARC POWER CONTROL (9.7.2), which also activates a colour (-209, 9.12)."""
        if power == 255:
            return
        wanted = power if power == 0 else max(self.least, min(self.most, power))
        self.cut, self.restarted = wanted != power, False
        fade_s = self._fade_s()
        self.fade_ends_s = now_s + fade_s if wanted != self.level else now_s
        self.level = wanted
        if self.auto_activation and self.temporary_mired != 0xFFFF:
            self.mired, self.temporary_mired = self.temporary_mired, 0xFFFF

    def _fade_s(self) -> float:
        """The fade time, for 0 the extended one, which gear of the first edition lacks (9.5)."""
        if self.fade_register:
            return 0.5 * 2.0 ** (self.fade_register / 2)
        multiplier, base = divmod(self.extended or 0, 16)
        return EXTENDED_UNITS_S[multiplier] * (base + 1)

    def command(self, opcode: int, device_type: int, now_s: float) -> int | None:
        """A standard command; those to be sent twice come once, the bus has seen to that."""
        if opcode in self.stubborn:
            return None
        if opcode in (SET_FAILURE, SET_POWER_ON, SET_FADE_TIME, SET_EXTENDED):
            self._store(opcode)
            return None
        if opcode >= EXTENDED:
            return self._extended(opcode, device_type)
        if opcode in (0xC0, 0xC1):
            eight = 0 if opcode == 0xC0 else 8
            return sum(1 << group - eight for group in self.groups if 0 <= group - eight < 8)
        queries: dict[int, Callable[[], int | None]] = {
            0x90: lambda: self._status(now_s),
            0x91: lambda: YES,
            0x99: self._first_type,
            0xA0: lambda: self.level,
            0xA3: lambda: self.power_on,
            0xA4: lambda: self.failure,
            0xA5: lambda: self.fade_register << 4 | 7,
            0xA8: lambda: self.extended,
            0xA7: lambda: self.types_to_come.pop(0),
            0xC5: self._memory,
        }
        return queries[opcode]() if opcode in queries else None

    def _store(self, opcode: int) -> None:
        self.stored += 1
        value = self.dtr[0]
        if opcode == SET_FAILURE:
            self.failure = value
        elif opcode == SET_POWER_ON:
            self.power_on = value
        elif opcode == SET_EXTENDED:
            self.extended = None if self.extended is None else value
        else:
            self.fade_register = min(15, value)

    def _status(self, now_s: float) -> int:
        bits = (
            *(self.gear_fails, self.lamp_fails, self.level > 0, self.cut),
            *(now_s < self.fade_ends_s, False, False, self.restarted),
        )
        return sum(bit << n for n, bit in enumerate(bits))

    def _first_type(self) -> int:
        self.types_to_come = []
        if len(self.types) > 1:
            self.types_to_come = [*self.types, 254]
            return 255
        return self.types[0] if self.types else 254

    def _memory(self) -> int | None:
        bank = self.banks.get(self.dtr[1], [])
        here, self.dtr[0] = self.dtr[0], min(255, self.dtr[0] + 1)
        return bank[here] if here < len(bank) else None

    def _extended(self, opcode: int, device_type: int) -> int | None:
        if device_type not in self.types:
            return None
        match device_type, opcode:
            case 6, 0xE3:
                self.curve = self.dtr[0]
            case 6, 0xEE:
                return self.curve
            case 8, 0xE7:
                self.temporary_mired = self.dtr[1] << 8 | self.dtr[0]
            case 8, 0xF3:
                self.auto_activation = bool(self.dtr[0] & 1)
            case 8, 0xF7:
                return int(self.auto_activation)
            case 8, 0xF9:
                return 2 if self.tc_capable else 0
        return None


@dataclass
class FakeBus:
    """Delivers forward frames, and keeps them. `disturbed`: so many answers are garbled."""

    gear: list[FakeGear]
    now_s: float = 0.0
    frames: list[int] = field(default_factory=list)
    disturbed: int = 0
    _device_type: int = 0
    _before: int = -1

    def frame(self, bits: int) -> int | None:
        """Deliver 16 bits; return the answer, None for none, COLLISION for garbled ones."""
        self.frames.append(bits)
        address, data = bits >> 8, bits & 0xFF
        repeated, self._before = bits == self._before, bits
        device_type, self._device_type = self._device_type, 0
        listening = [gear for gear in self.gear if not gear.silent]
        if address & 0xE0 in (0xA0, 0xC0) and address & 1:
            if address == ENABLE_DEVICE_TYPE:
                self._device_type = data
            for gear in listening:
                gear.special(address, data)
            return None
        heard = [gear for gear in listening if gear.hears(address & 0xFE)]
        if address & 1 == 0:
            for gear in heard:
                gear.direct(data, self.now_s)
            return None
        if data in TWICE:
            if not repeated:
                self._device_type = device_type
                return None
            self._before = -1
        answers = [gear.command(data, device_type, self.now_s) for gear in heard]
        return self._answer([x for x in answers if x is not None])

    def _answer(self, answers: list[int]) -> int | None:
        if not answers:
            return None
        if len(answers) > 1 or self.disturbed:
            self.disturbed = max(0, self.disturbed - 1)
            return COLLISION
        return answers[0]


@dataclass
class FakeLine:
    """A DaliLine at a fake bus. `unplugged`: the interface is gone."""

    bus: FakeBus
    unplugged: bool = False
    closed: int = 0

    def run(self, sequence: Sequence[Result]) -> Result:
        response: Any = None
        while True:
            try:
                command = sequence.send(response)
            except StopIteration as end:
                result: Result = end.value
                return result
            if self.unplugged:
                raise OSError("the interface is gone")
            if command.devicetype:
                self.bus.frame(ENABLE_DEVICE_TYPE << 8 | command.devicetype)
            bits = int.from_bytes(command.frame.pack, "big")
            answer = self.bus.frame(bits)
            if command.sendtwice:
                answer = self.bus.frame(bits)
            response = None if command.response is None else command.response(as_frame(answer))

    def close(self) -> None:
        self.closed += 1


def as_frame(answer: int | None) -> BackwardFrame | None:
    if answer is None:
        return None
    return BackwardFrameError(255) if answer == COLLISION else BackwardFrame(answer)
