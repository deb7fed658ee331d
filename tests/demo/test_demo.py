"""The whole demo as a user runs it. Every run checks that no process is left."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import psutil
import pytest

from firmware_sim import cli
from firmware_sim.demo import scene
from tests.support.broker import HOST, free_port

END_S = 60.0
PROCESSES = 2 * len(scene.NODES) + 1
CLOSING = re.compile(
    r"(?P<seconds>\d+) s: all 4 nodes stayed online, (?P<passages>\d+) passages, "
    r"(?P<commands>\d+) lamp commands seen\n"
    r"lamps used (?P<used>[\d.]+) Wh, conventional light (?P<full>[\d.]+) Wh: "
    r"saved (?P<saved>[\d.]+ %|-)\n"
)


class Demo:
    """A running demo whose output is a pipe. Its folder lies in `place`, alone."""

    def __init__(self, place: Path, *arguments: str) -> None:
        self.place = place
        environment = {**os.environ, "TMPDIR": str(place)}
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "firmware_sim.cli", "demo"),
                *("--port", str(free_port()), *arguments),
            ],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._guard = threading.Timer(END_S, self.process.kill)
        self._guard.start()
        self.children: list[psutil.Process] = []

    def wait_for_show(self) -> None:
        """Return when the first moment of the show was told; note the demo's processes."""
        assert self.process.stdout is not None
        while "nodes online" not in (line := self.process.stdout.readline()):
            assert line, f"ended before the show began: {self.end()}"
        self.children = psutil.Process(self.process.pid).children(recursive=True)
        assert len(self.children) == PROCESSES

    def end(self) -> tuple[int, str, str]:
        """Return status, output and errors of the ended demo, which left no process."""
        output, errors = (pipe.read() if pipe else "" for pipe in self._pipes())
        self.process.wait()
        self._guard.cancel()
        assert not [child for child in self.children if child.is_running()]
        return self.process.returncode, output, errors

    def stop(self) -> None:
        """Leave nothing behind whatever a test found out."""
        self._guard.cancel()
        self.process.kill()
        self.process.wait()
        for pipe in self._pipes():
            if pipe is not None:
                pipe.close()
        for child in self.children:
            if child.is_running():
                child.kill()

    def _pipes(self) -> tuple[IO[str] | None, IO[str] | None]:
        return self.process.stdout, self.process.stderr


@pytest.fixture
def demos() -> Iterator[list[Demo]]:
    started: list[Demo] = []
    yield started
    for demo in started:
        demo.stop()


def test_it_ends_by_itself_with_a_summary(tmp_path: Path, demos: list[Demo]) -> None:
    demos.append(demo := Demo(tmp_path, "--seconds", "9", "--broker", "mosquitto"))
    demo.wait_for_show()
    status, output, errors = demo.end()
    assert (status, errors) == (0, "")
    closing = CLOSING.search(output)
    assert closing is not None, output
    assert closing["seconds"] == "9"
    assert int(closing["passages"]) > 0
    assert int(closing["commands"]) > 0
    assert float(closing["saved"].removesuffix("%")) > 0
    assert float(closing["used"]) < float(closing["full"])
    assert "\x1b" not in output
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_cleanly(
    tmp_path: Path, demos: list[Demo], number: signal.Signals
) -> None:
    demos.append(demo := Demo(tmp_path))
    demo.wait_for_show()
    demo.process.send_signal(number)
    status, output, errors = demo.end()
    assert (status, errors) == (0, "")
    assert CLOSING.search(output) is not None, output
    assert list(tmp_path.iterdir()) == []


def test_it_works_with_amqtt_and_keeps_its_folder(tmp_path: Path, demos: list[Demo]) -> None:
    demos.append(demo := Demo(tmp_path, "--seconds", "2", "--broker", "amqtt", "--keep"))
    demo.wait_for_show()
    status, output, errors = demo.end()
    assert status == 0
    assert CLOSING.search(output) is not None, output
    (folder,) = tmp_path.iterdir()
    assert errors == f"settings, states and logs are kept in {folder}\n"
    assert (folder / "n1.log").exists()


def test_a_controller_that_dies_is_named(tmp_path: Path, demos: list[Demo]) -> None:
    demos.append(demo := Demo(tmp_path))
    demo.wait_for_show()
    victim = next(x for x in demo.children if "n2.toml" in x.cmdline())
    victim.kill()
    status, _, errors = demo.end()
    assert status == 1
    (folder,) = tmp_path.iterdir()
    assert errors.startswith(f"settings, states and logs are kept in {folder}\n")
    assert "cyclelight-sim demo: n2 ended by itself with status -9" in errors
    assert "lamps_under_control" in errors
    assert "Traceback" not in errors


def test_a_reader_that_goes_away_ends_it(tmp_path: Path, demos: list[Demo]) -> None:
    demos.append(demo := Demo(tmp_path))
    demo.wait_for_show()
    assert demo.process.stdout is not None
    demo.process.stdout.close()
    demo.process.stdout = None
    status, _, errors = demo.end()
    assert (status, errors) == (0, "")
    assert list(tmp_path.iterdir()) == []


def test_a_taken_port_is_one_clear_error(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert cli.main(["demo", "--port", str(port)]) == 2
    output, errors = capsys.readouterr()
    assert output == ""
    assert errors == (
        f"cyclelight-sim demo: port {port} of {HOST} cannot be used: Address already in use; "
        "choose another one with --port\n"
    )


def test_a_missing_broker_is_one_clear_error(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("firmware_sim.demo.broker.SYSTEM_FOLDERS", ())
    monkeypatch.setenv("PATH", "")
    assert cli.main(["demo", "--broker", "mosquitto", "--port", str(free_port())]) == 2
    assert capsys.readouterr().err == (
        "cyclelight-sim demo: no mosquitto found; install mosquitto "
        "(sudo apt-get install mosquitto) or amqtt (pip install amqtt)\n"
    )


@pytest.mark.parametrize(
    "words",
    [["--seconds", "0"], ["--seconds", "inf"], ["--seconds", "soon"], ["--port", "0"]],
)
def test_bad_arguments_are_refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        cli.main(["demo", *words])
    assert refused.value.code == 2
    assert words[0] in capsys.readouterr().err
