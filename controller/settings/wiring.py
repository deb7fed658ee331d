"""How lamps and sensors are wired to a node: one model a kind, told apart by `kind`."""

from typing import Annotated, Literal

from pydantic import Field

from controller.settings.shape import Table

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
    bus: int = Field(default=1, ge=0, le=22, description="the number of /dev/i2c-N, usually 1")
    address: Literal[0x23, 0x5C] = Field(
        default=0x23, description="0x23 with the ADDR pin low, 0x5C with it high"
    )
    interval_s: float = Field(
        default=30, ge=1, le=600, description="seconds between two readings, 1 to 600"
    )


LampWiring = Annotated[PwmLamp | Unwired, Field(discriminator="kind")]
MotionWiring = Annotated[PinMotion | Unwired, Field(discriminator="kind")]
LightWiring = Annotated[Bh1750Light | Unwired, Field(discriminator="kind")]
