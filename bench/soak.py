"""`python -m bench.soak --minutes 60`: real controllers through people and faults, hour after hour.

Three controllers on virtual boards with a real mosquitto. People ride past all the time; now and
then the broker is restarted, the third controller is killed as by a power cut, or the second stands
still for some seconds. Memory, file descriptors and threads of the first two, which live through
all of it, are told every minute; at the end they must be what they were. Whoever comes to a sensor
of the first controller must have light in time, each time.
"""

import argparse
import asyncio
import random
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from pathlib import Path as FilePath
from statistics import fmean
from typing import Any, NamedTuple

import psutil

from tests.support.broker import Mosquitto
from tests.system.live import LAMP_PINS, MOTION_PINS, Node, Town

PAUSE_S = 4.0
FAULT_EVERY_S = 45.0
STANDSTILL_S = 6.0
AWAY_S = 5.0
RECORD_S = 15.0
SAMPLE_S = 60.0
LIGHT_WITHIN_S = 1.5
"""The fade takes 1 s of it; a machine that is busy may need the rest."""
LIT_DUTY = 0.9
KEPT_LINES = 1000
TRACEBACK, KEPT_CHARACTERS = "Traceback", 3000
MOST_GROWTH = 0.03
"""By how much memory may be more in the last quarter of the time than in the second."""


class Sample(NamedTuple):
    """What a process has."""

    rss_mb: float
    descriptors: int
    threads: int


class Soak:
    """What is going on, and what came out of it."""

    def __init__(self, nodes: Sequence[Node], broker: Mosquitto, seed: int) -> None:
        """Take three nodes that run."""
        self.nodes = nodes
        self.broker = broker
        self.random = random.Random(seed)  # noqa: S311 which fault comes next
        self.samples: list[list[Sample]] = []
        self.riders = 0
        self.wrong: list[str] = []
        self.faults: dict[str, int] = {}

    async def ride(self) -> None:
        """Let people ride past all sensors, one after the other, again and again."""
        while True:
            for node in self.nodes:
                for pin in MOTION_PINS:
                    await self._come(node, pin)
            self.riders += 1
            for node in self.nodes:
                del node.board.said[:-KEPT_LINES]
            await asyncio.sleep(PAUSE_S)

    async def _come(self, node: Node, pin: int) -> None:
        came_s = node.board.put(pin=pin, value=1)
        if node is self.nodes[0]:  # it is never harmed
            await asyncio.sleep(LIGHT_WITHIN_S)
            duty = node.board.duty(LAMP_PINS[MOTION_PINS.index(pin)])
            if duty <= LIT_DUTY:
                self.wrong.append(f"a lamp at {duty:.0%} {time.monotonic() - came_s:.2f} s later")
        else:
            await asyncio.sleep(1.0)
        node.board.put(pin=pin, value=0)

    async def harm(self) -> None:
        """Do harm, now and then."""
        ways: list[Callable[[], Coroutine[Any, Any, None]]] = [self._outage, self._cut, self._still]
        while True:
            await asyncio.sleep(FAULT_EVERY_S)
            way = self.random.choice(ways)
            name = way.__name__.strip("_")
            self.faults[name] = self.faults.get(name, 0) + 1
            await way()

    async def _outage(self) -> None:
        self.broker.stop()
        await asyncio.sleep(AWAY_S)
        await asyncio.to_thread(self.broker.start)

    async def _cut(self) -> None:
        await self.nodes[2].kill()
        await asyncio.sleep(AWAY_S)
        await self.nodes[2].start()

    async def _still(self) -> None:
        if (process := self.nodes[1].process) is not None:
            process.send_signal(signal.SIGSTOP)
            await asyncio.sleep(STANDSTILL_S)
            process.send_signal(signal.SIGCONT)

    async def watch(self) -> None:
        """Look at the first two controllers every minute."""
        processes = [psutil.Process(x.process.pid) for x in self.nodes[:2] if x.process is not None]
        begun_s = time.monotonic()
        while True:
            found = [_sample(process) for process in processes]
            self.samples.append(found)
            told = "; ".join(
                f"{x.rss_mb:.1f} MB, {x.descriptors} descriptors, {x.threads} threads"
                for x in found
            )
            print(f"{(time.monotonic() - begun_s) / 60:4.0f} min: {told}", flush=True)
            await asyncio.sleep(SAMPLE_S)

    def faults_found(self) -> list[str]:
        """Return what was not as it must be. The first quarter is for warming up."""
        found = list(self.wrong)
        for number, samples in enumerate(zip(*self.samples, strict=True), start=1):
            quarter = max(1, len(samples) // 4)
            early, late = samples[quarter : 2 * quarter] or samples, samples[-quarter:]
            growth = fmean(x.rss_mb for x in late) / fmean(x.rss_mb for x in early) - 1.0
            print(f"node {number}: memory grew by {100.0 * growth:+.2f} %")
            if growth > MOST_GROWTH:
                found.append(f"node {number}: memory grew by {100.0 * growth:.1f} %")
            found += [
                f"node {number}: more and more {what}"
                for what in ("descriptors", "threads")
                if min(getattr(x, what) for x in late) > max(getattr(x, what) for x in early)
            ]
        return found


def _last_words(node: Node) -> str:
    """Return the last traceback of a node's log, and some lines of what came after."""
    return TRACEBACK + node.log.rpartition(TRACEBACK)[2][:KEPT_CHARACTERS]


def _sample(process: psutil.Process) -> Sample:
    with process.oneshot():
        rss_mb = process.memory_info().rss / 1e6
        return Sample(rss_mb, process.num_fds(), process.num_threads())


async def soaked(directory: FilePath, broker: Mosquitto, seconds: float, seed: int) -> Soak:
    """Run it for so long."""
    async with AsyncExitStack() as stack:
        town = Town(directory, stack)
        town.write_files(port=broker.port, nodes=3, record_s=RECORD_S)
        nodes = await asyncio.gather(*(town.node(f"n{number}") for number in (1, 2, 3)))
        soak = Soak(nodes, broker, seed)
        async with asyncio.TaskGroup() as tasks:
            going_on = [tasks.create_task(x()) for x in (soak.ride, soak.harm, soak.watch)]
            await asyncio.sleep(seconds)
            for task in going_on:
                task.cancel()
        soak.wrong += [f"{x.name}: {_last_words(x)}" for x in nodes if TRACEBACK in x.log]
        return soak


def main() -> int:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60.0, metavar="N")
    parser.add_argument("--seed", type=int, default=1, metavar="N")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        (broker_directory := FilePath(directory) / "broker").mkdir()
        broker = Mosquitto(broker_directory)
        broker.start()
        try:
            minutes = args.minutes * 60.0
            soak = asyncio.run(soaked(FilePath(directory), broker, minutes, args.seed))
        finally:
            broker.stop()
    happened = ", ".join(f"{count} times {name}" for name, count in sorted(soak.faults.items()))
    print(f"{soak.riders} riders; {happened}")
    found = soak.faults_found()
    print("\n".join(found) or "all as it was")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
