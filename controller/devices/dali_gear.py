"""One DALI lamp as its driver asks for it: a gear of its own, or all gear of a group.

Everything here but `examination` blocks and belongs to the bus' thread.
"""

from collections.abc import Callable, Iterator
from functools import partial

import structlog

from controller.devices.dali_levels import MOST, arc_level, fade_register
from controller.devices.dali_line import DaliLine
from controller.devices.dali_sequences import (
    address_of,
    banks_read,
    examined,
    in_group,
    levelled,
    prepared,
)
from controller.devices.gear import GearError, Status

ADDRESSES = range(64)
MIRED_K = 1e6

log = structlog.get_logger(__name__)


class DaliGear:
    """The gear behind a lamp: `short` 0 to 63, or `group` 0 to 15."""

    def __init__(
        self, lamp: str, line: DaliLine, *, short: int | None = None, group: int | None = None
    ) -> None:
        """Give one of the two addresses."""
        self._lamp, self._line, self._group = lamp, line, group
        self._address = address_of(short=short, group=group)
        self._members = [] if short is None else [short]
        self._tunable: set[int] = set()
        self._arc = MOST
        self._colour_k: float | None = None
        self._register: int | None = None
        self._stored = False

    def set(self, level_pct: float, fade_s: float, colour_k: float | None) -> None:
        """Begin a fade in the gear. Raises OSError."""
        arc = arc_level(level_pct)
        register = fade_register(fade_s, upwards=arc >= self._arc)
        self._stored = self._stored and register == self._register
        self._arc, self._register, self._colour_k = arc, register, colour_k
        self._say()

    def examination(self, *, prepare: bool, diagnose: bool) -> Iterator[Callable[[], str | None]]:
        """Give the steps that find out how the gear is, and prepare it first where that is wanted.

        Between steps other lamps have their turn. Each returns what is wrong in one word, None if
        it finds nothing. Each may raise OSError.
        """
        if prepare:
            yield from self._preparation()
        for member in self._members:
            yield partial(self._check, member)
            if diagnose:
                yield partial(self._diagnose, member)

    def close(self) -> None:
        """Close the line; the next call opens it again."""
        self._stored = False
        self._line.close()

    def _preparation(self) -> Iterator[Callable[[], None]]:
        if self._group is not None:
            self._members = []
            for address in ADDRESSES:
                yield partial(self._look_at, address, self._group)
            if not self._members:
                yield self._nobody
        for member in self._members:
            yield partial(self._prepare, member)
        if self._tunable:
            yield self._say  # the colour, which was left out while nobody knew

    def _look_at(self, address: int, group: int) -> None:
        if self._line.run(in_group(address, group)):
            self._members.append(address)

    def _nobody(self) -> None:
        raise GearError("no_answer", f"no gear belongs to group {self._group}")

    def _prepare(self, member: int) -> None:
        if self._line.run(prepared(member)):
            self._tunable.add(member)

    def _check(self, member: int) -> str | None:
        """Ask a gear how it is. If it is not as it was told to be, it is told again."""
        status = self._line.run(examined(member))
        if status.register != self._register:
            self._stored = False
        if self._astray(status):
            self._say()
        if status.gear_fails:
            return "gear_failure"
        if status.lamp_fails:
            return "lamp_failure"
        return "not_tunable" if self._colour_k is not None and not self._tunable else None

    def _astray(self, status: Status) -> bool:
        """Whether a gear lost its power, or somebody else changed what it was told."""
        if status.restarted or not self._stored:
            return True
        told = status.level is not None and not status.fading and not status.cut
        return told and status.level != self._arc

    def _diagnose(self, member: int) -> None:
        known = self._line.run(banks_read(member))
        log.info("dali_gear", device=self._lamp, address=member, **known)

    def _say(self) -> None:
        """Tell the gear level, fade time and colour, as far as it does not know. Raises OSError."""
        register = None if self._stored else self._register
        mired = round(MIRED_K / self._colour_k) if self._colour_k and self._tunable else None
        self._stored = False
        self._line.run(levelled(self._address, self._arc, register, mired))
        self._stored = True
