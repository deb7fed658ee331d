"""A real controller that idles at night: start time, memory and processor time."""

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).parent.parent
NODE_FILE = ROOT / "config" / "nodes" / "kanalpromenade-n1.toml"
SETTLED_S = 60.0
WATCHED_S = 60.0
START_LIMIT_S = 30.0


@dataclass(frozen=True, slots=True)
class Idle:
    """What an idle node needs. `cpu_share` is the share of one core."""

    start_s: float
    cpu_share: float
    memory_mb: float


def idle_node() -> Idle:
    """Run a node of eleven lamps on a virtual board for two minutes, nobody there.

    The clock is trusted; whether that means day or night, an idle node does the same: it sleeps.
    """
    with tempfile.TemporaryDirectory() as directory:
        environment = os.environ | {
            "GPIOZERO_PIN_FACTORY": "cyclelight_sim",
            "CYCLELIGHT_BOARD": f"{directory}/board",
            "CYCLELIGHT_STATE_DIR": f"{directory}/state",
            "CYCLELIGHT_CLOCK__TRUST": "kernel",
            "CYCLELIGHT_MQTT__HOST": "127.0.0.1",
        }
        log_file = Path(directory) / "log"
        begun_s = time.monotonic()
        with log_file.open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "controller", "run", "--node", str(NODE_FILE)],
                env=environment,
                stderr=log,
            )
        try:
            while b"lamps_under_control" not in log_file.read_bytes():
                if process.poll() is not None or time.monotonic() > begun_s + START_LIMIT_S:
                    raise RuntimeError(f"the node did not start:\n{log_file.read_text()}")
                time.sleep(0.01)
            start_s = time.monotonic() - begun_s
            time.sleep(SETTLED_S)
            return _watched(psutil.Process(process.pid), start_s)
        finally:
            process.terminate()
            process.wait()


def _watched(process: psutil.Process, start_s: float) -> Idle:
    before, begun_s = process.cpu_times(), time.monotonic()
    time.sleep(WATCHED_S)
    after, elapsed_s = process.cpu_times(), time.monotonic() - begun_s
    busy_s = after.user + after.system - before.user - before.system
    return Idle(start_s, busy_s / elapsed_s, process.memory_info().rss / 1e6)
