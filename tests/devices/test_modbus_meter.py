import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from controller.devices import modbus_meter
from controller.devices.errors import DeviceError
from controller.devices.modbus_meter import MODELS, ModbusLine, ModbusUnit
from controller.devices.poller import BusThread, Poller
from tests.board.fixtures import until
from tests.devices.modbus_slaves import Line, crc16, framed, pzem004t, pzem017, sdm120

METERS = {1: sdm120(14.25), 2: pzem004t(14.2), 3: pzem017(14.2), 4: pzem004t(7000.1)}


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modbus_meter, "ANSWER_LIMIT_S", 0.2)


@pytest.fixture
def line() -> Iterator[Line]:
    line = Line({unit: dict(registers) for unit, registers in METERS.items()})
    yield line
    line.close()


@pytest.fixture
def meter(line: Line) -> Iterator[Callable[[int, str], ModbusUnit]]:
    with ExitStack() as to_close:
        modbus = ModbusLine(line.port, 9600, 1)
        to_close.callback(modbus.close)
        yield lambda unit, model: ModbusUnit(modbus, unit, model)


def test_the_slaves_own_crc_is_that_of_the_specification() -> None:
    """The request for 0x0C of unit 1, as Eastron and others print it."""
    assert crc16(bytes.fromhex("01 04 00 0c 00 02")) == bytes.fromhex("b1 c8")


@pytest.mark.parametrize(
    ("unit", "model", "power_w"),
    [(1, "sdm120", 14.25), (2, "pzem", 14.2), (3, "pzem017", 14.2), (4, "pzem", 7000.1)],
)
def test_each_model_is_read(
    meter: Callable[[int, str], ModbusUnit], unit: int, model: str, power_w: float
) -> None:
    assert meter(unit, model).read() == pytest.approx(power_w)


def test_meters_at_one_line_are_told_apart(meter: Callable[[int, str], ModbusUnit]) -> None:
    one, other = meter(1, "sdm120"), meter(4, "pzem")
    assert [one.read(), other.read(), one.read()] == pytest.approx([14.25, 7000.1, 14.25])


def test_a_unit_that_is_not_there_and_a_model_that_is_another_are_told(
    line: Line, meter: Callable[[int, str], ModbusUnit]
) -> None:
    with pytest.raises(OSError, match=r"unit 9 .* does not answer"):
        meter(9, "sdm120").read()
    assert line.requests == 2  # it was asked twice
    with pytest.raises(OSError, match=r"unit 2 .* refuses: see to its model"):
        meter(2, "sdm120").read()


@pytest.mark.parametrize("power_w", [float("nan"), float("inf")])
def test_what_is_no_number_is_no_reading(
    line: Line, meter: Callable[[int, str], ModbusUnit], power_w: float
) -> None:
    line.meters[1] = sdm120(power_w)
    with pytest.raises(OSError, match="number"):
        meter(1, "sdm120").read()


def test_a_meter_the_wrong_way_round_is_told(
    line: Line, meter: Callable[[int, str], ModbusUnit]
) -> None:
    line.meters[1] = sdm120(-14.0)
    with pytest.raises(OSError, match="swap"):
        meter(1, "sdm120").read()


def test_one_disturbed_frame_is_no_failure(
    line: Line, meter: Callable[[int, str], ModbusUnit]
) -> None:
    spoiled = [b"\x00\xff", None, None]

    def spoil(frame: bytes) -> bytes | None:
        return spoiled.pop(0) if len(spoiled) > 2 else frame

    line.spoil = spoil
    assert meter(1, "sdm120").read() == 14.25
    assert line.requests == 2


@pytest.mark.parametrize(
    "spoil",
    [
        lambda _: None,
        lambda frame: frame[:-1] + bytes([frame[-1] ^ 1]),
        lambda frame: frame[:4],
        lambda frame: framed(b"\x07" + frame[1:-2]),  # another unit answers
        lambda frame: framed(frame[:2] + b"\x02" + frame[3:5]),  # one register only
        lambda frame: framed(frame[:2] + b"\x03" + frame[3:6]),
        lambda _: b"\xff" * 64,
    ],
)
def test_whatever_is_answered_instead_is_an_error(
    line: Line, meter: Callable[[int, str], ModbusUnit], spoil: Callable[[bytes], bytes | None]
) -> None:
    line.spoil = spoil
    with pytest.raises(OSError, match="unit 1 at"):
        meter(1, "sdm120").read()
    line.spoil = lambda frame: frame
    assert meter(1, "sdm120").read() == 14.25


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(body=st.binary(max_size=12), sound=st.booleans())
def test_no_bytes_raise_anything_else(
    line: Line, meter: Callable[[int, str], ModbusUnit], body: bytes, *, sound: bool
) -> None:
    line.spoil = lambda _: framed(b"\x01" + body) if sound else body
    try:
        assert meter(1, "sdm120").read() >= 0.0
    except OSError as error:
        assert str(error)  # noqa: PT017  it may also be a reading


def test_a_port_that_is_not_there_is_told() -> None:
    line = ModbusLine("/dev/nowhere", 9600, 1)
    with pytest.raises(OSError, match="cannot open /dev/nowhere"):
        ModbusUnit(line, 1, "sdm120").read()
    line.close()


async def test_an_adapter_that_is_pulled_and_put_back_is_read_again(
    line: Line, capsys: pytest.CaptureFixture[str]
) -> None:
    readings: list[float | None] = []
    modbus = ModbusLine(line.port, 9600, 1)
    thread = BusThread("modbus")
    poller = Poller(
        "P1",
        ModbusUnit(modbus, 1, "sdm120"),
        thread=thread,
        interval_s=0.02,
        callback=lambda _, value: readings.append(value),
    )
    with capture_logs() as lines:
        poller.start()
        await until(lambda: readings[-1:] == [14.25])
        line.spoil = lambda _: None
        await until(lambda: readings[-3:] == [None] * 3)
        line.spoil = lambda frame: frame
        await until(lambda: readings[-1] == 14.25)
        poller.close()
        thread.close()
    assert [x["event"] for x in lines] == ["device_unreadable"]
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("missing", ["pymodbus", "serial"])
def test_without_its_libraries_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(DeviceError, match="extra 'meters'"):
        ModbusLine("/dev/ttyUSB0", 9600, 1)


def test_a_float_is_read_high_word_first() -> None:
    high, low = struct.unpack(">2H", struct.pack(">f", 60.5))
    assert MODELS["sdm120"].watts([high, low]) == 60.5
    assert MODELS["pzem"].watts([0x0001, 0x0002]) == 0x20001 / 10
