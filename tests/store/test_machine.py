"""Whatever happens to a ledger, in any order: nothing is lost, nothing counted twice."""

import tempfile
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from unittest import mock

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from controller.store import folding, outbox
from controller.store.store import Store
from tests.shell.fakes import ZONE, record
from tests.store.build import T0, add, rows, sums, total_sums
from tests.store.conftest import MEMORY
from tests.store.test_outbox import Consumer

BATCH = 3
HOUR_S = 3600.0
DAY_S = 24 * HOUR_S


class LedgerMachine(RuleBasedStateMachine):
    """A node that records, sends, crashes and boots anew, and somebody who adds up what arrives."""

    @initialize(
        keep_days=st.sampled_from((1, 1, 400)), most_bytes=st.sampled_from((1, 25_000, 10**8))
    )
    def begin(self, keep_days: int, most_bytes: int) -> None:
        self.patches = ExitStack()
        self.patches.enter_context(mock.patch.object(outbox, "BATCH", BATCH))
        self.patches.enter_context(mock.patch.object(folding, "KEEP_NIGHTS", timedelta(days=40)))
        self.folder = tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None)
        self.bounds = keep_days, most_bytes
        self.store = self.opened()
        self.consumer = Consumer()
        self.boot = 1
        self.now_s = 0.0
        self.offset_s: float | None = None
        self.wh = self.hours = 0.0
        self.records = 0

    def opened(self) -> Store:
        store = Store(Path(self.folder.name), *self.bounds)
        store._db.execute("PRAGMA synchronous = OFF")  # nothing here is a power cut
        return store

    @rule(
        hours=st.sampled_from((0.25, 1.0, 5.0, 30.0)),
        wh=st.integers(0, 9),
        lamp=st.sampled_from(("L1", "L2")),
        baseline=st.sampled_from(("dusk_to_dawn/1", "half_night/2")),
    )
    def closed(self, hours: float, wh: int, lamp: str, baseline: str) -> None:
        self.add(hours, float(wh), lamp, baseline)

    @rule(count=st.integers(4, 12))
    def time_goes_on(self, count: int) -> None:
        for _ in range(count):
            self.add(6.0, 1.0, "L1", "dusk_to_dawn/1")

    def add(self, hours: float, wh: float, lamp: str, baseline: str) -> None:
        closed = record(
            {lamp: wh},
            hours * HOUR_S,
            start_s=self.now_s,
            clock_offset_s=self.offset_s,
            baseline=baseline,
        )
        add(self.store, closed, boot=str(self.boot))
        self.now_s = closed.end_s
        self.wh += wh
        self.hours += hours
        self.records += 1

    @rule(most=st.integers(1, 5), lost=st.integers(0, 3))
    def sent(self, most: int, lost: int) -> None:
        """Some of the last acknowledgements are lost, perhaps all."""
        found = self.store.unsent(most)
        for closed in found:
            self.consumer.take(closed)
        for closed in found[: max(0, len(found) - lost)]:
            self.store.sent(closed.seq)

    @rule()
    def crashed(self) -> None:
        self.store._db.close()
        self.store = self.opened()

    @rule()
    def booted(self) -> None:
        self.crashed()
        self.boot += 1
        self.now_s = 0.0
        self.offset_s = None

    @rule(days=st.sampled_from((-1800, -3, 0, 0, 0, 50, 1800)))
    def clock_said(self, days: int) -> None:
        self.offset_s = T0 + days * DAY_S
        self.store.correct_times(str(self.boot), self.offset_s, ZONE)

    @precondition(lambda self: self.offset_s is not None)
    @rule(step_s=st.sampled_from((-HOUR_S, HOUR_S, 60 * DAY_S)))
    def clock_stepped(self, step_s: float) -> None:
        assert self.offset_s is not None
        self.offset_s += step_s

    @invariant()
    def totals_are_the_sums(self) -> None:
        there = rows(self.store)
        assert sums(there) == total_sums(self.store)
        duration_s, overhead_wh, lamps = sums(there)
        assert duration_s == self.hours * HOUR_S
        assert overhead_wh == 0.25 * self.records
        assert sum(x.active_energy_wh for x in lamps.values()) == self.wh
        assert len({x.seq for x in there}) == len(there)

    @invariant()
    def what_was_delivered_and_may_come_again_is_as_it_was(self) -> None:
        for closed in self.store.unsent(BATCH):
            before = self.consumer.seen.get(closed.seq)
            if before is not None:
                assert (before.duration_s, before.lamps) == (closed.duration_s, closed.lamps)

    def teardown(self) -> None:
        if not hasattr(self, "store"):
            return
        try:
            while found := self.store.unsent(BATCH):
                self.consumer.take(found[0])
                self.store.sent(found[0].seq)
            assert sums(list(self.consumer.seen.values())) == total_sums(self.store)
        finally:
            self.store.close()
            self.folder.cleanup()
            self.patches.close()


LedgerMachine.TestCase.settings = settings(
    max_examples=60,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
TestLedger = LedgerMachine.TestCase
