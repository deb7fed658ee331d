"""Orders outlive a restart, never their expiry."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from controller.core.arbitration import OrderedLevel
from controller.core.events import EmergencyDeclared, Event, OverrideOrdered
from controller.core.moment import Moment
from controller.core.state import State
from controller.inbox import Inbox
from controller.orders import (
    EMERGENCY,
    STORED,
    Order,
    OrderKeeper,
    boot_id,
    left_s,
    orders_document,
    orders_in_force,
    stored_orders,
)
from controller.store.store import StoreError
from tests.core.build import NIGHT, settled
from tests.shell.fakes import Clock, until

BOOT = "this-boot"
AFTER_REBOOT = "next-boot"


def ordered(**overrides: float) -> State:
    """A state with overrides of 40 % until so many seconds."""
    orders = {lamp: OrderedLevel(40.0, until_s) for lamp, until_s in overrides.items()}
    return settled().state._replace(overrides=orders)


@dataclass
class Books:
    """Notes what is kept; its disk can fail."""

    kept: list[dict[str, object]] = field(default_factory=list)
    fault: str = ""

    async def keep(self, name: str, document: Mapping[str, object]) -> None:
        assert name == STORED
        if self.fault:
            raise StoreError(self.fault)
        self.kept.append(json.loads(json.dumps(document)))


@dataclass
class Desk:
    """An order keeper with what surrounds it."""

    waiting: list[Order] = field(default_factory=list)
    clock: Clock = field(default_factory=Clock)
    books: Books = field(default_factory=Books)
    boot: str = BOOT

    def __post_init__(self) -> None:
        self.inbox = Inbox()
        self.keeper = OrderKeeper(
            self.waiting,
            settled().state,
            inbox=self.inbox,
            books=self.books,  # type: ignore[arg-type] # all that it uses
            moment=self.clock.moment,
            boot=self.boot,
        )

    async def given_back(self) -> list[Event]:
        events = []
        while (event := await self.inbox.get(0.0)) is not None:
            events.append(event)
        return events


def test_orders_are_kept_with_both_clocks() -> None:
    state = ordered(L05=700.0)._replace(emergency_until_s=900.0)
    orders = orders_in_force(state, Moment(100.0, NIGHT + 100.0))
    assert orders == [
        Order("L05", 40.0, 700.0, NIGHT + 700.0),
        Order(EMERGENCY, 100.0, 900.0, NIGHT + 900.0),
    ]
    document = json.loads(json.dumps(orders_document(orders, BOOT)))
    assert stored_orders(document, BOOT) == orders
    undated = orders_in_force(state, Moment(100.0, None))
    assert [order.until_utc_s for order in undated] == [None, None]


def test_the_monotonic_clock_of_another_boot_means_nothing() -> None:
    document = orders_document([Order("L05", 40.0, 700.0, NIGHT)], BOOT)
    assert stored_orders(document, AFTER_REBOOT) == [Order("L05", 40.0, None, NIGHT)]
    nameless = orders_document([Order("L05", 40.0, 700.0, NIGHT)], "")
    assert stored_orders(nameless, "") == [Order("L05", 40.0, None, NIGHT)]


@pytest.mark.parametrize(
    "document",
    [
        None,
        {},
        {"orders": 1},
        {"orders": [1, None, {}, {"lamp": 1, "level_pct": 1, "mono_s": 1, "utc_s": 1}]},
        {"orders": [{"lamp": "L05", "level_pct": "x", "mono_s": 1, "utc_s": 1}]},
    ],
)
def test_what_is_no_order_is_left_out(document: dict[str, object] | None) -> None:
    with capture_logs():
        assert stored_orders(document, BOOT) == []


NOW = Moment(1000.0, NIGHT)


@pytest.mark.parametrize(
    ("order", "moment", "seconds"),
    [
        (Order("L05", 40.0, 1600.0, None), NOW, 600.0),
        (Order("L05", 40.0, 1600.0, NIGHT + 5.0), NOW, 600.0),  # the same boot: no clock needed
        (Order("L05", 40.0, 900.0, None), NOW, -100.0),
        (Order("L05", 40.0, None, NIGHT + 60.0), NOW, 60.0),
        (Order("L05", 40.0, None, NIGHT - 60.0), NOW, -60.0),
        (Order("L05", 40.0, None, NIGHT + 60.0), Moment(1000.0, None), None),
        (Order("L05", 40.0, None, None), NOW, 0.0),
    ],
)
def test_how_long_an_order_still_holds(order: Order, moment: Moment, seconds: float | None) -> None:
    assert left_s(order, moment) == seconds


def test_a_boot_has_a_name() -> None:
    assert boot_id() == boot_id() != ""


async def test_after_a_restart_orders_go_on_for_the_time_they_had_left() -> None:
    desk = Desk(
        [
            Order("L05", 40.0, 700.0, NIGHT + 700.0),
            Order("L06", 0.0, 50.0, NIGHT + 50.0),
            Order(EMERGENCY, 100.0, 900.0, None),
        ]
    )
    desk.clock.now_s = 100.0
    desk.keeper.restore()
    assert await desk.given_back() == [
        OverrideOrdered(("L05",), 40.0, 600.0),
        EmergencyDeclared(800.0),
    ]


async def test_after_a_reboot_without_a_clock_orders_wait_for_it() -> None:
    desk = Desk([Order("L05", 40.0, None, NIGHT + 600.0)], clock=Clock(utc_at_zero_s=None))
    for _ in range(3):
        desk.keeper.restore()
        assert await desk.given_back() == []
    desk.clock.utc_at_zero_s = NIGHT
    desk.clock.now_s = 200.0
    desk.keeper.restore()
    desk.keeper.restore()
    assert await desk.given_back() == [OverrideOrdered(("L05",), 40.0, 400.0)]


async def test_what_waits_is_over_when_an_operator_orders_anew() -> None:
    waiting = [
        Order("L05", 40.0, None, NIGHT + 600.0),
        Order("L06", 40.0, None, NIGHT + 600.0),
        Order(EMERGENCY, 100.0, None, NIGHT + 600.0),
    ]
    desk = Desk(waiting, clock=Clock(utc_at_zero_s=None))
    desk.keeper.superseded(("L05",))
    desk.keeper.superseded((EMERGENCY,))
    desk.clock.utc_at_zero_s = NIGHT
    desk.keeper.restore()
    assert await desk.given_back() == [OverrideOrdered(("L06",), 40.0, 600.0)]


@given(
    until_s=st.floats(1.0, 86400.0),
    downtime_s=st.floats(0.0, 1e6),
    reboots=st.booleans(),
    clock=st.booleans(),
)
def test_no_order_outlives_its_expiry_by_a_restart(
    until_s: float, downtime_s: float, *, reboots: bool, clock: bool
) -> None:
    order = orders_in_force(ordered(L05=until_s), Moment(0.0, NIGHT))
    boot = AFTER_REBOOT if reboots else BOOT
    (again,) = stored_orders(json.loads(json.dumps(orders_document(order, BOOT))), boot)
    mono_s = 5.0 if reboots else downtime_s
    left = left_s(again, Moment(mono_s, NIGHT + downtime_s if clock else None))
    if left is not None:
        assert downtime_s + left <= until_s + 1e-3
    else:
        assert reboots
        assert not clock


# keeping


async def kept(desk: Desk, state: State) -> list[dict[str, object]]:
    """What is in the store after a change."""
    task = asyncio.create_task(desk.keeper.run())
    number = len(desk.books.kept)
    desk.keeper.changed(state)
    await until(lambda: len(desk.books.kept) > number)
    task.cancel()
    return desk.books.kept


async def test_every_change_is_kept() -> None:
    desk = Desk()
    state = ordered(L05=700.0)
    (document,) = await kept(desk, state)
    assert [order.lamp for order in stored_orders(document, BOOT)] == ["L05"]
    documents = await kept(desk, state._replace(overrides={}))
    assert stored_orders(documents[-1], BOOT) == []


async def test_what_waits_is_kept_too_and_still_waits_after_the_next_restart() -> None:
    desk = Desk(
        [Order("L06", 40.0, None, NIGHT + 600.0)],
        clock=Clock(utc_at_zero_s=None),
        boot=AFTER_REBOOT,
    )
    desk.keeper.restore()
    (document,) = await kept(desk, ordered(L05=700.0))
    assert stored_orders(document, AFTER_REBOOT) == [
        Order("L05", 40.0, 700.0, None),
        Order("L06", 40.0, None, NIGHT + 600.0),
    ]


async def test_what_was_given_back_is_in_the_store_until_it_is_in_force_again() -> None:
    # A kill in between must not lose it: nothing is written before the core has it.
    orders = [Order("L05", 40.0, 700.0, None), Order(EMERGENCY, 100.0, 900.0, None)]
    desk = Desk(orders)
    desk.keeper.restore()
    task = asyncio.create_task(desk.keeper.run())
    desk.keeper.changed(settled().state._replace(announced_seq=99))
    await asyncio.sleep(0.05)
    task.cancel()
    assert desk.books.kept == []
    (document,) = await kept(desk, ordered(L05=700.0)._replace(emergency_until_s=900.0))
    assert [order.lamp for order in stored_orders(document, BOOT)] == ["L05", EMERGENCY]


async def test_what_is_no_order_is_not_written() -> None:
    desk = Desk()
    state = ordered(L05=700.0)
    await kept(desk, state)
    task = asyncio.create_task(desk.keeper.run())
    desk.keeper.changed(state._replace(announced_seq=99))
    await asyncio.sleep(0.05)
    task.cancel()
    assert len(desk.books.kept) == 1


async def test_what_a_full_disk_did_not_take_is_kept_when_it_can_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("controller.orders.RETRY_S", 0.0)
    monkeypatch.setattr("controller.orders.LEAST_PAUSE_S", 0.0)
    desk = Desk()
    desk.books.fault = "the disk is full"
    task = asyncio.create_task(desk.keeper.run())
    with capture_logs() as lines:
        desk.keeper.changed(ordered(L05=700.0))
        await until(lambda: len(lines) > 1)
        desk.books.fault = ""
        await until(lambda: desk.books.kept)
    task.cancel()
    assert {line["event"] for line in lines} == {"orders_not_kept"}
    assert [x.lamp for x in stored_orders(desk.books.kept[0], BOOT)] == ["L05"]
