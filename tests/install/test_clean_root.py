"""The package on clean machines, with Debian's own dpkg, Python and systemd."""

import json
import os
from collections.abc import Callable

import pytest

from tests.install.machine import ROOT, Machine, machine

Build = Callable[..., bytes]

pytestmark = pytest.mark.xdist_group("clean root")  # two at once would be in each other's way

BOARD = b"""[Service]
User=cyclelight
RuntimeDirectory=board
ExecStart=/opt/cyclelight/current/bin/cyclelight-sim board --socket /run/board/board
"""
ON_THE_BOARD = b"""[Service]
Environment=GPIOZERO_PIN_FACTORY=cyclelight_sim CYCLELIGHT_BOARD=/run/board/board
WatchdogSec=2
"""
LOOK = """
import socket
outside = socket.socket(socket.AF_UNIX)
outside.connect("/run/board/board")
outside.settimeout(1)
try:
    while said := outside.recv(4096):
        print(said.decode(), end="")
except TimeoutError:
    pass
"""
HANGS = (
    (
        "controller/daemon.py",
        "    beat_s = ",
        "    loop.call_later(1.0, __import__('time').sleep, 3600)\n    beat_s = ",
    ),
    ("systemd/cyclelight.service", "RestartSec=2", "RestartSec=1"),
)
"""A version that comes up, says so, and then hangs, with a unit of its own."""


def install(on: Machine, package: bytes) -> tuple[int, str]:
    on.put("/root/cyclelight.deb", package)
    done = on.run("dpkg", "--install", "/root/cyclelight.deb")
    return done.returncode, done.stdout


def wire(on: Machine) -> None:
    """Write the files of a node, which has a password, and put it on a virtual board."""
    node = (ROOT / "config/nodes/small-n1.toml").read_text()
    for before, after in (
        ("../paths/small.toml", "path.toml"),
        ("../profiles/default.toml", "profile.toml"),
        ("state/small-n1", "/var/lib/cyclelight"),
        ('host = "localhost"', 'host = "127.0.0.1"\nusername = "n1"'),
    ):
        assert before in node
        node = node.replace(before, after)
    on.put("/etc/cyclelight/node.toml", node.encode())
    on.put("/etc/cyclelight/path.toml", (ROOT / "config/paths/small.toml").read_bytes())
    on.put("/etc/cyclelight/profile.toml", (ROOT / "config/profiles/default.toml").read_bytes())
    on.put("/etc/credstore/cyclelight.mqtt-password", b"tell nobody")
    on.ask("chmod", "600", "/etc/credstore/cyclelight.mqtt-password")
    drop_ins = "/etc/systemd/system/cyclelight.service.d"
    on.put(f"{drop_ins}/virtual.conf", ON_THE_BOARD)
    on.ask("ln", "-s", "/usr/lib/cyclelight/drop-ins/credentials.conf", drop_ins)
    on.put("/etc/systemd/system/board.service", BOARD)
    on.ask("systemctl", "daemon-reload")
    on.ask("systemctl", "start", "board")
    on.ask("sh", "-c", "until [ -S /run/board/board ]; do sleep 0.05; done")


def pins(on: Machine) -> dict[int, bool]:
    """Return which pins are driven, as one sees it outside of the board."""
    said = on.ask("python3", "-c", LOOK).splitlines()
    lines = [json.loads(line) for line in said]
    return {line["pin"]: line.get("driven", True) for line in lines if "pin" in line}


def environments(on: Machine) -> dict[str, str]:
    said = on.ask("cyclelight-update", "status").splitlines()
    return dict(line.removeprefix("cyclelight-update: ").split(": ") for line in said)


def is_up(on: Machine) -> bool:
    shown = on.ask("systemctl", "show", "--property=ActiveState,NRestarts", "cyclelight")
    return set(shown.split()) == {"ActiveState=active", "NRestarts=0"}


def assert_nothing_is_left(on: Machine) -> None:
    places = ("/opt", "/etc", "/var/lib", "/usr/bin", "/usr/sbin", "/usr/lib", "/usr/share/doc")
    left = on.ask("find", *places, "-name", "*cyclelight*", "-not", "-path", "/var/lib/dpkg/*")
    assert left == ""
    assert "not-found" in on.ask("systemctl", "show", "--property=LoadState", "cyclelight")


@pytest.mark.parametrize(
    "release",
    [
        "bookworm",
        pytest.param(
            "trixie",
            marks=pytest.mark.skipif(
                "trixie" not in os.environ.get("CLEAN_ROOTS", ""),
                reason="a second clean root takes minutes: CLEAN_ROOTS=trixie has it too",
            ),
        ),
    ],
)
def test_first_installation_first_start_stop_and_purge(package: Build, release: str) -> None:
    with machine(release) as on:
        status, said = install(on, package("0.1.0"))
        assert status == 0, said
        assert "there is no /etc/cyclelight/node.toml yet" in said

        assert on.rights("/opt/cyclelight/current/") == "755 root:root"
        assert on.rights("/etc/cyclelight") == "750 root:cyclelight"
        assert on.rights("/etc/credstore") == "700 root:root"
        writable = on.ask("find", "/opt/cyclelight", "!", "-type", "l", "-perm", "/022")
        assert writable == ""
        assert on.ask("find", "/opt/cyclelight", "!", "-user", "root") == ""
        groups = on.ask("id", "--name", "--groups", "cyclelight").split()
        assert set(groups) == {"cyclelight", "gpio", "i2c", "spi", "dialout"}
        assert on.ask("cyclelight", "--version") == "cyclelight 0.1.0"
        assert on.ask("systemctl", "is-enabled", "cyclelight") == "enabled"

        wire(on)
        verified = on.ask("systemd-analyze", "verify", "--man=no", "cyclelight.service")
        assert "cyclelight" not in verified, verified
        on.ask("systemctl", "start", "cyclelight")
        assert is_up(on)
        assert pins(on) == {12: True, 13: True}
        on.ask("sh", "-c", "until [ -s /var/lib/cyclelight/cyclelight.sqlite ]; do sleep 0.1; done")
        assert on.rights("/var/lib/cyclelight") == "750 cyclelight:cyclelight"
        assert on.rights("/var/lib/cyclelight/cyclelight.sqlite") == "600 cyclelight:cyclelight"
        pid = on.ask("systemctl", "show", "--property=MainPID", "--value", "cyclelight")
        assert on.rights(f"/proc/{pid}").endswith(" cyclelight:cyclelight")

        on.ask("systemctl", "stop", "cyclelight")
        assert pins(on) == {12: False, 13: False}
        assert "inactive" in on.run("systemctl", "is-active", "cyclelight").stdout

        on.ask("systemctl", "stop", "board")
        on.ask("dpkg", "--purge", "cyclelight")
        assert_nothing_is_left(on)


def test_upgrade_failed_upgrade_rollback_removal_and_purge(package: Build) -> None:
    with machine("bookworm") as on:
        assert install(on, package("0.1.0"))[0] == 0
        wire(on)
        on.ask("systemctl", "start", "cyclelight")
        first = environments(on)["current"]

        status, said = install(on, package("0.1.1"))
        assert status == 0, said
        second = environments(on)["current"]
        assert second.startswith("0.1.1-")
        assert environments(on)["previous"] == first
        assert is_up(on)
        assert pins(on) == {12: True, 13: True}

        status, said = install(on, package("0.1.2", HANGS))
        assert status != 0
        assert f"taken back; {second} is in use again" in said
        assert environments(on) == {"current": second, "previous": first}
        assert is_up(on)
        assert pins(on) == {12: True, 13: True}
        assert "RestartSec=2" in on.ask("systemctl", "cat", "cyclelight")
        assert "0.1.2" not in on.ask("ls", "/opt/cyclelight")

        on.ask("cyclelight-update", "rollback")
        assert environments(on) == {"current": first, "previous": second}
        assert is_up(on)

        on.ask("dpkg", "--remove", "cyclelight")
        assert pins(on) == {12: False, 13: False}
        assert on.ask("ls", "/opt") == ""
        kept = on.ask("ls", "/etc/cyclelight", "/var/lib/cyclelight")
        assert "node.toml" in kept
        assert "cyclelight.sqlite" in kept

        on.ask("systemctl", "stop", "board")
        on.ask("dpkg", "--purge", "cyclelight")
        assert_nothing_is_left(on)
