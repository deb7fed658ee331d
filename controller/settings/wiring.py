"""How lamps, sensors and meters are wired to a node: one model a kind, told apart by `kind`."""

import itertools
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator, Field

from controller.settings.lamp_wiring import (
    ActiveHigh,
    AnalogueLamp,
    DaliLamp,
    Pin,
    PwmLamp,
    RelayLamp,
    SysfsPwm,
    TwoChannelLamp,
)
from controller.settings.shape import Identifier, Table, refusal

I2cBusNumber = Annotated[int, Field(ge=0, le=22, description="the number of /dev/i2c-N, usually 1")]

SerialPort = Annotated[
    str,
    Field(min_length=1, max_length=255, description='the serial port, like "/dev/ttyUSB0"'),
]
RADAR_M = 6.0
"""How far an LD2410 sees at most: eight gates of 0.75 m."""
TargetRange = Annotated[float, Field(le=20)]

LightInterval = Annotated[
    float, Field(ge=1, le=600, description="seconds between two readings, 1 to 600")
]
Lux = Annotated[float, Field(gt=0, le=200_000)]
Ohm = Annotated[float, Field(gt=0, le=1e9)]
LEAST_FALL = 0.99
"""Points nearer to one another than their own error say nothing of the line between them."""
CalibrationPoint = Annotated[tuple[Lux, Ohm], Field(strict=False)]

Baud = Literal[1200, 2400, 4800, 9600, 19200, 38400]
MOST_METERED = 200


class Unwired(Table):
    """Named in the path file and not wired yet, on purpose."""

    kind: Literal["none"]


class PinMotion(Table):
    """A motion sensor with a switching output: PIR or radar."""

    kind: Literal["gpio"]
    pin: Pin
    active_high: ActiveHigh = True
    debounce_s: float = Field(
        default=0.05, ge=0.001, le=1, description="seconds a level must last to count, 0.001 to 1"
    )
    pull: Literal["none", "up", "down"] = Field(
        default="none", description="the Pi's own resistor at the pin, about 50 kOhm; usually none"
    )
    warm_up_s: float = Field(
        default=0,
        ge=0,
        le=600,
        description="seconds after the start in which the sensor says nothing of use, 0 to 600",
    )


class Ld2410Motion(Table):
    """An HLK-LD2410 radar module at a serial port, as it leaves the factory: 256000 baud."""

    kind: Literal["ld2410"]
    port: SerialPort
    moving_m: TargetRange = Field(
        default=RADAR_M, gt=0, description="metres within which who moves counts, above 0 up to 20"
    )
    still_m: TargetRange = Field(
        default=RADAR_M, ge=0, description="metres within which who stands still counts, 0 to 20"
    )


class Bh1750Light(Table):
    """A BH1750 light sensor on an I2C bus."""

    kind: Literal["bh1750"]
    bus: I2cBusNumber = 1
    address: Literal[0x23, 0x5C] = Field(
        default=0x23, description="0x23 with the ADDR pin low, 0x5C with it high"
    )
    interval_s: LightInterval = 30


class Veml7700Light(Table):
    """A VEML7700 light sensor on an I2C bus; its address is always 0x10."""

    kind: Literal["veml7700"]
    bus: I2cBusNumber = 1
    interval_s: LightInterval = 30


def _falling_table(points: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    for (lux, ohm), (brighter_lux, brighter_ohm) in itertools.pairwise(points):
        if brighter_lux <= lux:
            raise refusal("is not sorted by lux", "let each point be brighter than the one before")
        if brighter_ohm > LEAST_FALL * ohm:
            problem = f"has {brighter_ohm:g} ohm at {brighter_lux:g} lx, {ohm:g} at {lux:g} lx"
            raise refusal(problem, "an LDR has less ohms in more light: measure again")
    return points


class Mcp3008Light(Table):
    """An LDR at an MCP3008 converter on SPI bus 0: LDR to the supply, a resistor to ground."""

    kind: Literal["mcp3008"]
    device: Literal[0, 1] = Field(
        default=0, description="0 with the chip's CS at GPIO 8 (CE0), 1 with it at GPIO 7 (CE1)"
    )
    channel: int = Field(ge=0, le=7, description="the chip's input, 0 to 7 for CH0 to CH7")
    r_ohm: Ohm = Field(description="ohms of the resistor from the input to ground")
    calibration: Annotated[tuple[CalibrationPoint, ...], AfterValidator(_falling_table)] = Field(
        strict=False,
        min_length=2,
        max_length=20,
        description="points of [lux, ohms of the LDR], from dark to bright, at least two",
    )
    interval_s: LightInterval = 30


class Metering(Table):
    """What every kind of meter says: what is behind it and how often it is read."""

    lamps: Annotated[tuple[Identifier, ...], Field(max_length=MOST_METERED)] = Field(
        default=(),
        strict=False,
        description="the ids of this node's lamps that draw their power through the meter",
    )
    controller: bool = Field(
        default=False, description="true if this Pi draws its power through the meter too"
    )
    interval_s: float = Field(
        default=5, ge=2, le=30, description="seconds between two readings, 2 to 30"
    )


class Ina226Meter(Metering):
    """An INA226 on an I2C bus, with a shunt in the supply of what it measures: up to 36 V DC."""

    kind: Literal["ina226"]
    bus: I2cBusNumber = 1
    address: int = Field(
        default=0x40, ge=0x40, le=0x4F, description="0x40 to 0x4F, by its pins A0 and A1"
    )
    shunt_ohm: float = Field(
        gt=0, le=10, description="ohms of the shunt resistor, like 0.1 where it is marked R100"
    )
    max_a: float = Field(
        gt=0, le=1000, description="the greatest current through the shunt, in amperes"
    )


class ModbusMeter(Metering):
    """A power meter at a serial port that speaks Modbus RTU."""

    kind: Literal["modbus"]
    port: SerialPort
    unit: int = Field(default=1, ge=1, le=247, description="the meter's own address, 1 to 247")
    model: Literal["sdm120", "pzem", "pzem017"] = Field(
        description="sdm120: Eastron SDM120-Modbus; pzem: PZEM-004T version 3.0; pzem017: for DC"
    )
    baud: Baud = Field(
        default_factory=lambda given: SERIAL_LINES[given["model"]].usual_baud,
        description="bits a second; left out: 2400 for sdm120, 9600 for the others",
    )


class SerialLine(NamedTuple):
    """How a model talks at a serial port."""

    usual_baud: Baud
    stop_bits: int


SERIAL_LINES: Mapping[str, SerialLine] = MappingProxyType(
    {
        "sdm120": SerialLine(2400, 1),
        "pzem": SerialLine(9600, 1),
        "pzem017": SerialLine(9600, 2),
    }
)


LampWiring = Annotated[
    PwmLamp | SysfsPwm | AnalogueLamp | RelayLamp | TwoChannelLamp | DaliLamp | Unwired,
    Field(discriminator="kind"),
]
MotionWiring = Annotated[PinMotion | Ld2410Motion | Unwired, Field(discriminator="kind")]
LightWiring = Annotated[
    Bh1750Light | Veml7700Light | Mcp3008Light | Unwired, Field(discriminator="kind")
]
MeterWiring = Annotated[Ina226Meter | ModbusMeter | Unwired, Field(discriminator="kind")]
