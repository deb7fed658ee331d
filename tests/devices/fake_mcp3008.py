"""A fake MCP3008 at mock pins, bit by bit, after Microchip's data sheet DS21295.

With the chip selected, the first 1 on DIN is the start bit; then come single/differential and the
channel in three bits, high bit first. After one more clock, in which it samples, a 0 comes out,
then ten bits, high bit first. Its code is 1024 times the input over the reference, at most 1023.
"""

from collections.abc import Callable

from gpiozero.pins.mock import MockFactory, MockSPIDevice

CLOCK, MOSI, MISO = 11, 10, 9
SELECT = (8, 7)
BITS_OF_REQUEST = 5


class FakeMcp3008(MockSPIDevice):  # type: ignore[misc]  # gpiozero publishes no types
    """One chip at CE`device`. `share_at` gives a channel's input as a share of the reference."""

    def __init__(self, pins: MockFactory, device: int, share_at: Callable[[int], float]) -> None:
        super().__init__(CLOCK, MOSI, MISO, SELECT[device], pin_factory=pins)
        self._share_at = share_at

    def on_start(self) -> None:
        super().on_start()
        self._request: list[int] = []

    def on_bit(self) -> None:
        bit = int(self.rx_buf[-1])
        if len(self._request) < BITS_OF_REQUEST and (self._request or bit):
            self._request.append(bit)
            if len(self._request) == BITS_OF_REQUEST:
                self._answer(*self._request[1:])

    def _answer(self, single: int, *channel: int) -> None:
        if not single:
            raise NotImplementedError("fake MCP3008: differential inputs")
        d2, d1, d0 = channel
        code = min(1023, int(1024 * self._share_at(d2 << 2 | d1 << 1 | d0)))
        self.tx_word(code, 12)  # two bits in which it samples and sends the 0
