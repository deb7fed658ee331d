"""A virtual GPIO pin with what gpiozero can ask of one: input, edges, pull, bounce, output, PWM."""

import math
import threading
from collections.abc import Callable
from typing import Any, Protocol

from gpiozero.exc import (
    PinFixedPull,
    PinInvalidBounce,
    PinInvalidEdges,
    PinInvalidFunction,
    PinInvalidPull,
    PinInvalidState,
    PinPWMFixedValue,
    PinSetInput,
)
from gpiozero.pins.pi import PiPin


class Wire(Protocol):
    """What a pin needs of the board."""

    def input(self, pin: int) -> int | None:
        """Return the level put on `pin`, None if there is none."""

    def drive(self, pin: int, duty: float) -> None:
        """Drive `pin`."""

    def release(self, pin: int) -> None:
        """Stop driving `pin`."""


class VirtualPin(PiPin):  # type: ignore[misc]  # gpiozero publishes no types
    """One pin. `_get_*` and `_set_*` are what gpiozero's properties call.

    An output tells the board its first state when it is given one, not when it becomes an output.
    """

    def __init__(self, factory: Any, info: Any) -> None:  # noqa: ANN401  gpiozero publishes no types
        """Begin as an input; the factory calls this."""
        super().__init__(factory, info)
        self._wire: Wire = factory.wire
        self._function = "input"
        self._pull = info.pull or "floating"
        self._edges = "both"
        self._bounce: float | None = None
        self._frequency: float | None = None
        self._duty = 0.0
        self._debounce = Debounce()

    def close(self) -> None:
        """Make the pin an input again that nobody listens to."""
        self.when_changed = None
        self.function = "input"

    @property
    def gpio(self) -> int:
        """The pin's GPIO number."""
        return int(self._number)

    def input_changed(self, value: int, at_s: float) -> None:
        """Take a new level from the board. Called in the reader thread."""
        if self._function == "input":
            self._debounce.changed(value, at_s + (self._bounce or 0.0))
            self.settle(at_s)

    def settle(self, now_s: float) -> float | None:
        """Fire the edge of a level that was stable long enough; return seconds until one may be."""
        value = self._debounce.settled(now_s)
        if value is not None and self._edges in ("both", "rising" if value else "falling"):
            self._fire(now_s, value)
        return self._debounce.remaining_s(now_s)

    def _fire(self, at_s: float, value: int) -> None:
        with self._when_changed_lock:
            callback = self.when_changed
        if callback is not None:
            callback(at_s, value)

    def _get_function(self) -> str:
        return self._function

    def _set_function(self, value: str) -> None:
        if value not in ("input", "output"):
            raise PinInvalidFunction(f'invalid function "{value}" for pin {self!r}')
        if self._function == "output" and value == "input":
            self._frequency = None
            self._wire.release(self._number)
        self._function = value

    def _get_state(self) -> float:
        if self._function == "output":
            return self._duty if self._frequency else int(self._duty > 0)
        level = self._wire.input(self._number)
        return int(self._pull == "up") if level is None else level

    def _set_state(self, value: float) -> None:
        if self._function == "input":
            raise PinSetInput(f"cannot set state of pin {self!r}")
        if not 0 <= value <= 1:
            raise PinInvalidState(f'invalid state "{value}" for pin {self!r}')
        self._duty = float(value if self._frequency else bool(value))
        self._wire.drive(self._number, self._duty)

    def _get_pull(self) -> str:
        return self._pull

    def _set_pull(self, value: str) -> None:
        if self._function != "input":
            raise PinFixedPull(f"cannot set pull on non-input pin {self!r}")
        if self.info.pull not in (value, ""):
            raise PinFixedPull(f"{self!r} has a physical pull-{self.info.pull} resistor")
        if value not in ("floating", "up", "down"):
            raise PinInvalidPull(f'invalid pull "{value}" for pin {self!r}')
        self._pull = value

    def _get_frequency(self) -> float | None:
        return self._frequency

    def _set_frequency(self, value: float | None) -> None:
        if value and self._function != "output":
            raise PinPWMFixedValue(f"cannot start PWM on pin {self!r}")
        self._frequency = value or None

    def _get_bounce(self) -> float | None:
        return self._bounce

    def _set_bounce(self, value: float | None) -> None:
        if value is not None and not 0 <= value < math.inf:
            raise PinInvalidBounce("bounce must be 0 or greater")
        self._bounce = value or None

    def _get_edges(self) -> str:
        return self._edges

    def _set_edges(self, value: str) -> None:
        if value not in ("none", "falling", "rising", "both"):
            raise PinInvalidEdges(f'invalid edges "{value}" for pin {self!r}')
        self._edges = value

    def _enable_event_detect(self) -> None:
        self._debounce.watch(lambda: int(self.state))

    def _disable_event_detect(self) -> None:
        self._debounce.ignore()


class Debounce:
    """A level counts once it was stable for a while, as in the kernel's GPIO character device."""

    def __init__(self) -> None:
        """Start without watching."""
        self._watching = False
        self._lock = threading.Lock()
        self._stable: int | None = None
        self._next: tuple[int, float] | None = None

    def watch(self, read: Callable[[], int]) -> None:
        """Begin at the level that `read` returns; a change after it is not missed."""
        with self._lock:
            self._watching, self._stable, self._next = True, read(), None

    def ignore(self) -> None:
        """Forget everything."""
        with self._lock:
            self._watching, self._next = False, None

    def changed(self, value: int, due_s: float) -> None:
        """Take a raw level that counts at `due_s` if no other comes before."""
        with self._lock:
            if self._watching:
                self._next = (value, due_s)

    def settled(self, now_s: float) -> int | None:
        """Return a level that counts from now on, None if none became stable."""
        with self._lock:
            if self._next is None or self._next[1] > now_s:
                return None
            value, self._next = self._next[0], None
            if value == self._stable:
                return None
            self._stable = value
            return value

    def remaining_s(self, now_s: float) -> float | None:
        """Return seconds until the present raw level counts, None if it does."""
        with self._lock:
            return None if self._next is None else max(0.0, self._next[1] - now_s)
