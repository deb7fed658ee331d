"""From a sensor's edge to the command for its own lamp, and for a neighbour's through the broker.

Three real controllers on virtual boards, and a real mosquitto. Somebody comes up in mid-path, at
the last sensor of the second node, and rides on past the third: the edge lights both nodes' lamps.
Idle first; then with 50 passages a second at the first node, of which its neighbours hear, and a
broker that carries a town's messages beside. `python -m bench.latency` prints the histograms.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path as FilePath
from typing import NamedTuple

from bench.crowded import crowded
from tests.support.broker import Mosquitto
from tests.system.live import LAMP_PINS, MOTION_PINS, Node, Town

SAMPLES = 100
SPACING_M, SPEED_M_S = 10.0, 15.0
HOP_S = SPACING_M / SPEED_M_S
# Commands are to be seen, not fades: lamps are switched. Nobody is slower than the rider.
PROFILE = f"""
[presence]
calm_s = 0.0
slowest_m_s = {SPEED_M_S}
fastest_m_s = {SPEED_M_S}
fade_up_s = 0.0
fade_down_s = 0.0
"""
# As short as can be: the 50 ms that a pulse must last by default come on top, by choice.
DEBOUNCE_S = 0.001
PASSAGES_PER_S = 50.0
BOUNDS_MS = (1, 2, 5, 10, 20, 50, 100, 150)
BAR = 40


class Latencies(NamedTuple):
    """Seconds from the edge, one for each that came: to the own lamp and to the neighbour's."""

    own_s: list[float]
    neighbour_s: list[float]


def measured(samples: int = SAMPLES) -> tuple[Latencies, Latencies]:
    """Return what it takes when nothing else happens, and under load."""
    with tempfile.TemporaryDirectory() as directory:
        (broker_directory := FilePath(directory) / "broker").mkdir()
        broker = Mosquitto(broker_directory)
        broker.start()
        try:
            return asyncio.run(_both(FilePath(directory), broker, samples))
        finally:
            broker.stop()


async def _both(
    directory: FilePath, broker: Mosquitto, samples: int
) -> tuple[Latencies, Latencies]:
    async with AsyncExitStack() as stack:
        town = Town(directory, stack)
        town.write_files(
            port=broker.port,
            nodes=3,
            record_s=900.0,
            spacing_m=SPACING_M,
            profile=PROFILE,
            debounce_s=DEBOUNCE_S,
        )
        nodes = await asyncio.gather(*(town.node(f"n{number}") for number in (1, 2, 3)))
        idle = await _taken(nodes, samples)
        with crowded(broker.port):
            async with _busy(nodes[0]):
                return idle, await _taken(nodes, samples)


@asynccontextmanager
async def _busy(node: Node) -> AsyncIterator[None]:
    """Let people come to the first sensor and leave again, all the time."""

    async def come_and_go() -> None:
        begun_s = time.monotonic()
        for number in range(10**9):
            node.board.put(pin=MOTION_PINS[0], value=number % 2)
            await node.board.writer.drain()
            due_s = begun_s + number / (2.0 * PASSAGES_PER_S)
            await asyncio.sleep(max(0.0, due_s - time.monotonic()))

    coming = asyncio.create_task(come_and_go())
    yield
    coming.cancel()


async def _taken(nodes: Sequence[Node], samples: int) -> Latencies:
    _, second, third = nodes
    found = Latencies([], [])
    own, neighbours = LAMP_PINS[1], LAMP_PINS[0]
    for number in range(samples):
        print(f"\r{number}/{samples} passages ", end="", file=sys.stderr, flush=True)
        await second.board.at_base(own)
        await third.board.at_base(neighbours)
        at_s = await second.passed(MOTION_PINS[1], HOP_S)
        for pin in MOTION_PINS:
            await third.passed(pin, HOP_S)
        found.own_s.append(await second.board.bright(own, at_s) - at_s)
        found.neighbour_s.append(await third.board.bright(neighbours, at_s) - at_s)
    print(file=sys.stderr)
    return found


def report() -> list[str]:
    """Return lines for people."""
    lines = [
        f"pulses of sensors count after {DEBOUNCE_S * 1e3:.0f} ms here; the usual 50 come on top"
    ]
    for when, found in zip(("idle", "under load"), measured(), strict=True):
        for which, times_s in (("own", found.own_s), ("neighbour's", found.neighbour_s)):
            cuts_s = statistics.quantiles(times_s, n=100, method="inclusive")
            name = f"from the edge to the {which} lamp, {when}"
            told = f"median {cuts_s[49] * 1e3:.1f}, p99 {cuts_s[98] * 1e3:.1f} ms"
            lines += [f"{name:44} {told}", *_histogram(times_s)]
    return lines


def _histogram(times_s: Sequence[float]) -> list[str]:
    lines, below = [], 0
    for bound_ms in (*BOUNDS_MS, None):
        within = sum(bound_ms is None or x * 1e3 <= bound_ms for x in times_s)
        name = f"over {BOUNDS_MS[-1]} ms" if bound_ms is None else f"to {bound_ms} ms"
        bar = "#" * round(BAR * (within - below) / len(times_s))
        lines.append(f"    {name:12} {within - below:4} {bar}".rstrip())
        below = within
    return lines


if __name__ == "__main__":
    print("\n".join(report()))
