"""Operators' orders outlive a restart, and never their expiry.

An order ends at a monotonic time. Within one boot of the machine that time still means something
after the controller was started anew; after another boot only the wall clock tells, and until that
can be trusted the order waits.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from controller.bookkeeping import Bookkeeper
from controller.core.events import EmergencyDeclared, Event, OverrideOrdered
from controller.core.fade import FULL_PCT
from controller.core.moment import Moment
from controller.core.state import State
from controller.inbox import Inbox
from controller.settings.documents import Document
from controller.store.store import StoreError

_log = structlog.get_logger()

STORED = "orders"
EMERGENCY = ""
"""Stands for a lamp where an order is an emergency."""
LEAST_PAUSE_S = 1.0
WAIT_FOR_CLOCK_S = 10.0
RETRY_S = 60.0


def boot_id() -> str:
    """Say which boot of the machine this is; empty where the kernel does not tell."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""


@dataclass(frozen=True, slots=True)
class Order:
    """An order as it is kept: of one lamp, or an emergency (`lamp` empty, `level_pct` 100).

    It ends at `until_mono_s` of the present boot, or at `until_utc_s` (POSIX seconds); None is
    unknown.
    """

    lamp: str
    level_pct: float
    until_mono_s: float | None
    until_utc_s: float | None

    def document(self) -> Document:
        """Give the order as a store can keep it."""
        return {
            "lamp": self.lamp,
            "level_pct": self.level_pct,
            "mono_s": self.until_mono_s,
            "utc_s": self.until_utc_s,
        }


def orders_in_force(state: State, moment: Moment) -> list[Order]:
    """Return what operators have ordered, as it can be kept."""

    def order(lamp: str, level_pct: float, until_s: float) -> Order:
        utc_s = None if moment.utc_s is None else moment.utc_s + until_s - moment.mono_s
        return Order(lamp, level_pct, until_s, utc_s)

    found = [order(lamp, x.level_pct, x.until_s) for lamp, x in state.overrides.items()]
    if state.emergency_until_s is not None:
        found.append(order(EMERGENCY, FULL_PCT, state.emergency_until_s))
    return found


def orders_document(orders: Iterable[Order], boot: str) -> Document:
    """Give orders as a store can keep them."""
    return {"boot": boot, "orders": [order.document() for order in orders]}


def stored_orders(document: Mapping[str, object] | None, boot: str) -> list[Order]:
    """Read what `orders_document` gave; what is something else is left out.

    The monotonic times of another boot mean nothing in this one.
    """
    if document is None:
        return []
    same_boot = bool(boot) and document.get("boot") == boot
    entries = document.get("orders")
    found = []
    for one in entries if isinstance(entries, list) else []:
        match one:
            case {
                "lamp": str(lamp),
                "level_pct": int() | float() as level_pct,
                "mono_s": int() | float() | None as mono_s,
                "utc_s": int() | float() | None as utc_s,
            } if 0.0 <= level_pct <= FULL_PCT:
                found.append(Order(lamp, level_pct, mono_s if same_boot else None, utc_s))
            case _:
                _log.error("stored_order_unusable")
    return found


def left_s(order: Order, moment: Moment) -> float | None:
    """Return how long an order still holds; None while that is not known."""
    if order.until_mono_s is not None:
        return order.until_mono_s - moment.mono_s
    if order.until_utc_s is None:
        return 0.0  # nobody can tell any more when it ends, so it has
    return None if moment.utc_s is None else order.until_utc_s - moment.utc_s


class OrderKeeper:
    """Keeps the orders in force in the store, and gives them back after a restart."""

    def __init__(  # noqa: PLR0913 each has a meaning of its own
        self,
        waiting: Collection[Order],
        state: State,
        *,
        inbox: Inbox,
        books: Bookkeeper,
        moment: Callable[[], Moment],
        boot: str,
    ) -> None:
        """Begin with the orders of before the restart, and a state that does not have them yet."""
        self._waiting = list(waiting)
        self._inbox = inbox
        self._books = books
        self._moment = moment
        self._boot = boot
        self._state = state
        self._changed = asyncio.Event()

    def restore(self) -> None:
        """Give back every order of which it is known that it still holds."""
        moment, undated = self._moment(), []
        for order in self._waiting:
            still_s = left_s(order, moment)
            if still_s is None:
                undated.append(order)
            elif still_s > 0.0:
                self._inbox.put(_ordered(order, still_s))
        self._waiting = undated

    def superseded(self, lamps: Collection[str]) -> None:
        """Forget waiting orders of these lamps (`EMERGENCY` among them): there are newer ones."""
        kept = [order for order in self._waiting if order.lamp not in lamps]
        if kept != self._waiting:
            self._waiting = kept
            self._changed.set()

    def changed(self, state: State) -> None:
        """Take the newest state; its orders are kept soon."""
        before, self._state = self._state, state
        dated = state.sky.clock_offset_s is not None
        if (
            dated != (before.sky.clock_offset_s is not None)  # now their end can be told
            or before.overrides is not state.overrides
            or before.emergency_until_s != state.emergency_until_s
        ):
            self._changed.set()

    async def run(self) -> None:
        """Keep every change, for ever; what waits for the clock is asked for now and then."""
        while True:
            try:
                async with asyncio.timeout(WAIT_FOR_CLOCK_S if self._waiting else None):
                    await self._changed.wait()
            except TimeoutError:
                self.restore()
                continue
            self._changed.clear()
            if not await self._keep(self._state):
                self._changed.set()
                await asyncio.sleep(RETRY_S)
            await asyncio.sleep(LEAST_PAUSE_S)

    async def _keep(self, state: State) -> bool:
        """Keep what is in force and what waits; whether the store has it."""
        orders = orders_in_force(state, self._moment()) + self._waiting
        document = orders_document(orders, self._boot)
        try:
            await self._books.keep(STORED, document)
        except StoreError as error:
            _log.error("orders_not_kept", error=str(error))
            return False
        return True


def _ordered(order: Order, still_s: float) -> Event:
    if order.lamp == EMERGENCY:
        return EmergencyDeclared(still_s)
    return OverrideOrdered((order.lamp,), order.level_pct, still_s)
