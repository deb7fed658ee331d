import os
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from controller.service import Service


@pytest.fixture(params=["path", "abstract"])
def systemd(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[socket.socket]:
    """The other end of NOTIFY_SOCKET, on both kinds of address."""
    with (
        tempfile.TemporaryDirectory() as directory,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock,
    ):
        if request.param == "path":
            address = told = str(Path(directory) / "notify")
        else:
            address, told = f"\0cyclelight-{os.getpid()}", f"@cyclelight-{os.getpid()}"
        sock.bind(address)
        sock.settimeout(0.0)
        monkeypatch.setenv("NOTIFY_SOCKET", told)
        yield sock


def said(sock: socket.socket) -> list[str]:
    words = []
    while True:
        try:
            words.append(sock.recv(1024).decode())
        except BlockingIOError:
            return words


def test_its_life_as_systemd_hears_it(
    systemd: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "30000000")
    service = Service()
    assert service.watchdog_s == 30.0
    assert said(systemd) == []
    service.ready()
    service.alive()
    service.alive()
    service.stopping()
    assert said(systemd) == ["READY=1", "WATCHDOG=1", "WATCHDOG=1", "STOPPING=1"]


def test_without_a_watchdog_it_says_nothing_about_being_alive(
    systemd: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    service = Service()
    assert service.watchdog_s is None
    service.alive()
    assert said(systemd) == []


def test_outside_systemd_it_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    monkeypatch.setenv("WATCHDOG_USEC", "30000000")
    monkeypatch.setattr(socket, "socket", lambda *_: pytest.fail("a socket was opened"))
    service = Service()
    service.ready()
    service.alive()
    service.stopping()


def test_a_notify_socket_that_nobody_listens_on_costs_no_light(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # `alive` is called by the control loop: what it raises ends the controller.
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    monkeypatch.setenv("WATCHDOG_USEC", "30000000")
    service = Service()
    service.ready()
    service.alive()
    service.stopping()


def test_a_notify_socket_that_is_never_read_does_not_stop_the_lamps(
    systemd: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", "30000000")
    room = int(Path("/proc/sys/net/unix/max_dgram_qlen").read_text())
    service = Service()

    def feed() -> None:
        with suppress(OSError):  # that it raises none is another test
            for _ in range(room + 3):
                service.alive()

    feeding = threading.Thread(target=feed, daemon=True)
    feeding.start()
    feeding.join(2.0)
    blocked = feeding.is_alive()
    while feeding.is_alive():
        said(systemd)
        feeding.join(0.01)
    assert not blocked
