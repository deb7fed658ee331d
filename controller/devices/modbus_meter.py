"""Power meters at a serial port that speak Modbus RTU: the only module that imports pymodbus.

SDM120: Eastron's SDM120-Modbus protocol: input registers, IEEE 754 numbers in two registers, high
word first, active power at 0x000C. PZEM-004T version 3.0 and PZEM-017: Peacefair's manuals: input
registers, 0.1 W in two registers, low word first, at 0x0003 and 0x0002. All without parity.
"""

import logging
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from types import MappingProxyType
from typing import Protocol

from controller.devices.errors import DeviceError
from controller.devices.power import drawn_w

ANSWER_LIMIT_S = 1.0
REPEATS = 1
"""A request that nobody answers is sent once more: a disturbed frame is no failure yet."""


@dataclass(frozen=True, slots=True)
class Model:
    """Where a model keeps active power, in two input registers from `address` on, in watts."""

    address: int
    watts: Callable[[Sequence[int]], float]


def _big_endian_float(registers: Sequence[int]) -> float:
    (value,) = struct.unpack(">f", struct.pack(">2H", *registers))
    return float(value)


def _tenths_low_word_first(registers: Sequence[int]) -> float:
    low, high = registers
    return (high << 16 | low) / 10.0


MODELS = MappingProxyType(
    {
        "sdm120": Model(0x000C, _big_endian_float),
        "pzem": Model(0x0003, _tenths_low_word_first),
        "pzem017": Model(0x0002, _tenths_low_word_first),
    }
)


class Answer(Protocol):
    """What is used of an answer's `pymodbus.pdu.ModbusPDU`."""

    @property
    def registers(self) -> Sequence[int]:
        """The registers that were asked for."""

    def isError(self) -> bool:  # noqa: N802  pymodbus' own name
        """Whether the meter answered that it will not."""


class Client(Protocol):
    """What is used of `pymodbus.client.ModbusSerialClient`."""

    def connect(self) -> bool:
        """Open the port if it is not; say whether it is."""

    def read_input_registers(self, address: int, *, count: int, device_id: int) -> Answer:
        """Ask for registers. Raises ModbusException."""

    def close(self) -> None:
        """Close the port."""


class ModbusLine:
    """A serial port with one or more meters. Its calls block and come from one thread."""

    def __init__(self, port: str, baud: int, stop_bits: int) -> None:
        """Prepare; nothing is opened yet. Raises DeviceError without pymodbus and pyserial."""
        if not all(map(find_spec, ("pymodbus", "serial"))):
            raise DeviceError(
                "a Modbus meter needs pymodbus and pyserial: install cyclelight with its extra "
                "'meters'"
            )
        self._port, self._baud, self._stop_bits = port, baud, stop_bits
        self._client: Client | None = None

    def read(self, unit: int, address: int) -> Sequence[int]:
        """Return two input registers of a meter, from `address` on. Raises OSError."""
        # Here, because importing takes its time, and this is not the event loop's thread.
        from pymodbus.exceptions import ModbusException  # noqa: PLC0415

        client = self._client = self._client or self._new_client()
        if not client.connect():
            raise OSError(f"cannot open {self._port}: see to its name, its rights, other users")
        try:
            answer = client.read_input_registers(address, count=2, device_id=unit)
        except ModbusException as error:
            raise OSError(f"unit {unit} at {self._port} does not answer: {error}") from error
        if answer.isError() or len(answer.registers) != 2:  # noqa: PLR2004  as asked for
            raise OSError(f"unit {unit} at {self._port} refuses: see to its model and unit")
        return answer.registers

    def close(self) -> None:
        """Close the port if it is open; the next reading opens it again."""
        if self._client is not None:
            self._client.close()

    def _new_client(self) -> Client:
        from pymodbus.client import ModbusSerialClient  # noqa: PLC0415  as above

        # It tells every failure every time; the poller tells each once.
        logging.getLogger("pymodbus").setLevel(logging.CRITICAL)
        return ModbusSerialClient(
            self._port,
            baudrate=self._baud,
            stopbits=self._stop_bits,
            timeout=ANSWER_LIMIT_S,
            retries=REPEATS,
        )


class ModbusUnit:
    """One meter at a line, to be asked by a Poller on the line's thread."""

    def __init__(self, line: ModbusLine, unit: int, model: str) -> None:
        """Prepare. `model` is a key of `MODELS`."""
        self._line = line
        self._unit = unit
        self._model = MODELS[model]

    def read(self) -> float:
        """Ask for the active power, in watts. Raises OSError."""
        return drawn_w(self._model.watts(self._line.read(self._unit, self._model.address)))

    def close(self) -> None:
        """Close the whole line: what has failed may be the port itself."""
        self._line.close()
