"""No closed record is lost or doubled, and totals never decrease."""

import json
from dataclasses import dataclass, field
from math import isclose
from typing import Any

from controller.core.effects import RecordEnergy
from controller.store.records import lamp_sums
from firmware_sim.storm.broker import Packet
from firmware_sim.storm.course import NODE_IDS
from firmware_sim.storm.disk import NodeStore
from firmware_sim.storm.judge.bench import Bench
from firmware_sim.storm.machine import NodeMachine
from firmware_sim.storm.process import Process

IN_FLIGHT_S = 3.0
"""So long after it was closed a record may be lost with a controller that is killed."""
TOLD_S = 10.0
"""So long after it was committed a record is told, if nothing is in the way."""
TOTALS = (
    "active_energy_wh",
    "baseline_wh",
    "overhead_wh",
    "burn_s",
    "bright_s",
    "switches",
)
ROUNDING = 0.01

Key = tuple[str, float, float]
"""(boot, begin, end) of a record, in monotonic seconds of that boot"""


@dataclass(slots=True)
class _Book:
    """One node's records: closed by the running process, kept on the disk, heard by the town."""

    closed: list[tuple[float, Key]] = field(default_factory=list)
    kept: list[Key] = field(default_factory=list)
    doubtful: list[Key] = field(default_factory=list)
    heard: dict[str, bytes] = field(default_factory=dict)
    totals: dict[str, float] = field(default_factory=dict)
    disk_failed: bool = False
    committed_at_s: float = 0.0


class BooksJudge:
    """Keeps a second set of books."""

    def __init__(self) -> None:
        """Begin with empty books, before there is a `bench`."""
        self.bench: Bench
        self._books = {node: _Book() for node in NODE_IDS}

    def keeping(self, node: str) -> "NodeKeeping":
        """Return who watches a node's store."""
        return NodeKeeping(self, node)

    # --- what a process closes --------------------------------------------------------------------

    def began(self, machine: NodeMachine) -> None:
        """See a process begin."""
        book = self._books[machine.node]
        book.closed.clear()
        book.disk_failed = machine.disk.fault is not None

    def disk_failed(self, node: str) -> None:
        """Take note that a disk has begun to fail."""
        self._books[node].disk_failed = True

    def recorded(self, process: Process, machine: NodeMachine, record: RecordEnergy) -> None:
        """See a record that was closed."""
        book = self._books[process.node]
        self.bench.counts["records closed"] += 1
        if book.closed and book.closed[-1][1][2] != record.start_s:
            what = f"{process.node}: a record begins at {record.start_s}"
            self.bench.broken("books", f"{what}, the one before ended at {book.closed[-1][1][2]}")
        book.closed.append((self.bench.now_s, (machine.boot, record.start_s, record.end_s)))

    def ended(self, machine: NodeMachine, how: str) -> None:
        """See a process end: what it had closed is kept, as far as it could be."""
        book = self._books[machine.node]
        if book.disk_failed:
            return
        latest_s = self.bench.now_s - (0.0 if how == "stopped" else IN_FLIGHT_S)
        self._check_kept(machine.node, latest_s)

    def _check_kept(self, node: str, latest_s: float) -> None:
        book = self._books[node]
        there = {*book.kept, *book.doubtful}
        for at_s, key in book.closed:
            if at_s <= latest_s and key not in there:
                what = f"{node}: the record of {key[1]:.1f}-{key[2]:.1f} s was closed at {at_s:.1f}"
                self.bench.broken("records are not lost", f"{what} s and is not kept")

    # --- what the disk keeps ----------------------------------------------------------------------

    def committed(self, node: str, record: RecordEnergy, boot: str, *, sure: bool) -> None:
        """Take note of what is on the disk, or may be."""
        book, key = self._books[node], (boot, record.start_s, record.end_s)
        if key in book.kept:
            what = f"{node}: the record of {key[1]:.1f}-{key[2]:.1f} s is kept a second time"
            self.bench.broken("records are neither lost nor doubled", what)
        (book.kept if sure else book.doubtful).append(key)
        book.committed_at_s = self.bench.now_s
        self.bench.counts["records kept" if sure else "records torn"] += 1

    def opened(self, node: str, store: NodeStore) -> None:
        """Compare a ledger with the books; what was doubtful is there or not from now on."""
        book = self._books[node]
        self.bench.counts["ledgers compared"] += 1
        if store.set_aside is not None:
            self.bench.broken("records are not lost", f"{node}: the store was put aside")
        there = [(boot, begin_s, end_s) for _, boot, begin_s, end_s in store.entries()]
        beyond = there[len(book.kept) :]
        if there[: len(book.kept)] != book.kept or beyond != book.doubtful[: len(beyond)]:
            what = f"{node}: {len(there)} records in the ledger, {len(book.kept)} were kept"
            self.bench.broken("records are neither lost nor doubled", what)
        book.kept, book.doubtful = there, []
        totals = store.totals()
        summed = sum(end_s - begin_s for _, begin_s, end_s in there)
        if not isclose(totals.duration_s, summed, abs_tol=0.01):
            what = f"{node}: totals cover {totals.duration_s:.1f} s, records {summed:.1f} s"
            self.bench.broken("totals are sums", what)

    # --- what the town hears ----------------------------------------------------------------------

    def published(self, node: str, what: str, packet: Packet) -> None:
        """Take what a node tells of energy."""
        if what == "energy/interval":
            self._hear(node, packet.payload)
        elif what == "energy/total":
            self._compare_totals(node, json.loads(packet.payload))

    def _hear(self, node: str, payload: bytes) -> None:
        book, name = self._books[node], json.loads(payload)["id"]
        before = book.heard.get(name)
        self.bench.counts["records told" if before is None else "records told again"] += 1
        if before is not None and before != payload:
            what = f"{node}: record {_numbers([name])} was told as two different ones"
            self.bench.broken("records are told as they are", what)
        book.heard[name] = payload

    def _compare_totals(self, node: str, told: dict[str, Any]) -> None:
        totals = self._books[node].totals
        self.bench.counts["totals told"] += 1
        for name in TOTALS:
            if told[name] < totals.get(name, 0.0):
                what = f"{node}: {name} fell from {totals[name]} to {told[name]}"
                self.bench.broken("totals never decrease", what)
            totals[name] = told[name]

    def look(self, machine: NodeMachine) -> None:
        """Check that after the storm all is kept and told, and adds up."""
        book, node = self._books[machine.node], machine.node
        if self.bench.now_s < book.committed_at_s + TOLD_S:  # just now: give it a moment
            self.bench.world.later(TOLD_S, lambda: self.look(machine))
            return
        self._check_kept(node, self.bench.now_s - IN_FLIGHT_S)
        for store in machine.disk.open_stores[-1:]:
            self.opened(node, store)
            ledger = store.ledger_id
            expected = {f"{ledger}-{seq}" for seq, *_ in store.entries()}
            if missing := sorted(expected - book.heard.keys()):
                what = f"{node}: records {_numbers(missing)} never reached the broker"
                self.bench.broken("records are not lost", what)
            if invented := sorted(book.heard.keys() - expected):
                what = f"{node}: records {_numbers(invented)} were told, the ledger has none"
                self.bench.broken("records are told as they are", what)
            summed = sum(
                x.active_energy_wh
                for record in store.unfolded()
                for x in lamp_sums(record.lamps.values()).values()
            )
            told_wh = book.totals.get("active_energy_wh", 0.0)
            if not isclose(summed, told_wh, abs_tol=ROUNDING):
                what = f"{node}: totals of {told_wh} Wh were told, records add up to {summed:.3f}"
                self.bench.broken("totals are sums", what)


class NodeKeeping:
    """Watches one node's store for the books."""

    def __init__(self, judge: BooksJudge, node: str) -> None:
        """Watch a node."""
        self._judge = judge
        self._node = node

    def opened(self, store: NodeStore) -> None:
        """Compare what was just opened."""
        self._judge.opened(self._node, store)

    def committed(self, record: RecordEnergy, boot: str, *, sure: bool) -> None:
        """Take note of a record."""
        self._judge.committed(self._node, record, boot, sure=sure)


def _numbers(names: list[str]) -> str:
    """Return the numbers of records without the ledger's name, which is drawn by SQLite."""
    return ", ".join(name.rpartition("-")[2] for name in names)
