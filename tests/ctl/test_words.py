"""The command line itself: what is asked wrongly, what is loaded, what is said at the end."""

import subprocess
import sys
from pathlib import Path

import pytest

from controller.ctl import run as running
from controller.ctl.reading import read
from controller.mqtt.commands import Reply
from controller.mqtt.wire import PayloadError
from tests.ctl.ran import run

ROOT = Path(__file__).parents[2]
USUAL = ("--broker", "b", "--tenant", "t", "--path", "p")


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("fly",),
        ("config",),
        ("override", "--level", "5"),
        ("override", "--all"),
        ("override", "--all", "--lamp", "L1", "--level", "5"),
        ("override", "--all", "--level", "105"),
        ("override", "--all", "--level", "5", "--for", "2"),
        ("emergency", "--end", "--for", "1h"),
        ("emergency", "--scope", "world"),
        ("explain",),
        ("status", "--timeout", "0"),
        ("config", "set", "--patch"),
    ],
)
def test_what_is_asked_wrongly_is_the_askers_fault(words: tuple[str, ...]) -> None:
    ran = run("ctl", *USUAL, *words)
    assert (ran.status, ran.out) == (2, "")
    assert "usage: cyclelight ctl" in ran.err


def test_help_tells_the_exit_statuses_and_the_environment() -> None:
    ran = run("ctl", "--help")
    assert ran.status == 0
    for text in ("Exit status: 0 fine; 1 nobody answered", "CYCLELIGHT_CTL_BROKER"):
        assert text in ran.out


def test_nothing_slow_is_loaded_for_other_commands() -> None:
    script = (
        "import sys; from controller.cli import main; main(['schema', 'path']); "
        "sys.exit(bool({'aiomqtt', 'controller.ctl.run', 'controller.mqtt'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], check=False, capture_output=True, cwd=ROOT
    )
    assert done.returncode == 0


@pytest.mark.parametrize(("job", "status"), [("watch", 0), ("status", 130)])
def test_ctrl_c_is_the_way_to_end_a_watch_only(
    monkeypatch: pytest.MonkeyPatch, job: str, status: int
) -> None:
    def interrupted(*_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(running, "_JOBS", {job: interrupted})
    assert run("ctl", *USUAL, job).status == status


@pytest.mark.parametrize(
    ("payload", "complaint"),
    [
        (b"\xff", "not UTF-8"),
        (b"[" * 100, "not JSON|nested"),
        (b"{}", "id: Field required"),
        (b'{"id":"x","ok":"yes"}', "ok: "),
        (b"[1]", "payload: "),
        (b'{"id":"x","ok":true,"errors":[1]}', r"errors.0: "),
    ],
)
def test_what_is_no_reply_is_refused(payload: bytes, complaint: str) -> None:
    with pytest.raises(PayloadError, match=complaint):
        read(Reply, payload)


def test_what_a_newer_node_adds_to_a_reply_is_left_out() -> None:
    payload = (
        b'{"id":"x","ok":false,"took_s":1,'
        b'"errors":[{"place":"a","problem":"b","hint":"c","see":{"more":[]}}]}'
    )
    reply = read(Reply, payload)
    assert (reply.id, reply.errors[0].hint) == ("x", "c")
