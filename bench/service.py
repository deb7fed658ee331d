"""The service as systemd runs it: start time, memory and idle load, beside a bare Python process.

The bare process is what no asyncio service in Python can be below: it says that it is ready and
feeds the same watchdog, and nothing else. Both run in the environment that runs this.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).parent.parent
NODE_FILE = ROOT / "config" / "nodes" / "kanalpromenade-n1.toml"
WATCHDOG_S = 15
SETTLED_S = 30.0
WATCHED_S = 60.0
START_LIMIT_S = 60.0

_BARE = f"""
import asyncio, contextlib, os, socket

def say(word):
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    with contextlib.suppress(OSError), sock:
        sock.sendto(word, socket.MSG_DONTWAIT, os.environ["NOTIFY_SOCKET"])

async def main():
    say(b"READY=1")
    while True:
        await asyncio.sleep({WATCHDOG_S / 3})
        say(b"WATCHDOG=1")

asyncio.run(main())
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one process needs: seconds until READY, bytes, and the share of one core when idle."""

    start_s: float
    rss_bytes: int
    pss_bytes: int
    idle_share: float


@dataclass(frozen=True, slots=True)
class Started:
    """A process that has said that it is ready."""

    process: subprocess.Popen[bytes]
    start_s: float


def service_and_bare() -> tuple[Cost, Cost]:
    """Measure the service, eleven lamps on a virtual board and nobody there, and a bare process."""
    service = [sys.executable, "-m", "controller", "run", "--node", str(NODE_FILE)]
    with (
        tempfile.TemporaryDirectory() as directory,
        _started(service, Path(directory)) as node,
        _started([sys.executable, "-c", _BARE], Path(directory)) as bare,
    ):
        time.sleep(SETTLED_S)
        both = (node, bare)
        before = [_busy_s(x.process.pid) for x in both]
        begun_s = time.monotonic()
        time.sleep(WATCHED_S)
        elapsed_s = time.monotonic() - begun_s
        busy = [_busy_s(x.process.pid) - was for x, was in zip(both, before, strict=True)]
        one, other = (_cost(x, s / elapsed_s) for x, s in zip(both, busy, strict=True))
        return one, other


@contextmanager
def _started(command: list[str], folder: Path) -> Iterator[Started]:
    """Start a process as systemd would, and wait for its READY."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified:
        address = folder / f"notify-{len(list(folder.iterdir()))}"
        notified.bind(str(address))
        notified.settimeout(START_LIMIT_S)
        environment = os.environ | {
            "NOTIFY_SOCKET": str(address),
            "WATCHDOG_USEC": str(WATCHDOG_S * 1_000_000),
            "GPIOZERO_PIN_FACTORY": "cyclelight_sim",
            "CYCLELIGHT_BOARD": str(folder / "board"),
            "CYCLELIGHT_STATE_DIR": str(folder / "state"),
            "CYCLELIGHT_MQTT__HOST": "127.0.0.1",
        }
        begun_s = time.monotonic()
        with (folder / "log").open("ab") as log:
            process = subprocess.Popen(command, env=environment, stderr=log)
        try:
            while notified.recv(64) != b"READY=1":
                pass
            start_s = time.monotonic() - begun_s
            yield Started(process, start_s)
        finally:
            process.terminate()
            process.wait()


def _busy_s(pid: int) -> float:
    """Return the processor time of all threads, as the scheduler counts it: to the nanosecond."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def _cost(started: Started, idle_share: float) -> Cost:
    memory = psutil.Process(started.process.pid).memory_full_info()
    return Cost(started.start_s, memory.rss, memory.pss, idle_share)


def report() -> Iterator[str]:
    """Measure and give the lines to print: each figure, and how many times the bare process's."""
    node, bare = service_and_bare()
    rows = (
        ("service: start until READY", node.start_s, bare.start_s, 1e3, "ms"),
        ("service: memory, resident", node.rss_bytes, bare.rss_bytes, 1e-6, "MB"),
        ("service: memory, proportional", node.pss_bytes, bare.pss_bytes, 1e-6, "MB"),
        ("service: idle, share of one core", node.idle_share, bare.idle_share, 100, "%"),
    )
    for name, ours, reference, scale, unit in rows:
        ratio = ours / reference
        yield f"{name:44} {ours * scale:10.3f} {unit:3} {ratio:10.1f} of a bare asyncio process"


if __name__ == "__main__":
    print("\n".join(report()))
