"""The lines that cross the board's socket: one JSON object a line, UTF-8, at most 4096 bytes.

From the outside, and from the board to the controller when something changed:
    {"pin": 17, "value": 1}        level of an input, 0 or 1
    {"lux": 12.5}                  illuminance at the light sensor, null: the sensor is gone
    {"power_w": {"L01": 14.2}}     power that a lamp draws ("controller": the node itself), which
                                   the meters measure that it is behind
From the board to the outside, on change and for every known output on connecting:
    {"pin": 12, "duty": 0.35, "at": MONOTONIC_S}                    a pin that is driven
    {"pin": 12, "duty": 1.0, "driven": false, "at": MONOTONIC_S}    a pin that nobody drives
From the controller, which says first that it is one:
    {"hello": "controller"}        answered by {"inputs": {"17": 1}, "lux": 12.5, "power_w": {...}}
    {"pin": 12, "duty": 0.35, "at": MONOTONIC_S}
    {"pin": 12, "driven": false, "at": MONOTONIC_S}
A line that is none of these is answered by {"error": "..."} and changes nothing.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

MAX_LINE_BYTES = 4096
GPIO_PINS = range(28)
MAX_LUX = 200_000.0
MAX_POWER_W = 10_000.0
MAX_AT_S = 1e12
MAX_LAMPS = 64
MAX_NAME_CHARS = 64


class BadLineError(ValueError):
    """A line that is not understood. Its text is meant for whoever sent the line."""


@dataclass(frozen=True, slots=True)
class Hello:
    """The sender is the controller: it drives pins and hears about inputs."""


@dataclass(frozen=True, slots=True)
class InputSet:
    """Something outside puts an input at `value`, 0 or 1."""

    pin: int
    value: int


@dataclass(frozen=True, slots=True)
class LuxSet:
    """Illuminance at the light sensor, None when the sensor is gone."""

    lux: float | None


@dataclass(frozen=True, slots=True)
class PowerSet:
    """Power in watts that some lamps draw."""

    power_w: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class PinDriven:
    """The controller drives a pin with `duty` (0..1, share of time that it is high)."""

    pin: int
    duty: float
    at_s: float


@dataclass(frozen=True, slots=True)
class PinReleased:
    """The controller no longer drives a pin."""

    pin: int
    at_s: float


@dataclass(frozen=True, slots=True)
class Greeting:
    """All that a controller has to know before its first read: levels of inputs by their pins."""

    inputs: Mapping[int, int]
    lux: float | None
    power_w: Mapping[str, float]


OutsideLine = Hello | InputSet | LuxSet | PowerSet
ControllerLine = PinDriven | PinReleased


def encode(message: Mapping[str, object]) -> bytes:
    """Return `message` as one line."""
    return json.dumps(message, separators=(",", ":"), allow_nan=False).encode() + b"\n"


def decode(line: bytes) -> dict[str, object]:
    """Return the JSON object on `line`. Raises BadLineError."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadLineError(f"not JSON: {error}") from error
    if not isinstance(message, dict):
        raise BadLineError('not a JSON object; write for example {"pin": 17, "value": 1}')
    return message


def parse_outside(line: bytes) -> OutsideLine:
    """Read a line of a client that has not said it is the controller. Raises BadLineError."""
    message = decode(line)
    if message == {"hello": "controller"}:
        return Hello()
    told = parse_input(message)
    if told is None:
        raise BadLineError(
            "unknown message; write one of "
            '{"pin": 0..27, "value": 0 or 1}, {"lux": number or null}, {"power_w": {...}}'
        )
    return told


def parse_input(message: Mapping[str, object]) -> InputSet | LuxSet | PowerSet | None:
    """Read what is told of inputs, None if it is of something else. Raises BadLineError."""
    match sorted(message):
        case ["pin", "value"]:
            return InputSet(_pin(message["pin"]), _level(message["value"]))
        case ["lux"]:
            return LuxSet(_lux(message["lux"]))
        case ["power_w"]:
            return PowerSet(_powers(message["power_w"]))
        case _:
            return None


def parse_greeting(message: Mapping[str, object]) -> Greeting:
    """Read the board's answer to a controller's hello. Raises BadLineError."""
    match message:
        case {"inputs": dict(inputs), "lux": lux, "power_w": power_w}:
            levels = {_pin_named(name): _level(value) for name, value in inputs.items()}
            return Greeting(levels, _lux(lux), _powers(power_w))
        case _:
            raise BadLineError('a board answers {"inputs": {...}, "lux": .., "power_w": {...}}')


def parse_controller(line: bytes) -> ControllerLine:
    """Read a line of the controller. Raises BadLineError."""
    message = decode(line)
    match sorted(message):
        case ["at", "duty", "pin"]:
            return PinDriven(
                _pin(message["pin"]),
                _number("duty", message["duty"], 1.0),
                _number("at", message["at"], MAX_AT_S),
            )
        case ["at", "driven", "pin"] if message["driven"] is False:
            return PinReleased(_pin(message["pin"]), _number("at", message["at"], MAX_AT_S))
        case _:
            raise BadLineError(
                'unknown message; a controller writes {"pin": .., "duty": .., "at": ..} '
                'or {"pin": .., "driven": false, "at": ..}'
            )


def _pin(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value not in GPIO_PINS:
        raise BadLineError(f"pin must be a GPIO number, {GPIO_PINS.start} to {GPIO_PINS.stop - 1}")
    return value


def _pin_named(name: str) -> int:
    return _pin(int(name) if name in map(str, GPIO_PINS) else name)


def _level(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value not in (0, 1):
        raise BadLineError("value must be 0 or 1")
    return value


def _number(name: str, value: object, greatest: float) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= greatest:
        return float(value)
    raise BadLineError(f"{name} must be a number from 0 to {greatest:g}")


def _lux(value: object) -> float | None:
    return None if value is None else _number("lux", value, MAX_LUX)


def _powers(value: object) -> dict[str, float]:
    if not isinstance(value, dict) or len(value) > MAX_LAMPS:
        raise BadLineError(f"power_w must be an object of at most {MAX_LAMPS} lamps: watts")
    if any(len(lamp) > MAX_NAME_CHARS for lamp in value):
        raise BadLineError(f"power_w: a lamp's name has at most {MAX_NAME_CHARS} characters")
    return {
        lamp: _number(f"power_w of {lamp}", power, MAX_POWER_W) for lamp, power in value.items()
    }
