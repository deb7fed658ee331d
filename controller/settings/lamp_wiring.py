"""How lamps are wired to a node: one model a kind, told apart by `kind`."""

import itertools
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from controller.settings.shape import Table, refusal

DEFAULT_PWM_HZ = 1250
"""IEEE 1789-2015: a fully modulated light is at low risk from 1.25 kHz (0.08 % per Hz).

Not higher, because each edge of lgpio's software PWM costs the Pi a system call; lgpio ends at
10 kHz.
"""

HARDWARE_PWM_HZ = 3000
"""IEEE 1789-2015: from here on even full modulation has no observable effect (0.033 % per Hz)."""
FULL_PCT = 100

Pin = Annotated[
    int, Field(ge=0, le=27, description="a GPIO in BCM numbering, 0 to 27 (not the header's pin)")
]
ActiveHigh = Annotated[
    bool, Field(description="true if the pin's high level means light, or motion; else false")
]


class PwmLamp(Table):
    """A lamp whose driver is dimmed by a pulse-width modulated pin."""

    kind: Literal["gpio_pwm"]
    pin: Pin
    frequency_hz: int = Field(
        default=DEFAULT_PWM_HZ, ge=100, le=10_000, description="whole hertz, 100 to 10000"
    )
    active_high: ActiveHigh = True


class SysfsPwm(Table):
    """A lamp whose driver is dimmed by hardware pulse-width modulation."""

    kind: Literal["sysfs_pwm"]
    device: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._,:-]{0,63}$",
        description='the device of the PWM chip, like "1f00098000.pwm" on a Pi 5 or '
        '"fe20c000.pwm" on a Pi 4: `ls -l /sys/class/pwm/*/device`',
    )
    channel: int = Field(ge=0, le=15, description="the chip's channel, 0 to 15")
    frequency_hz: int = Field(
        default=HARDWARE_PWM_HZ, ge=100, le=100_000, description="whole hertz, 100 to 100000"
    )
    active_high: ActiveHigh = True


Pulsed = Annotated[PwmLamp | SysfsPwm, Field(discriminator="kind")]


def _rising_duty(points: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    if (points[0][0], points[-1][0]) != (0, FULL_PCT):
        problem = f"runs from {points[0][0]:g} to {points[-1][0]:g} % of flux"
        raise refusal(problem, "the first point is at 0, the last at 100")
    for (flux_pct, duty_pct), (more_flux_pct, more_duty_pct) in itertools.pairwise(points):
        if more_flux_pct <= flux_pct:
            raise refusal("is not sorted by flux", "let each point have more than the one before")
        if more_duty_pct < duty_pct:
            hint = "measure again; where less duty is more light, set active_high = false"
            raise refusal("has duty falling while flux rises", hint)
    return points


Percent = Annotated[float, Field(ge=0, le=FULL_PCT)]
DutyPoint = Annotated[tuple[Percent, Percent], Field(strict=False)]


class AnalogueLamp(Table):
    """A lamp whose driver is dimmed with 0-10 V, made of pulse-width modulation by a converter."""

    kind: Literal["analogue"]
    output: Pulsed = Field(description='a table with kind "gpio_pwm" or "sysfs_pwm"')
    calibration: Annotated[tuple[DutyPoint, ...], AfterValidator(_rising_duty)] = Field(
        default=((0.0, 0.0), (FULL_PCT, FULL_PCT)),
        strict=False,
        min_length=2,
        max_length=101,
        description="points of [flux in %, duty in %], from 0 to 100 % of flux",
    )
    least_pct: float = Field(
        default=0, ge=0, le=50, description="the least flux in % that burns steadily, 0 to 50"
    )


class RelayLamp(Table):
    """A lamp that is switched by a relay or contactor."""

    kind: Literal["relay"]
    pin: Pin
    active_high: ActiveHigh = True
    least_on_s: float = Field(
        default=60, ge=0, le=3600, description="seconds it stays on at least, 0 to 3600"
    )


Kelvin = Annotated[float, Field(ge=1500, le=10_000)]
White = Annotated[PwmLamp | SysfsPwm | AnalogueLamp, Field(discriminator="kind")]


class TwoChannelLamp(Table):
    """A lamp with warm and cold white light, each dimmed by itself."""

    kind: Literal["two_channel"]
    warm: White = Field(description="a table for the warm light, with a kind of its own")
    cold: White = Field(description="a table for the cold light, with a kind of its own")
    warm_k: Kelvin = Field(description="the warm light's colour in kelvin, 1500 to 10000")
    cold_k: Kelvin = Field(description="the cold light's colour in kelvin, 1500 to 10000")


class DaliLamp(Table):
    """A lamp whose gear is on a DALI bus."""

    kind: Literal["dali"]
    interface: Literal["tridonic", "daliserver"] = Field(
        description="tridonic: a Tridonic DALI USB; daliserver: what that program serves"
    )
    port: str = Field(
        min_length=1,
        max_length=255,
        description='for tridonic a device like "/dev/dali/daliusb-*", for daliserver "HOST:PORT"',
    )
    short: int | None = Field(
        default=None, ge=0, le=63, description="the gear's short address, 0 to 63"
    )
    group: int | None = Field(
        default=None, ge=0, le=15, description="or the group all of whose gear is the lamp, 0 to 15"
    )
