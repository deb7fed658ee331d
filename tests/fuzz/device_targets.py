"""What devices answer at serial ports, on buses and at sockets, and what people type."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest.mock import patch

from gpiozero.exc import PinError

from controller.commissioning import reading
from controller.commissioning.reading import counts, existing, number, pins, stretches, words, yes
from controller.commissioning.refusing import RefusedError
from controller.devices import (
    bh1750,
    dali_gear,
    dali_line,
    dali_sequences,
    ina226,
    ld2410_frames,
    mcp3008,
    modbus_meter,
    veml7700,
)
from controller.devices.dali_gear import DaliGear
from controller.devices.dali_line import ServerLine
from controller.devices.ld2410_frames import parse
from controller.devices.mcp3008 import LdrAtMcp3008
from controller.devices.modbus_meter import MODELS, ModbusLine, ModbusUnit
from firmware_sim.board import link, messages, server, state
from firmware_sim.board.link import BoardLink
from firmware_sim.board.server import Board, Connection
from firmware_sim.board.socket_file import BoardError
from tests.devices.modbus_slaves import framed
from tests.fuzz.engine import Target
from tests.fuzz.stand_ins import Answers, Bus, Transport

FOLDER = Path(__file__).parent
MOST_LUX, MOST_W = 200_000.0, 4.3e8


def _radar(data: bytes, _scratch: Path) -> None:
    """In pieces it is the same as at once, and what is kept for later is bounded."""
    whole, rest = parse(data)
    assert len(rest) < ld2410_frames.MOST_BYTES + 16
    cut = len(data) // 3
    first, kept = parse(data[:cut])
    second, kept = parse(kept + data[cut:])
    assert first + second == whole
    assert kept == rest
    assert all(x is None or 0.0 <= x <= 655.35 for report in whole for x in report)


def _modbus(data: bytes, _scratch: Path) -> None:
    """A meter answers with any frame; those with a wrong checksum, too."""
    kind, data = (data[0] if data else 0), data[1:]
    answer = data if kind & 4 else framed(bytes([1, *data]) if kind & 8 else data)
    line = ModbusLine("/dev/fuzz", 9600, 1)
    line._client = client = line._new_client()
    client.socket = stream = Answers(b"")
    stream.write = lambda sent: (setattr(stream, "_rest", answer), len(sent))[1]
    clock = iter(x * 0.3 for x in range(10_000))
    with patch("time.sleep"), patch("time.time", lambda: next(clock)):
        watts = ModbusUnit(line, 1, sorted(MODELS)[kind % 3]).read()
    assert 0.0 <= watts <= 3.5e38


def _dali(data: bytes, _scratch: Path) -> None:
    """Gear that answers anything is prepared, told and asked; its answers may fail it."""
    line = ServerLine("localhost:55825")
    gear = DaliGear("L1", line, group=1) if data[:1] == b"g" else DaliGear("L1", line, short=1)
    line._socket = Answers(data[1:])
    with patch("socket.create_connection", side_effect=OSError("gone")):
        gear.set(50.0, 2.0, 3000.0)
        for step in gear.examination(prepare=True, diagnose=True):
            step()


def _sensor(make: Callable[[Bus], object], most: float) -> Callable[[bytes, Path], None]:
    def take(data: bytes, _scratch: Path) -> None:
        with patch("time.sleep"):
            assert 0.0 <= make(Bus(data)).read() <= most

    return take


def _ldr(bus: Bus) -> LdrAtMcp3008:
    calibration = ((1000.0, 500.0), (10.0, 20_000.0))
    return LdrAtMcp3008(lambda: bus, 3, r_ohm=10_000.0, calibration=calibration)


def _board(data: bytes, _scratch: Path) -> None:
    """Every line is obeyed or answered by an error, at once and in pieces, and nothing grows."""
    board = Board(None)
    heard = [Connection(board) for _ in range(2)]
    for connection in heard:
        connection.connection_made(Transport(b""))
    heard[0].data_received(b'{"hello":"controller"}\n')
    for at in range(0, len(data), 64):
        for connection in heard:
            connection.data_received(data[at : at + 64])
            assert len(connection._buffer) <= messages.MAX_LINE_BYTES
    for connection in heard:
        connection.connection_lost(None)
        for line in connection._transport.sent.splitlines():
            assert messages.decode(line)


def _board_answers(data: bytes, _scratch: Path) -> None:
    """A board that is none is refused; one that goes mad counts as gone."""
    told: list[object] = []
    joined = BoardLink(Answers(data))
    joined._on_input, joined._settle = lambda *x: told.append(x), lambda _: None
    with patch.object(link.select, "poll") as poll:
        poll.return_value.poll.return_value = True
        joined._read()
    with contextlib.suppress(PinError):
        joined.input(1)
        raise AssertionError("it is not lost")


def _answers(data: bytes, _scratch: Path) -> None:
    """What people answer to `cyclelight init`."""
    text = data[1:].decode(errors="replace")
    readers: tuple[Callable[[], object], ...] = (
        lambda: stretches(text),
        lambda: counts(text, "lamps", 2, "section"),
        lambda: pins(text, "pins", (17,), 2),
        lambda: yes(text, "place"),
        lambda: existing(text, "place", FOLDER),
        lambda: (number(text), words(text)),
    )
    readers[(data[0] if data else 0) % len(readers)]()


_DALI = (dali_line, dali_gear, dali_sequences)
_GONE = (OSError,)


def _targets() -> Iterator[Target]:
    yield Target("radar", (ld2410_frames,), _radar, (), 400)
    yield Target("modbus", (modbus_meter,), _modbus, _GONE, 300)
    yield Target("dali", _DALI, _dali, _GONE, 1200)
    yield Target("mcp3008", (mcp3008,), _sensor(_ldr, MOST_LUX), _GONE, 10)
    yield Target(
        "bh1750",
        (bh1750,),
        _sensor(lambda bus: bh1750.Bh1750(lambda: bus, 0x23), MOST_LUX),
        _GONE,
        10,
    )
    yield Target(
        "veml7700",
        (veml7700,),
        _sensor(lambda bus: veml7700.Veml7700(lambda: bus), MOST_LUX),
        _GONE,
        40,
    )
    yield Target(
        "ina226",
        (ina226,),
        _sensor(lambda bus: ina226.Ina226(lambda: bus, 0x40, shunt_ohm=0.01, max_a=4.0), MOST_W),
        _GONE,
        40,
    )
    yield Target("board", (server, messages, state), _board)
    yield Target("board_answers", (link, messages), _board_answers, (BoardError,))
    yield Target("answers", (reading,), _answers, (RefusedError,), 300)


TARGETS = tuple(_targets())
