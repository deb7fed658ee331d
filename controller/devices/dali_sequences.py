"""What is said to DALI gear, as sequences of commands (IEC 62386-102, -207, -209; DiiA 252, 253).

They run on any line, and on simulated gear.
"""

from decimal import Decimal
from typing import Any

from dali.address import GearAddress, GearGroup, GearShort
from dali.command import Command
from dali.exceptions import DALIError
from dali.gear.colour import (
    QueryColourTypeFeatures,
    QueryGearFeaturesStatus,
    SetTemporaryColourTemperature,
    StoreGearFeaturesStatus,
)
from dali.gear.general import (
    DAPC,
    DTR0,
    DTR1,
    QueryActualLevel,
    QueryControlGearPresent,
    QueryExtendedFadeTime,
    QueryFadeTimeFadeRate,
    QueryGroupsEightToFifteen,
    QueryGroupsZeroToSeven,
    QueryPowerOnLevel,
    QueryStatus,
    QuerySystemFailureLevel,
    SetExtendedFadeTime,
    SetFadeTime,
    SetPowerOnLevel,
    SetSystemFailureLevel,
)
from dali.gear.led import QueryDimmingCurve, SelectDimmingCurve
from dali.memory import diagnostics, energy
from dali.sequences import QueryDeviceTypes

from controller.devices.dali_levels import MASK, MOST
from controller.devices.dali_line import Sequence
from controller.devices.gear import GearError, Status

LED_MODULES, COLOUR_CONTROL = 6, 8
LOGARITHMIC = 0
AUTO_ACTIVATION = 1
GROUPS_PER_QUERY = 8

BANKS = {
    "energy_wh": energy.ActiveEnergy,
    "power_w": energy.ActivePower,
    "gear_on_s": diagnostics.ControlGearOperatingTime,
    "gear_starts": diagnostics.ControlGearStartCounter,
    "gear_celsius": diagnostics.ControlGearTemperature,
    "light_on_s": diagnostics.LightSourceOnTime,
    "light_celsius": diagnostics.LightSourceTemperature,
}
"""What is read of the memory banks 202 (energy), 205 and 206 (diagnostics)."""


def asked(query: Command) -> Sequence[int]:
    """Return the answer to a query, asked twice if need be. Raises GearError."""
    raw = None
    for _ in range(2):
        raw = (yield query).raw_value
        if raw is not None and not raw.error:
            return int(raw.as_integer)
    cause = "no_answer" if raw is None else "answers_collide"
    raise GearError(cause, f"{query}: {cause.replace('_', ' ')}")


def in_group(address: int, group: int) -> Sequence[bool]:
    """Say whether there is gear at a short address that belongs to a group."""
    gear = GearShort(address)
    if not (yield QueryControlGearPresent(gear)).value:
        return False
    low = group < GROUPS_PER_QUERY
    query = QueryGroupsZeroToSeven if low else QueryGroupsEightToFifteen
    members = yield from asked(query(gear))
    return bool(members >> group % GROUPS_PER_QUERY & 1)


def prepared(address: int) -> Sequence[bool]:
    """Make sure that a gear lights whenever power or bus fail. Raises GearError.

    What it has already is not written again: its memory wears. Return whether it can be tuned:
    its colour temperature set.
    """
    gear = GearShort(address)
    yield from _kept(QueryPowerOnLevel(gear), MOST, SetPowerOnLevel(gear), "power_on_level")
    failure = SetSystemFailureLevel(gear)
    yield from _kept(QuerySystemFailureLevel(gear), MOST, failure, "system_failure_level")
    yield from _at_once(gear)
    types = yield from _device_types(gear)
    if LED_MODULES in types:
        curve = SelectDimmingCurve(gear)
        yield from _kept(QueryDimmingCurve(gear), LOGARITHMIC, curve, "dimming_curve")
    tunable = COLOUR_CONTROL in types and bool((yield QueryColourTypeFeatures(gear)).Tc_capable)
    if tunable and not (yield QueryGearFeaturesStatus(gear)).auto_activation_enabled:
        yield DTR0(AUTO_ACTIVATION)
        yield StoreGearFeaturesStatus(gear)
    return tunable


def _at_once(gear: GearAddress) -> Sequence[None]:
    """Let fade time 0 mean no fade: later gear takes its extended fade time then (-102:2014, 9.5).

    Earlier gear does not know of it, and does not answer.
    """
    extended = (yield QueryExtendedFadeTime(gear)).raw_value
    if extended is not None and not extended.error and extended.as_integer:
        yield DTR0(0)
        yield SetExtendedFadeTime(gear)


def _device_types(gear: GearAddress) -> Sequence[list[int]]:
    try:
        types: list[int] = yield from QueryDeviceTypes(gear)
    except DALIError as error:
        raise GearError("no_answer", f"device types: {error}") from error
    return types


def _kept(query: Command, wanted: int, store: Command, what: str) -> Sequence[None]:
    """Store a value through DTR0 if the gear has another one, and verify it. Raises GearError."""
    if (yield from asked(query)) == wanted:
        return
    yield DTR0(wanted)
    yield store
    known = yield from asked(query)
    if known != wanted:
        text = f"{what.replace('_', ' ')} stays {known} instead of {wanted}"
        raise GearError(f"{what}_refused", text)


def levelled(
    address: GearAddress, arc: int, register: int | None, mired: int | None
) -> Sequence[None]:
    """Begin a fade to a level and, if `mired` is given, to a colour temperature.

    `register`: the fade time to store first, None where the gear has it. The colour is set as a
    temporary one, which the level activates, so that both fade together (IEC 62386-209).
    """
    if register is not None:
        yield DTR0(register)
        yield SetFadeTime(address)
    if mired is not None:
        low, high = mired.to_bytes(2, "little")
        yield DTR0(low)
        yield DTR1(high)
        yield SetTemporaryColourTemperature(address)
    yield DAPC(address, arc)


def examined(address: int) -> Sequence[Status]:
    """Ask a gear how it is. Raises GearError."""
    gear = GearShort(address)
    bits = yield from asked(QueryStatus(gear))
    level = yield from asked(QueryActualLevel(gear))
    times = yield from asked(QueryFadeTimeFadeRate(gear))
    return Status.of(bits, None if level == MASK else level, times >> 4)


def banks_read(address: int) -> Sequence[dict[str, float]]:
    """Read energy and diagnostics as far as the gear has them."""
    gear, known = GearShort(address), {}
    for name, value in BANKS.items():
        try:
            read: Any = yield from value.read(gear)
        except DALIError:
            continue  # it has no such bank
        if isinstance(read, int | Decimal):
            known[name] = float(read)
    return known


def address_of(*, short: int | None, group: int | None) -> GearAddress:
    """Return what python-dali calls the address of one gear or of a group."""
    return GearShort(short) if group is None else GearGroup(group)
