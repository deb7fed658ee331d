"""Bugs to be found: each takes away one thing that the product is careful about."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from controller import bookkeeping, orders
from controller.bookkeeping import Bookkeeper
from controller.core.effects import FadeLamp
from controller.core.fade import FULL_PCT
from controller.listening import Neighbours
from controller.mqtt.broker import Inbound
from controller.mqtt.outbound import Delivery, Transient, TransientQueue
from controller.outbox import LedgerOutbox
from controller.runner import Runner
from controller.settings.layers import STORED
from controller.store.ledger import Ledger, Totals
from firmware_sim.storm.scenario import ActKind, FaultKind


@dataclass(frozen=True)
class Planted:
    """`plant` puts the bug in; `breaks` is the invariant that finds it.

    It takes a storm with one of each `needs` to find it.
    """

    name: str
    plant: Callable[[pytest.MonkeyPatch], None]
    breaks: frozenset[str]
    needs: tuple[frozenset[FaultKind | ActKind], ...]


RESTARTS = frozenset({FaultKind.CRASH, FaultKind.CRASH_AT_WRITE, FaultKind.STOP})
RECONNECTIONS = frozenset({FaultKind.CUT, FaultKind.BROKER})
DISKS = frozenset({FaultKind.DISK_FAILING, FaultKind.DISK_FULL, FaultKind.DISK_READ_ONLY})


def an_override_begins_anew_after_a_restart(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(orders, "left_s", lambda _order, _moment: 7000.0)


def a_record_that_the_disk_refuses_is_dropped(patch: pytest.MonkeyPatch) -> None:
    offered = Bookkeeper._offered

    async def forgetful(self: Bookkeeper) -> None:
        await offered(self)
        self._pending.clear()

    patch.setattr(Bookkeeper, "_offered", forgetful)


def what_was_not_acknowledged_is_not_sent_again(patch: pytest.MonkeyPatch) -> None:
    following = LedgerOutbox.next

    async def hasty(self: LedgerOutbox) -> Delivery:
        delivery = await following(self)
        if getattr(self, "handed_out", None) is delivery:  # asked for again: the line was cut
            self.delivered(delivery)
            delivery = await following(self)
        self.handed_out = delivery  # type: ignore[attr-defined]
        return delivery

    patch.setattr(LedgerOutbox, "next", hasty)


def passages_are_not_heard_after_a_reconnection(patch: pytest.MonkeyPatch) -> None:
    lost, take = Neighbours.lost, Neighbours._take_passage

    def remembering(self: Neighbours) -> None:
        lost(self)
        self.was_lost = True  # type: ignore[attr-defined]

    def deaf(self: Neighbours, message: Inbound) -> None:
        if not hasattr(self, "was_lost"):
            take(self, message)

    patch.setattr(Neighbours, "lost", remembering)
    patch.setattr(Neighbours, "_take_passage", deaf)


def neighbours_count_as_there_without_a_broker(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Neighbours, "lost", lambda _self: None)


def a_lamp_does_not_take_its_second_command_to_light(patch: pytest.MonkeyPatch) -> None:
    fade = Runner._fade

    def negligent(self: Runner, effect: FadeLamp) -> None:
        told = self.__dict__.setdefault("told", Counter())
        told[effect.lamp] += effect.level_pct == FULL_PCT
        if effect.level_pct < FULL_PCT or told[effect.lamp] != 2:
            fade(self, effect)

    patch.setattr(Runner, "_fade", negligent)


def settings_are_accepted_and_not_kept(patch: pytest.MonkeyPatch) -> None:
    keep = Bookkeeper.keep

    async def careless(self: Bookkeeper, name: str, document: dict[str, object]) -> None:
        if name != STORED:
            await keep(self, name, document)

    patch.setattr(Bookkeeper, "keep", careless)


def totals_begin_anew_with_every_start(patch: pytest.MonkeyPatch) -> None:
    whole = Ledger.totals

    def since_the_start(self: Ledger) -> Totals:
        totals = whole(self)
        if not hasattr(self, "before_wh"):
            self.before_wh = totals.overhead_wh  # type: ignore[attr-defined]
        return Totals(
            totals.duration_s,
            totals.overhead_wh - self.before_wh,  # type: ignore[attr-defined]
            totals.since_utc_s,
            totals.lamps,
        )

    patch.setattr(Ledger, "totals", since_the_start)


def what_waits_to_be_sent_is_not_bounded(patch: pytest.MonkeyPatch) -> None:
    def boundless(self: TransientQueue, message: Transient) -> None:
        self._waiting.append(message)

    patch.setattr(TransientQueue, "put", boundless)


def a_record_is_written_twice_when_several_wait(patch: pytest.MonkeyPatch) -> None:
    add = bookkeeping.Bookkeeper._add

    def again(self: Bookkeeper, pending: object, store: object) -> None:
        add(self, pending, store)  # type: ignore[arg-type]
        if len(self._pending) > 0:
            add(self, pending, store)  # type: ignore[arg-type]

    patch.setattr(Bookkeeper, "_add", again)


PLANTED = (
    Planted(
        "an override begins anew after a restart",
        an_override_begins_anew_after_a_restart,
        frozenset({"orders end"}),
        (frozenset({ActKind.OVERRIDE}), RESTARTS),
    ),
    Planted(
        "a record that the disk refuses is dropped",
        a_record_that_the_disk_refuses_is_dropped,
        frozenset({"records are not lost"}),
        (DISKS,),
    ),
    Planted(
        "what was not acknowledged is not sent again",
        what_was_not_acknowledged_is_not_sent_again,
        frozenset({"records are not lost"}),
        (frozenset({FaultKind.CUT_AT_RECORD}),),
    ),
    Planted(
        "passages are not heard after a reconnection",
        passages_are_not_heard_after_a_reconnection,
        frozenset({"led"}),
        (RECONNECTIONS,),
    ),
    Planted(
        "neighbours count as there without a broker",
        neighbours_count_as_there_without_a_broker,
        frozenset({"what is not known is lit", "led"}),
        (frozenset({FaultKind.BROKER, FaultKind.PARTITION}),),
    ),
    Planted(
        "a lamp does not take its second command to light",
        a_lamp_does_not_take_its_second_command_to_light,
        frozenset({"lamps do what is decided", "seen", "led"}),
        (),
    ),
    Planted(
        "settings are accepted and not kept",
        settings_are_accepted_and_not_kept,
        frozenset({"settings are kept"}),
        (frozenset({ActKind.SETTINGS}),),
    ),
    Planted(
        "totals begin anew with every start",
        totals_begin_anew_with_every_start,
        frozenset({"totals never decrease"}),
        (RESTARTS,),
    ),
    Planted(
        "what waits to be sent is not bounded",
        what_waits_to_be_sent_is_not_bounded,
        frozenset({"queues are bounded"}),
        (frozenset({FaultKind.FLOOD}),),
    ),
    Planted(
        "a record is written twice when several wait",
        a_record_is_written_twice_when_several_wait,
        frozenset({"records are neither lost nor doubled"}),
        (DISKS,),
    ),
)
