import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from firmware_sim.board.messages import MAX_LINE_BYTES
from firmware_sim.board.server import MAX_CONNECTIONS, MAX_UNREAD_BYTES
from firmware_sim.board.socket_file import MAX_PATH_BYTES
from tests.board.fixtures import LIMIT_S, Client, running_board

Connect = Callable[[], Client]


def controller_of(client: Client) -> dict[str, object]:
    client.send({"hello": "controller"})
    return client.receive()


def start_again(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "firmware_sim.board", "--socket", str(path)]
    return subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S, check=False)


def test_inputs_outlive_everybody_who_set_them(outside: Client, connect: Connect) -> None:
    outside.send({"pin": 17, "value": 1})
    outside.send({"lux": 12.5})
    outside.send({"power_w": {"L01": 14.2}})
    outside.so_far()
    outside.close()
    known = {"inputs": {"17": 1}, "lux": 12.5, "power_w": {"L01": 14.2}}
    assert controller_of(connect()) == known


def test_a_newcomer_is_told_about_every_output(outside: Client, connect: Connect) -> None:
    controller = connect()
    controller_of(controller)
    controller.send({"pin": 12, "duty": 0.35, "at": 5.5})
    first = outside.receive()
    assert first == {"pin": 12, "duty": 0.35, "at": 5.5}
    assert connect().receive() == first


def test_a_bad_line_is_answered_once_and_changes_nothing(outside: Client, connect: Connect) -> None:
    outside.send_bytes(b'{"pin": 17, "value": 1}\n{"pin": 17, "value": 7}\n\n')
    assert outside.receive() == {"error": "value must be 0 or 1"}
    assert outside.so_far() == []
    assert controller_of(connect())["inputs"] == {"17": 1}


@pytest.mark.parametrize("tail", [b"\n", b"x" * MAX_LINE_BYTES * 40 + b"\n"])
def test_a_line_too_long_is_refused_and_the_next_one_heard(outside: Client, tail: bytes) -> None:
    outside.send_bytes(b"x" * (MAX_LINE_BYTES + 1) + tail)
    assert "too long" in outside.receive()["error"]
    outside.send({"lux": 3})
    assert outside.so_far() == []


def test_the_outside_cannot_drive_pins(outside: Client) -> None:
    outside.send({"pin": 12, "duty": 0.5, "at": 5.5})
    assert "unknown message" in outside.receive()["error"]


def test_connections_are_bounded(outside: Client, connect: Connect) -> None:
    for _ in range(MAX_CONNECTIONS - 1):
        assert connect().so_far() == []
    one_too_many = connect()
    assert str(MAX_CONNECTIONS) in one_too_many.receive()["error"]
    assert one_too_many.has_ended()
    assert outside.so_far() == []


def test_who_does_not_read_is_dropped_and_nobody_else(outside: Client, connect: Connect) -> None:
    lazy = connect()
    lazy.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    controller = connect()
    controller_of(controller)
    heard: list[dict[str, object]] = []
    line_bytes = len(b'{"pin":12,"duty":0.0,"at":10000.0}')
    count = 4 * MAX_UNREAD_BYTES // line_bytes

    def listen() -> None:
        heard.extend(outside.receive() for _ in range(count))

    listener = threading.Thread(target=listen)
    listener.start()
    for number in range(count):
        controller.send({"pin": 12, "duty": number % 2, "at": number})
    listener.join(LIMIT_S)
    assert [message["at"] for message in heard] == list(range(count))
    assert lazy.has_ended()


def test_a_dead_boards_file_is_replaced(board_path: Path, connect: Connect) -> None:
    with running_board(board_path) as first:
        first.kill()
    assert board_path.is_socket()
    with running_board(board_path):
        assert connect().so_far() == []


def test_a_live_board_is_not(outside: Client, board_path: Path) -> None:
    second = start_again(board_path)
    assert second.returncode == 2
    assert "listens there already" in second.stderr
    assert outside.so_far() == []


def test_a_file_that_is_no_socket_is_left_alone(board_path: Path) -> None:
    board_path.write_text("precious")
    assert "remove it or choose another" in start_again(board_path).stderr
    assert board_path.read_text() == "precious"


@pytest.mark.parametrize("name", ["missing/board", "x" * (MAX_PATH_BYTES + 1)])
def test_an_impossible_path_is_one_clear_message(board_path: Path, name: str) -> None:
    impossible = board_path.parent / name
    done = start_again(impossible)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert str(impossible.parent) in done.stderr


def test_the_board_ends_when_told_and_removes_its_file(
    board: subprocess.Popen[str], board_path: Path
) -> None:
    board.send_signal(signal.SIGTERM)
    assert board.wait(LIMIT_S) == 0
    assert not board_path.exists()


def test_a_board_ends_by_itself_once_nobody_is_connected(board_path: Path) -> None:
    idle_s = 1.0
    with running_board(board_path, "--idle-exit-s", str(idle_s)) as process:
        client = Client(board_path)
        client.so_far()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1.3 * idle_s)
        client.close()
        assert process.wait(LIMIT_S) == 0
    assert not board_path.exists()
