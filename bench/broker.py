"""How many nodes one mosquitto carries: as delivered, with TLS and roles, in a night's worst hour.

A process of its own plays nodes, faster and faster, and two programs that hear all they may. This
one tells passages from a node to its neighbour meanwhile, and takes the time.
`python -m bench.broker` prints every step.
"""

import asyncio
import statistics
import struct
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing.connection import Connection
from pathlib import Path as FilePath

import psutil

from bench.broker_load import BYTES, MESSAGES_PER_S, PROBED, playing
from bench.wire import opened, publication, publications
from controller.broker_roles.dynsec import document
from controller.broker_roles.granting import Wish, granted
from controller.broker_roles.roles import node_login
from controller.core.path import Path
from controller.mqtt.topics import Topics
from controller.settings.path import load_path
from tests.brokers.authority import Authority
from tests.brokers.delivered import CERTIFICATES, Delivered
from tests.support.broker import find_program

PATH_FILE = FilePath(__file__).parent.parent / "config" / "paths" / "kanalpromenade.toml"
PATHS = 4

WORST_P99_S = 0.150
"""A cyclist at 30 km/h goes 1.25 m meanwhile."""
LEAST_SHARE = 0.95
FIRST_NODES = 500
MOST_STEPS = 7
STEP_S = 2.0
_SETTLE_S = 0.5
_PROBE_PAUSE_S = 0.005
_TICK_S = 0.01
_STAMP = struct.Struct("!5sd")
_MARK = b"probe"


@dataclass(frozen=True, slots=True)
class Step:
    """What was measured under the load of so many nodes.

    `sent_share`: of what was to be sent; `cpu_share`: of a core, that the broker used, and
    `starved_share`: of the time, that it would have worked if other programs had let it.
    """

    nodes: int
    sent_share: float
    median_s: float
    p99_s: float
    cpu_share: float
    starved_share: float

    @property
    def is_good(self) -> bool:
        """Whether a neighbour hears in time, and the broker takes what there is."""
        return self.p99_s <= WORST_P99_S and self.sent_share >= LEAST_SHARE


def carried(told: Callable[[Step], object] = lambda _: None) -> list[Step]:
    """Double the load until it is too much, and a few times at most; return every step."""
    path = load_path(PATH_FILE)
    paths = [replace(path, id=f"p{number}") for number in range(PATHS)]
    with tempfile.TemporaryDirectory() as directory:
        authority = Authority.found(FilePath(directory) / "authority")
        wishes = [Wish("operator", "town", path.tenant), Wish("homeassistant", "house")]
        grant = granted(paths, wishes)
        for login in grant.logins:
            authority.issue(login.name, name=login.name)
        roles = document(grant.roles, grant.logins, {})
        broker = Delivered(FilePath(directory) / "broker", "town.conf", authority, roles)
        with _running(broker) as (process, port), playing(paths, authority, port) as load:
            return asyncio.run(_measured(paths[0], authority, port, process, load, told))


@contextmanager
def _running(broker: Delivered) -> Iterator[tuple[psutil.Process, int]]:
    """Run a broker that does not log every message."""
    command = [find_program("mosquitto"), "-c", str(broker.configured())]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        while not broker._answers():  # noqa: SLF001 as the tests wait
            time.sleep(_TICK_S)
        yield psutil.Process(process.pid), broker.ports[CERTIFICATES]
        process.terminate()


# --- taking the time ------------------------------------------------------------------------------


async def _measured(  # noqa: PLR0913, PLR0917 what is measured, where and how
    path: Path,
    authority: Authority,
    port: int,
    broker: psutil.Process,
    load: Connection,
    told: Callable[[Step], object],
) -> list[Step]:
    speaker, hearer = (node.id for node in path.nodes[:PROBED])
    topic = Topics(path.tenant, path.id, speaker).passage
    saying = await opened(port, authority.files(node_login(path, speaker)), [])
    hearing = await opened(port, authority.files(node_login(path, hearer)), [topic])
    late_s: list[float] = []
    listening = asyncio.create_task(_listen(hearing[0], late_s))
    steps: list[Step] = []
    for number in range(MOST_STEPS):
        nodes = FIRST_NODES * 2**number
        load.send(nodes)
        await _probe(saying[1], topic, _SETTLE_S)
        late_s.clear()
        before = _scheduled_s(broker)
        await _probe(saying[1], topic, STEP_S)
        after = _scheduled_s(broker)
        load.send(None)
        sent_share = await asyncio.to_thread(load.recv)
        await asyncio.sleep(_SETTLE_S)
        used, starved = ((y - x) / STEP_S for x, y in zip(before, after, strict=True))
        cuts = statistics.quantiles(late_s, n=100) if len(late_s) > 1 else [STEP_S] * 99
        steps.append(Step(nodes, sent_share, cuts[49], cuts[98], used, starved))
        told(steps[-1])
        if not steps[-1].is_good:
            break
    listening.cancel()
    return steps


def _scheduled_s(process: psutil.Process) -> tuple[float, float]:
    """Return how long a process has worked, and how long it was kept from working (Linux)."""
    worked_ns, waited_ns, _ = FilePath(f"/proc/{process.pid}/schedstat").read_text().split()
    return int(worked_ns) / 1e9, int(waited_ns) / 1e9


async def _probe(writer: asyncio.StreamWriter, topic: str, seconds: float) -> None:
    ends_s = time.monotonic() + seconds
    while (now_s := time.monotonic()) < ends_s:
        stamp = _STAMP.pack(_MARK, now_s).rjust(BYTES["passage"])
        writer.write(publication(topic, stamp, qos=0, retained=False))
        await asyncio.sleep(_PROBE_PAUSE_S)


async def _listen(reader: asyncio.StreamReader, late_s: list[float]) -> None:
    async for body in publications(reader):
        mark, sent_s = _STAMP.unpack(body[-_STAMP.size :])
        if mark == _MARK:
            late_s.append(time.monotonic() - sent_s)


def main() -> None:
    """Measure and print."""
    print("   nodes  messages/s    sent   median       p99  broker works  is kept from it")
    carried(
        lambda x: print(
            f"{x.nodes:8} {x.nodes * MESSAGES_PER_S:11.0f} {x.sent_share:7.1%} "
            f"{x.median_s * 1e3:6.1f} ms {x.p99_s * 1e3:6.1f} ms {x.cpu_share:13.0%} "
            f"{x.starved_share:15.0%}",
            flush=True,
        )
    )


if __name__ == "__main__":
    main()
