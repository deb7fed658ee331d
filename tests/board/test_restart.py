import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from firmware_sim.board.factory import BOARD_VARIABLE
from tests.board.fixtures import LIMIT_S, Client

DAEMON = Path(__file__).with_name("small_daemon.py")


@contextmanager
def daemon_at(path: Path, duty: float) -> Iterator[subprocess.Popen[str]]:
    environment = os.environ | {
        BOARD_VARIABLE: str(path),
        "GPIOZERO_PIN_FACTORY": "cyclelight_sim",
    }
    command = [sys.executable, str(DAEMON), str(duty)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def says(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_killing_the_daemon_lights_its_lamps_and_a_new_one_knows_the_inputs(
    board_path: Path, outside: Client
) -> None:
    with daemon_at(board_path, 0.1) as first:
        assert says(first) == "motion 0"
        assert [outside.receive()["duty"] for _ in range(2)] == [1.0, 0.1]
        before_s = time.monotonic()
        first.kill()
        left = outside.receive()
    assert {key: left[key] for key in ("pin", "duty", "driven")} == {
        "pin": 12,
        "duty": 1.0,
        "driven": False,
    }
    assert before_s <= left["at"] <= time.monotonic()

    outside.send({"pin": 17, "value": 1})
    outside.so_far()
    with daemon_at(board_path, 0.2) as second:
        assert says(second) == "motion 1"
        assert [outside.receive()["duty"] for _ in range(2)] == [1.0, 0.2]


def end_board_at(path: Path) -> None:
    """End the board that a daemon started, which nobody here is the parent of."""
    boards = [process for process in psutil.process_iter() if str(path) in _command_of(process)]
    for process in boards:
        process.terminate()
    assert psutil.wait_procs(boards, LIMIT_S) == (boards, [])
    assert len(boards) == 1


def _command_of(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_a_board_that_the_daemon_started_outlives_it(board_path: Path) -> None:
    with daemon_at(board_path, 0.1) as process:
        assert says(process) == "motion 0"
    outside = Client(board_path)
    while (last := outside.receive())["duty"] != 1.0:
        pass
    assert last["driven"] is False
    outside.close()
    end_board_at(board_path)
    assert not board_path.exists()
