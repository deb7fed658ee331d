"""The load for `bench.broker`: a process that plays as many nodes as it is told."""

import asyncio
import itertools
import multiprocessing
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

from bench.wire import ignore, opened, publication
from controller.broker_roles.roles import node_login
from controller.core.path import Path
from controller.core.site import build_site
from controller.mqtt.topics import Topics
from tests.brokers.authority import Authority

# What a node of eleven lamps says in the busiest hour of a winter night on the Kanalpromenade
# (traffic a5-winter, seed 1), a second, and how long it is. A quarter hour comes on top.
RATES_PER_S = {"state": 0.50, "lamp": 0.75, "passage": 0.54, "interval": 1 / 900}
BYTES = {"state": 1300, "lamp": 50, "passage": 100, "interval": 2000}
MESSAGES_PER_S = sum(RATES_PER_S.values())

PROBED = 2
"""So many nodes of the first path are left to who takes the time."""
_TICK_S = 0.01
_CYCLE = 2000


@contextmanager
def playing(paths: list[Path], authority: Authority, port: int) -> Iterator[Connection]:
    """Play nodes in a process: a number sets how many, None asks what share got through."""
    ours, theirs = multiprocessing.Pipe()
    players = multiprocessing.Process(
        target=lambda: asyncio.run(_play(theirs, paths, authority, port)), daemon=True
    )
    players.start()
    yield ours
    players.kill()
    players.join()


async def _play(orders: Connection, paths: list[Path], authority: Authority, port: int) -> None:
    everything = f"cyclelight/v1/{paths[0].tenant}/+/+"
    readable = [
        f"{everything}/state",
        f"{everything}/lamp/+/state",
        f"{everything}/energy/interval",
    ]
    hears = {"town": readable}
    hears |= {"house": [x.replace("/+/+", f"/{p.id}/+", 1) for p in paths for x in readable[:2]]}
    listening = []
    for name, filters in hears.items():
        reader, _ = await opened(port, authority.files(name), filters)
        listening.append(asyncio.create_task(ignore(reader)))
    writers, cycles = [], []
    for path, node in list(itertools.product(paths, paths[0].nodes))[PROBED:]:
        beside = build_site(path, node.id).heard_nodes
        passages = [Topics(path.tenant, path.id, one).passage for one in beside]
        files = authority.files(node_login(path, node.id))
        reader, writer = await opened(port, files, passages)
        listening.append(asyncio.create_task(ignore(reader)))
        writers.append(writer)
        cycles.append(_cycle(Topics(path.tenant, path.id, node.id)))
    while True:
        nodes = await asyncio.to_thread(orders.recv)
        orders.send(await _send(orders, writers, cycles, nodes * MESSAGES_PER_S))


def _cycle(topics: Topics) -> list[bytes]:
    """Return what a node says, in the mix of the night and in no order."""
    made = {
        "state": publication(topics.state, b"s" * BYTES["state"], qos=1, retained=True),
        "passage": publication(topics.passage, b"p" * BYTES["passage"], qos=0, retained=False),
        "interval": publication(
            topics.energy_interval, b"i" * BYTES["interval"], qos=1, retained=False
        ),
    }
    lamps = [
        publication(topics.lamp_state(f"L{number}"), b"l" * BYTES["lamp"], qos=1, retained=True)
        for number in range(11)
    ]
    rng = random.Random(topics.node)  # noqa: S311 a load, nothing secret
    kinds = rng.choices(list(RATES_PER_S), list(RATES_PER_S.values()), k=_CYCLE)
    return [rng.choice(lamps) if kind == "lamp" else made[kind] for kind in kinds]


async def _send(
    orders: Connection,
    writers: list[asyncio.StreamWriter],
    cycles: list[list[bytes]],
    messages_per_s: float,
) -> float:
    """Send evenly from all nodes until told to stop; return the share that left this process."""
    begun_s, sent, size = time.monotonic(), 0, 0
    while not orders.poll():
        await asyncio.sleep(_TICK_S)
        due = int((time.monotonic() - begun_s) * messages_per_s / len(writers))
        for writer, cycle in zip(writers, cycles, strict=True):
            packets = b"".join(cycle[number % _CYCLE] for number in range(sent, due))
            size += len(packets)
            writer.write(packets)
        sent = due
    orders.recv()
    waiting = sum(writer.transport.get_write_buffer_size() for writer in writers)
    return 1.0 - waiting / max(size, 1)
