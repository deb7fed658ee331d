"""What storms are made of: virtual time, processes that are stopped, torn disks, a broker."""

import asyncio
from collections.abc import Iterator
from contextvars import Context
from functools import partial
from pathlib import Path
from random import Random

import pytest

from controller.core.effects import RecordEnergy
from controller.mqtt.payloads import OFFLINE
from controller.store.store import FILE_NAME, StoreError
from firmware_sim.storm.broker import MOST_QUEUED, RECEIVE_MAXIMUM, MemoryBroker, Packet, Session
from firmware_sim.storm.clockwork import Clockwork, ProcessClock
from firmware_sim.storm.disk import Disk, DiskFault, NodeStore
from firmware_sim.storm.loop import Life, VirtualLoop, VirtualThread
from firmware_sim.storm.pin import PoleSensor, SensorFault
from tests.shell.fakes import ZONE
from tests.store.build import quarter, seeded

# --- the loop -------------------------------------------------------------------------------------


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    loop = VirtualLoop()
    yield loop
    loop.close()


def test_an_hour_passes_at_once(loop: VirtualLoop) -> None:
    loop.run_until_complete(asyncio.sleep(3600.0))
    assert loop.time() == pytest.approx(3600.0, abs=0.001)


def test_a_loop_with_nothing_to_wait_for_says_so(loop: VirtualLoop) -> None:
    with pytest.raises(RuntimeError, match="nothing is left to happen"):
        loop.run_forever()


def test_what_is_planned_for_the_same_time_happens_in_the_order_of_planning(
    loop: VirtualLoop,
) -> None:
    done: list[int] = []
    for number in range(100):
        loop.call_at(5.0, done.append, number)
    dropped = loop.call_at(5.0, done.append, -1)
    dropped.cancel()
    assert (dropped.cancelled(), dropped.when()) == (True, 5.0)
    loop.call_later(6.0, loop.stop)
    loop.run_forever()
    assert done == list(range(100))


def test_a_call_that_fails_is_told_and_the_others_are_made(loop: VirtualLoop) -> None:
    told, done = list[str](), list[str]()

    def fail() -> None:
        raise ValueError("broken")

    loop.set_exception_handler(lambda _, context: told.append(f"{context['exception']} {context}"))
    loop.call_at(1.0, fail)
    loop.call_at(1.0, done.append, "done")
    loop.call_later(2.0, loop.stop)
    loop.run_forever()
    assert done == ["done"]
    (text,) = told
    assert text.startswith("broken")
    assert "fail" in text
    assert "at 1 s>" in text


async def counting(said: list[float]) -> None:
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(1.0)
        said.append(round(loop.time()))


def test_a_process_that_is_stopped_does_nothing_until_it_goes_on(loop: VirtualLoop) -> None:
    said: list[float] = []
    life = Life("one")
    task = loop.create_task(counting(said), context=life.context)

    async def course() -> None:
        await asyncio.sleep(2.5)
        life.stopped = True
        await asyncio.sleep(5.0)
        assert said == [1, 2]
        life.resume(loop)
        await asyncio.sleep(1.7)
        task.cancel()

    loop.run_until_complete(course())
    assert said == [1, 2, 8, 9]


def test_a_timeout_that_came_together_with_what_was_waited_for_is_forgotten(
    loop: VirtualLoop,
) -> None:
    life, arrived = Life("one"), asyncio.Event()

    async def waiting() -> str:
        async with asyncio.timeout(2.0):
            await arrived.wait()
        await asyncio.sleep(1.0)
        return "arrived"

    async def course() -> str:
        task = loop.create_task(waiting(), context=life.context)
        await asyncio.sleep(1.0)
        life.stopped = True
        arrived.set()
        await asyncio.sleep(5.0)
        life.resume(loop)
        return await task

    assert loop.run_until_complete(course()) == "arrived"


def test_a_process_ends_after_so_many_turns(loop: VirtualLoop) -> None:
    said: list[float] = []
    life = Life("one")
    life.ends_after = 3

    def end() -> None:
        life.stopped = True

    life.on_end = end
    loop.create_task(counting(said), context=life.context)
    loop.call_later(20.0, loop.stop)
    loop.run_forever()
    assert len(said) <= 3
    life.resume(loop)
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.call_later(1.0, loop.stop)
    loop.run_forever()


def test_a_virtual_thread_does_one_job_after_the_other(loop: VirtualLoop) -> None:
    thread, done = VirtualThread(lambda: 2.0), list[tuple[str, float]]()

    def job(name: str) -> str:
        done.append((name, round(loop.time())))
        return name

    async def course() -> list[str]:
        jobs = [loop.run_in_executor(thread, job, name) for name in "abc"]
        assert thread.under_way(loop.time()) is not None
        return await asyncio.gather(*jobs)

    assert loop.run_until_complete(course()) == ["a", "b", "c"]
    assert done == [("a", 2), ("b", 4), ("c", 6)]
    assert thread.under_way(loop.time()) is None


def test_what_a_job_raises_reaches_who_asked(loop: VirtualLoop) -> None:
    def job() -> None:
        raise StoreError("broken")

    async def course() -> None:
        await loop.run_in_executor(VirtualThread(lambda: 0.1), job)

    with pytest.raises(StoreError, match="broken"):
        loop.run_until_complete(course())


# --- clocks ---------------------------------------------------------------------------------------


def test_a_process_that_trusted_the_clock_goes_on_trusting() -> None:
    clocks = Clockwork(1e9, drift=1e-4, skew_s=2.0, up_s=50.0)
    clock = ProcessClock(clocks, lambda: 1000.0)
    mono_s, utc_s = clock.moment()
    assert mono_s == pytest.approx(1050.1)
    assert utc_s == pytest.approx(1e9 + 1002.1)
    clocks.boot(2000.0)
    assert clock.moment().utc_s is not None
    assert ProcessClock(clocks, lambda: 2000.0).moment().utc_s is None
    assert clocks.true_s(clocks.mono_s(2500.0)) == pytest.approx(2500.0)


# --- sensors --------------------------------------------------------------------------------------


def test_a_level_that_changed_while_edges_were_lost_is_read_when_they_are_not(
    loop: VirtualLoop,
) -> None:
    told: list[tuple[object, ...]] = []

    def report(*said: object) -> None:
        told.append((loop.time(), *said))

    rng = Random("sensor")  # noqa: S311 - can be repeated
    pole = PoleSensor("M01", rng, loop=loop, world=Context(), changed=lambda _: told.clear())
    pole.read_by(report)
    for at_s, what in (
        (10.0, partial(pole.see, somebody=True)),
        (12.0, partial(pole.fail, SensorFault.EDGES_LOST)),
        (18.0, partial(pole.see, somebody=False)),
        (18.5, partial(pole.fail, None)),
        (60.0, loop.stop),
    ):
        loop.call_at(at_s, what)
    loop.run_forever()
    ((at_s, *said),) = told  # what was told before the last change is forgotten
    assert said == ["M01", False, pytest.approx(18.0, abs=0.001)]
    assert at_s == pytest.approx(22.0, abs=0.03)  # the next reading of 12 s, 17 s and so on


# --- disks ----------------------------------------------------------------------------------------


class Kept:
    def __init__(self) -> None:
        self.sure: list[float] = []
        self.unsure: list[float] = []

    def opened(self, store: NodeStore) -> None: ...

    def committed(self, record: RecordEnergy, boot: str, *, sure: bool) -> None:
        del boot
        (self.sure if sure else self.unsure).append(record.start_s)


def add(store: NodeStore, number: int) -> None:
    store.add(quarter(number), boot="b", zone=ZONE)


@pytest.mark.parametrize("power_cut", [False, True])
def test_a_kill_in_the_middle_of_a_write_leaves_all_of_it_or_nothing(
    tmp_path: Path, *, power_cut: bool
) -> None:
    kept, there = Kept(), 0
    disk = Disk(tmp_path / "n1", seeded(3), kept)
    whole = set[bool]()
    for number in range(30):
        store = NodeStore(disk)
        assert store.set_aside is None
        assert len(store.entries()) == there
        disk.killed(lambda number=number, store=store: add(store, number), power_cut=power_cut)
        store = NodeStore(disk)
        whole.add(len(store.entries()) > there)
        there = len(store.entries())
        store.close()
        disk.closed()
    assert kept.sure == []
    assert len(kept.unsure) == 30
    assert (False in whole, there < 30) == (True, True)


def test_a_kill_between_writes_leaves_what_was_committed(tmp_path: Path) -> None:
    kept = Kept()
    disk = Disk(tmp_path / "n1", seeded(3), kept)
    add(NodeStore(disk), 1)
    disk.killed(None, power_cut=True)
    assert [begin_s for _, _, begin_s, _ in NodeStore(disk).entries()] == kept.sure
    for store in disk.open_stores:
        store.close()


@pytest.mark.parametrize("fault", list(DiskFault))
def test_a_disk_that_fails_refuses_a_record_and_takes_it_later(
    tmp_path: Path, fault: DiskFault
) -> None:
    kept = Kept()
    disk = Disk(tmp_path / "n1", seeded(1), kept)
    store = NodeStore(disk)
    disk.fail(fault)
    refused = 0
    for number in range(20):
        try:
            add(store, number)
        except StoreError:
            refused += 1
    assert refused > 0
    assert len(store.entries()) == 20 - refused if fault is not DiskFault.FAILING else True
    disk.fail(None)
    add(store, 99)
    assert len(store.entries()) == len(kept.sure) == 21 - refused
    disk.fail(fault)
    if fault is DiskFault.FULL:
        NodeStore(disk).close()
    else:
        with pytest.raises(StoreError, match="disk is"):
            NodeStore(disk)
    store.close()
    assert (tmp_path / "n1" / FILE_NAME).exists()


# --- the broker -----------------------------------------------------------------------------------


def packet(topic: str, payload: bytes = b"x", *, retain: bool = False, qos: int = 1) -> Packet:
    return Packet(topic, payload, retain, qos, "somebody")


def client(heard: list[Packet], will: tuple[str, bytes] | None = None) -> Session:
    return Session("c", will, heard.append, lambda: None)


def test_what_is_retained_is_heard_later_and_marked_as_such() -> None:
    broker, heard = MemoryBroker(lambda _: None), list[Packet]()
    broker.publish(packet("t", b"old", retain=True))
    broker.publish(packet("gone", b"old", retain=True))
    broker.publish(packet("gone", b"", retain=True))
    session = client(heard)
    broker.connect(session)
    broker.subscribe(session, {"t": 1, "gone": 1})
    broker.publish(packet("t", b"new"))
    assert [(x.payload, x.retain) for x in heard] == [(b"old", True), (b"new", False)]


def test_whoever_is_gone_has_a_will_and_whoever_leaves_has_none() -> None:
    broker = MemoryBroker(lambda _: None)
    broker.connect(client([], ("a", OFFLINE)))
    broker.leave("c")
    assert broker.retained == {}
    broker.connect(client([], ("a", OFFLINE)))
    broker.drop("c")
    assert broker.retained["a"].payload == OFFLINE


def test_a_broker_that_goes_down_publishes_no_will_and_may_forget() -> None:
    broker = MemoryBroker(lambda _: None)
    broker.publish(packet("t", retain=True))
    broker.connect(client([], ("a", OFFLINE)))
    broker.halt()
    assert list(broker.retained) == ["t"]
    broker.start(forgetful=True)
    assert broker.retained == {}


def test_a_client_that_does_not_acknowledge_is_sent_so_many_and_no_more() -> None:
    broker, heard = MemoryBroker(lambda _: None), list[Packet]()
    session = client(heard)
    broker.connect(session)
    broker.subscribe(session, {"t": 1})
    for _ in range(RECEIVE_MAXIMUM + MOST_QUEUED + 5):
        broker.publish(packet("t"))
    assert (len(heard), broker.overflown) == (RECEIVE_MAXIMUM, 5)
    broker.acknowledged(session)
    assert len(heard) == RECEIVE_MAXIMUM + 1
