"""How long to wait before the next attempt to connect."""

import random


class Backoff:
    """Doubling pauses with full jitter, so that the nodes of a path do not return in step.

    A pause is drawn evenly between zero and a bound that doubles from `first_s` to `cap_s`.
    """

    def __init__(self, rng: random.Random, *, first_s: float, cap_s: float) -> None:
        """Start with the shortest pauses."""
        self._rng = rng
        self._first_s = first_s
        self._cap_s = cap_s
        self._bound_s = first_s

    def reset(self) -> None:
        """Begin again with the shortest pauses."""
        self._bound_s = self._first_s

    def next_s(self) -> float:
        """Draw the next pause in seconds."""
        pause_s = self._rng.uniform(0.0, self._bound_s)
        self._bound_s = min(2.0 * self._bound_s, self._cap_s)
        return pause_s

    def slow_s(self) -> float:
        """Draw a pause for what only a person can mend: between half the cap and the cap."""
        return self._rng.uniform(0.5 * self._cap_s, self._cap_s)
