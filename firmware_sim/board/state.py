"""What the board knows: levels put on inputs, what the controller does with outputs. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from firmware_sim.board.messages import (
    MAX_LAMPS,
    BadLineError,
    InputSet,
    LuxSet,
    PinDriven,
    PowerSet,
)

PULLED_DUTY = 1.0
"""An undriven output: the wiring's pull means light (the board's lamps are active high)."""


@dataclass(frozen=True, slots=True)
class Output:
    """An output pin's state. `owner` is the connection that drives it, None for nobody."""

    duty: float
    at_s: float
    owner: int | None

    def message(self, pin: int) -> dict[str, object]:
        """Return the line's content that tells the outside about this output."""
        undriven = {"driven": False} if self.owner is None else {}
        return {"pin": pin, "duty": self.duty, **undriven, "at": self.at_s}


@dataclass(slots=True)
class BoardState:
    """All state of a board. Methods return the messages that the change is worth.

    Who drives a pin last owns it, so that a controller which restarts takes its pins over
    whichever of its two connections is noticed first.
    """

    inputs: dict[int, int] = field(default_factory=dict)
    lux: float | None = None
    power_w: dict[str, float] = field(default_factory=dict)
    outputs: dict[int, Output] = field(default_factory=dict)

    def set_from_outside(self, change: InputSet | LuxSet | PowerSet) -> dict[str, object] | None:
        """Return what the controller is to hear, None if nothing changed. Raises BadLineError."""
        match change:
            case InputSet(pin, value):
                if self.inputs.get(pin) == value:
                    return None
                self.inputs[pin] = value
                return {"pin": pin, "value": value}
            case LuxSet(lux):
                if self.lux == lux:
                    return None
                self.lux = lux
                return {"lux": lux}
            case PowerSet(power_w):
                return self._set_power(dict(power_w))

    def _set_power(self, power_w: dict[str, float]) -> dict[str, object] | None:
        merged = self.power_w | power_w
        if len(merged) > MAX_LAMPS:
            raise BadLineError(f"power_w: this board has at most {MAX_LAMPS} lamps")
        if merged == self.power_w:
            return None
        self.power_w = merged
        return {"power_w": power_w}

    def drive(self, owner: int, change: PinDriven) -> dict[str, object] | None:
        """Return what the outside is to hear, None if neither duty nor drive changed."""
        known = self.outputs.get(change.pin)
        output = Output(change.duty, change.at_s, owner)
        self.outputs[change.pin] = output
        if known is not None and known.owner is not None and known.duty == change.duty:
            return None
        return output.message(change.pin)

    def release(self, owner: int, pin: int, at_s: float) -> dict[str, object] | None:
        """Leave `pin` to its pull if `owner` drives it; return what the outside is to hear."""
        known = self.outputs.get(pin)
        if known is None or known.owner != owner:
            return None
        self.outputs[pin] = Output(PULLED_DUTY, at_s, None)
        return self.outputs[pin].message(pin)

    def release_all(self, owner: int, at_s: float) -> Iterator[dict[str, object]]:
        """Leave every pin of `owner` to its pull; yield what the outside is to hear."""
        for pin in sorted(self.outputs):
            message = self.release(owner, pin, at_s)
            if message is not None:
                yield message

    def for_controller(self) -> dict[str, object]:
        """Return everything that a controller has to know before its first read."""
        inputs = {str(pin): value for pin, value in self.inputs.items()}
        return {"inputs": inputs, "lux": self.lux, "power_w": self.power_w}

    def for_outside(self) -> Iterator[dict[str, object]]:
        """Yield the state of every output known so far."""
        for pin, output in sorted(self.outputs.items()):
            yield output.message(pin)
