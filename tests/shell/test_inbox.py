import asyncio
from collections.abc import Callable

from controller.core.events import (
    Event,
    LuxMeasured,
    NeighbourReported,
    PassageHeard,
    TimePassed,
)
from controller.inbox import DEVICE_LIMIT, NETWORK_LIMIT, Inbox
from tests.shell.fakes import LIMIT_S

AT_ONCE_S = 0.0


def lux(value: float) -> LuxMeasured:
    return LuxMeasured("X1", value)


def heard(seq: int) -> PassageHeard:
    return PassageHeard("M1", "b", seq, 0.0, active=True)


def come(node: str) -> NeighbourReported:
    return NeighbourReported(node, online=True)


def gone(node: str) -> NeighbourReported:
    return NeighbourReported(node, online=False)


async def test_events_come_in_the_order_they_arrived() -> None:
    inbox = Inbox()
    for value in range(3):
        inbox.put(lux(value))
    assert [await inbox.get(AT_ONCE_S) for _ in range(3)] == [lux(value) for value in range(3)]


async def test_own_devices_come_before_the_network() -> None:
    inbox = Inbox()
    inbox.put_from_network(heard(1))
    inbox.put(lux(1.0))
    inbox.put_from_network(heard(2))
    inbox.put(lux(2.0))
    taken = [await inbox.get(AT_ONCE_S) for _ in range(4)]
    assert taken == [lux(1.0), lux(2.0), heard(1), heard(2)]


async def test_who_is_there_comes_between_own_devices_and_what_is_heard() -> None:
    inbox = Inbox()
    inbox.put_from_network(heard(1))
    inbox.put_neighbour(come("n2"))
    inbox.put(lux(1.0))
    taken = [await inbox.get(AT_ONCE_S) for _ in range(3)]
    assert taken == [lux(1.0), come("n2"), heard(1)]


async def test_the_last_word_on_each_neighbour_survives_any_flood() -> None:
    inbox = Inbox()
    inbox.put(lux(1.0))
    for number in range(DEVICE_LIMIT + NETWORK_LIMIT):
        for node in ("n0", "n2"):
            inbox.put_neighbour(gone(node) if number % 2 else come(node))
        inbox.put_from_network(heard(number))
    inbox.put_neighbour(come("n2"))
    inbox.put(lux(2.0))
    assert [await inbox.get(AT_ONCE_S) for _ in range(4)] == [
        lux(1.0),
        lux(2.0),
        gone("n0"),
        come("n2"),
    ]
    assert await inbox.get(AT_ONCE_S) == heard(DEVICE_LIMIT)
    assert inbox.lost == DEVICE_LIMIT


async def test_a_full_lane_loses_its_oldest_and_says_how_many() -> None:
    inbox = Inbox()
    for value in range(DEVICE_LIMIT + 3):
        inbox.put(lux(value))
    assert inbox.lost == 3
    assert await inbox.get(AT_ONCE_S) == lux(3)
    for _ in range(DEVICE_LIMIT - 1):
        last = await inbox.get(AT_ONCE_S)
    assert last == lux(DEVICE_LIMIT + 2)
    assert await inbox.get(AT_ONCE_S) is None


async def test_a_flood_from_the_network_costs_no_report_of_a_device() -> None:
    inbox = Inbox()
    inbox.put(lux(1.0))
    for seq in range(NETWORK_LIMIT + DEVICE_LIMIT):
        inbox.put_from_network(heard(seq))
    assert inbox.lost == DEVICE_LIMIT
    assert await inbox.get(AT_ONCE_S) == lux(1.0)
    assert await inbox.get(AT_ONCE_S) == heard(DEVICE_LIMIT)


async def test_lanes_that_are_just_full_have_lost_nothing() -> None:
    inbox = Inbox()
    for value in range(DEVICE_LIMIT):
        inbox.put(lux(value))
    for seq in range(NETWORK_LIMIT):
        inbox.put_from_network(heard(seq))
    assert inbox.lost == 0


async def test_a_wait_ends_without_an_event_and_one_without_time_ends_at_once() -> None:
    inbox = Inbox()
    loop = asyncio.get_running_loop()
    began_s = loop.time()
    assert await inbox.get(0.02) is None
    assert loop.time() - began_s > 0.019
    assert await inbox.get(AT_ONCE_S) is None


async def test_an_event_wakes_whoever_waits() -> None:
    inbox = Inbox()
    puts: list[tuple[Event, Callable[[], None]]] = [
        (lux(1.0), lambda: inbox.put(lux(1.0))),
        (gone("n2"), lambda: inbox.put_neighbour(gone("n2"))),
        (heard(1), lambda: inbox.put_from_network(heard(1))),
    ]
    for event, put in puts:
        waiting = asyncio.create_task(inbox.get(LIMIT_S))
        await asyncio.sleep(0)
        assert not waiting.done()
        put()
        assert await waiting == event


async def test_no_wake_up_is_lost_however_putting_and_taking_interleave() -> None:
    inbox, events, got = Inbox(), 500, list[Event]()

    async def take() -> None:
        while len(got) < events:
            event = await inbox.get(LIMIT_S)
            assert event is not None
            got.append(event)

    taking = asyncio.create_task(take())
    for value in range(events):
        (inbox.put if value % 3 else inbox.put_from_network)(lux(value))
        for _ in range(value % 4):
            await asyncio.sleep(0)
    await asyncio.wait_for(taking, LIMIT_S)
    assert set(got) == {lux(value) for value in range(events)}


async def test_an_event_that_arrives_as_the_wait_ends_is_kept_for_the_next() -> None:
    inbox = Inbox()
    loop = asyncio.get_running_loop()
    waiting = asyncio.create_task(inbox.get(0.01))
    loop.call_later(0.01, inbox.put, TimePassed())
    first = await waiting
    assert (first or await inbox.get(LIMIT_S)) == TimePassed()
    assert await inbox.get(AT_ONCE_S) is None


async def test_a_cancelled_wait_takes_nothing_along() -> None:
    inbox = Inbox()
    waiting = asyncio.create_task(inbox.get(LIMIT_S))
    await asyncio.sleep(0)
    inbox.put(lux(1.0))
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    assert await inbox.get(AT_ONCE_S) == lux(1.0)
