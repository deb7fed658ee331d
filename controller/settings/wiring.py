"""How lamps, sensors and meters are wired to a node: one model a kind, told apart by `kind`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from controller.settings.shape import Identifier, Table

DEFAULT_PWM_HZ = 1250
"""IEEE 1789-2015: a fully modulated light is at low risk from 1.25 kHz (0.08 % per Hz).

Not higher, because each edge of lgpio's software PWM costs the Pi a system call; lgpio ends at
10 kHz.
"""

Pin = Annotated[
    int, Field(ge=0, le=27, description="a GPIO in BCM numbering, 0 to 27 (not the header's pin)")
]
ActiveHigh = Annotated[
    bool, Field(description="true if the pin's high level means light, or motion; else false")
]


I2cBusNumber = Annotated[int, Field(ge=0, le=22, description="the number of /dev/i2c-N, usually 1")]

Baud = Literal[1200, 2400, 4800, 9600, 19200, 38400]
MOST_METERED = 200


class Unwired(Table):
    """Named in the path file and not wired yet, on purpose."""

    kind: Literal["none"]


class PwmLamp(Table):
    """A lamp whose driver is dimmed by a pulse-width modulated pin."""

    kind: Literal["gpio_pwm"]
    pin: Pin
    frequency_hz: int = Field(
        default=DEFAULT_PWM_HZ, ge=100, le=10_000, description="whole hertz, 100 to 10000"
    )
    active_high: ActiveHigh = True


class PinMotion(Table):
    """A motion sensor with a switching output: PIR or radar."""

    kind: Literal["gpio"]
    pin: Pin
    active_high: ActiveHigh = True
    debounce_s: float = Field(
        default=0.05, ge=0.001, le=1, description="seconds a level must last to count, 0.001 to 1"
    )


class Bh1750Light(Table):
    """A BH1750 light sensor on an I2C bus."""

    kind: Literal["bh1750"]
    bus: I2cBusNumber = 1
    address: Literal[0x23, 0x5C] = Field(
        default=0x23, description="0x23 with the ADDR pin low, 0x5C with it high"
    )
    interval_s: float = Field(
        default=30, ge=1, le=600, description="seconds between two readings, 1 to 600"
    )


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
    port: str = Field(
        min_length=1, max_length=255, description='the serial port, like "/dev/ttyUSB0"'
    )
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


LampWiring = Annotated[PwmLamp | Unwired, Field(discriminator="kind")]
MotionWiring = Annotated[PinMotion | Unwired, Field(discriminator="kind")]
LightWiring = Annotated[Bh1750Light | Unwired, Field(discriminator="kind")]
MeterWiring = Annotated[Ina226Meter | ModbusMeter | Unwired, Field(discriminator="kind")]
