"""A night on real kernel pins, to be run where they are: prints what it saw as one line of JSON.

The kernel's gpio-sim stands for the Pi: `pull` of a line is what is wired to it, `value` its level.
"""

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

from tests.system.live import LAMP_PINS, MOTION_PINS, Town

LINES = Path("/sys/devices/platform/gpio-sim.0/gpiochip0")
LIMIT_S = 40.0
SAMPLES = 400
LONGEST_PAUSE_S = 0.002
SLOW_ENOUGH_TO_SAMPLE = {f"CYCLELIGHT_LAMPS__{x}__FREQUENCY_HZ": "100" for x in ("L1", "L2")}
"""Edges and samples both fall on this kernel's ticks of 1 ms: a period must be many of them."""


def put(pin: int, level: int) -> None:
    """Drive a line from outside: a sensor's output, or the pull resistor of a lamp's wiring."""
    (LINES / f"sim_gpio{pin}" / "pull").write_text("pull-up" if level else "pull-down")


def duty(pin: int) -> float:
    """Sample a line at irregular times; return the share of the time that it is high."""
    line = LINES / f"sim_gpio{pin}" / "value"
    high = 0
    for _ in range(SAMPLES):
        high += int(line.read_text())
        time.sleep(random.uniform(0.0, LONGEST_PAUSE_S))  # noqa: S311  against aliasing only
    return high / SAMPLES


def until(wanted: Callable[[float], bool], *pins: int) -> list[float]:
    """Return the duties of the pins as soon as each is as wanted, or the last ones in time."""
    deadline_s = time.monotonic() + LIMIT_S
    while True:
        duties = [duty(pin) for pin in pins]
        if all(map(wanted, duties)) or time.monotonic() > deadline_s:
            return duties


def dim(share: float) -> bool:
    """Whether that is about the base level, 10 %, and not half way down."""
    return share < 0.3


def bright(share: float) -> bool:
    return share > 0.9


def daemon(folder: Path) -> subprocess.Popen[bytes]:
    """Start `cyclelight run` and wait until it has the lamps."""
    log = folder / "n1.log"
    seen = _controlled(log)
    with log.open("ab") as stream:
        process = subprocess.Popen(
            [sys.executable, "-m", "controller", "run", "--node", str(folder / "n1.toml")],
            env=os.environ | {"GPIOZERO_PIN_FACTORY": "lgpio"} | SLOW_ENOUGH_TO_SAMPLE,
            stderr=stream,
        )
    deadline_s = time.monotonic() + LIMIT_S
    while _controlled(log) == seen and process.poll() is None and time.monotonic() < deadline_s:
        time.sleep(0.05)
    return process


def _controlled(log: Path) -> int:
    return log.read_text().count("lamps_under_control") if log.exists() else 0


def night(folder: Path) -> dict[str, object]:
    """Walk by, kill the daemon, start it again, walk by again."""
    seen: dict[str, object] = {}
    for pin in LAMP_PINS:
        put(pin, 1)
    for pin in MOTION_PINS:
        put(pin, 0)
    seen["before"] = [duty(pin) for pin in LAMP_PINS]
    first = daemon(folder)
    seen["base"] = until(dim, *LAMP_PINS)
    put(MOTION_PINS[0], 1)
    seen["somebody"] = until(bright, LAMP_PINS[0])
    put(MOTION_PINS[0], 0)
    seen["gone"] = until(dim, *LAMP_PINS)
    first.kill()
    first.wait()
    seen["killed"] = [duty(pin) for pin in LAMP_PINS]
    second = daemon(folder)
    seen["base_again"] = until(dim, *LAMP_PINS)
    put(MOTION_PINS[1], 1)
    seen["somebody_again"] = until(bright, LAMP_PINS[1])
    second.send_signal(signal.SIGTERM)
    seen["exit_status"] = second.wait(LIMIT_S)
    seen["stopped"] = [duty(pin) for pin in LAMP_PINS]
    seen["log"] = (folder / "n1.log").read_text()
    return seen


async def main() -> None:
    with tempfile.TemporaryDirectory() as directory:
        async with AsyncExitStack() as stack:
            Town(Path(directory), stack).write_files(port=None, nodes=1)
        print(json.dumps(night(Path(directory))))  # noqa: T201  the test reads it


if __name__ == "__main__":
    asyncio.run(main())
