"""The gpiozero pin factory of the virtual board: `GPIOZERO_PIN_FACTORY=cyclelight_sim`."""

import os
import time
from collections.abc import Mapping
from pathlib import Path

from gpiozero.exc import BadPinFactory
from gpiozero.pins.pi import PiFactory

from firmware_sim.board.i2c import VirtualI2c, virtual_i2c
from firmware_sim.board.link import BoardLink, BoardLostError, link_to
from firmware_sim.board.pins import VirtualPin
from firmware_sim.board.socket_file import BoardError

BOARD_VARIABLE = "CYCLELIGHT_BOARD"
PI_4_REVISION = 0xC03114
"""Raspberry Pi 4 Model B, 4 GB, revision 1.4."""


class VirtualBoardFactory(PiFactory):  # type: ignore[misc]  # gpiozero publishes no types
    """Pins and an I2C bus that end at the virtual board which `CYCLELIGHT_BOARD` names.

    If no board listens there, one is started that outlives this process. When the board dies,
    inputs raise BoardLostError, the I2C bus no longer acknowledges, and outputs go nowhere.
    """

    def __init__(self) -> None:
        """Connect, and know every input before the first pin exists. Raises BadPinFactory."""
        super().__init__()
        self.pin_class = VirtualPin
        self.wire = _link_from_environment()
        self.wire.start(self._input_changed, self._settle)

    def close(self) -> None:
        """Release every pin and part from the board."""
        super().close()
        self.wire.close()

    def ticks(self) -> float:
        """Return monotonic seconds, gpiozero's time stamp of an edge."""
        return time.monotonic()

    def ticks_diff(self, later: float, earlier: float) -> float:
        """Return the seconds between two ticks."""
        return later - earlier

    def i2c(self, bus: int, behind: tuple[str, ...] = ()) -> VirtualI2c:  # noqa: ARG002  all alike
        """Return an I2C bus with a light sensor and meters, to be used like `smbus2.SMBus(bus)`.

        `behind` names what the meters on it measure.
        """
        return virtual_i2c(self._lux, self._known_w, behind, time.monotonic)

    @property
    def power_w(self) -> Mapping[str, float]:
        """Watts that each lamp draws, as far as the outside told. Raises BoardLostError."""
        return self.wire.power_w

    def _lux(self) -> float | None:
        try:
            return self.wire.lux
        except BoardLostError:
            return None

    def _known_w(self) -> Mapping[str, float]:
        try:
            return self.wire.power_w
        except BoardLostError:
            return {}

    def _get_revision(self) -> int:
        return PI_4_REVISION

    def _input_changed(self, gpio: int, value: int, at_s: float) -> None:
        for pin in list(self.pins.values()):
            if pin.gpio == gpio:
                pin.input_changed(value, at_s)

    def _settle(self, now_s: float) -> float | None:
        waits_s = [pin.settle(now_s) for pin in list(self.pins.values())]
        return min((wait_s for wait_s in waits_s if wait_s is not None), default=None)


def _link_from_environment() -> BoardLink:
    path = os.environ.get(BOARD_VARIABLE)
    if not path:
        raise BadPinFactory(f"set {BOARD_VARIABLE} to the path of the virtual board's socket")
    try:
        return link_to(Path(path).absolute())
    except BoardError as error:
        raise BadPinFactory(str(error)) from error
