"""The daemon with unmodified gpiozero and lgpio on a GPIO character device of a real kernel.

GPIO_SIM_RUN names a program that runs `-- COMMAND ...` where the kernel's gpio-sim stands for the
Pi's pins; see kernel_pins.py for what the command does there.
"""

import json
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
RUN = os.environ.get("GPIO_SIM_RUN")
LIMIT_S = 400.0
BASE = (0.03, 0.3)
"""Around 10 %, as far as samples of a line can tell."""

pytestmark = [
    pytest.mark.skipif(not RUN, reason="GPIO_SIM_RUN names no program that gives a GPIO device"),
    pytest.mark.skipif(find_spec("lgpio") is None, reason="lgpio is not installed"),
]


@pytest.fixture(scope="module")
def seen() -> dict[str, Any]:
    assert RUN is not None
    done = subprocess.run(
        [RUN, "--", sys.executable, "-m", "tests.system.kernel_pins"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    assert lines, f"status {done.returncode}: {done.stdout}"
    found = json.loads(lines[0])
    assert isinstance(found, dict)
    return found


def are_at_base(duties: list[float]) -> bool:
    return all(BASE[0] < duty < BASE[1] for duty in duties)


def test_lines_that_nobody_drives_mean_light(seen: dict[str, Any]) -> None:
    assert seen["before"] == [1.0, 1.0]


def test_a_motion_line_that_rises_raises_the_duty_of_the_lamp_line(seen: dict[str, Any]) -> None:
    assert are_at_base(seen["base"])
    assert seen["somebody"][0] > 0.9
    assert are_at_base(seen["gone"])


def test_a_killed_daemon_leaves_light_and_a_new_one_works_on(seen: dict[str, Any]) -> None:
    assert seen["killed"] == [1.0, 1.0]
    assert are_at_base(seen["base_again"])
    assert seen["somebody_again"][0] > 0.9


def test_it_ends_cleanly_and_leaves_light(seen: dict[str, Any]) -> None:
    assert seen["exit_status"] == 0
    assert seen["stopped"] == [1.0, 1.0]
    events = [json.loads(line)["event"] for line in seen["log"].splitlines()]
    assert events == ["lamps_under_control", "lamps_under_control", "stopped"]
