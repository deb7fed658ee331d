"""Virtual time: a heap of deadlines. What is due together happens in the order it was ordered."""

import heapq
from collections.abc import Callable
from itertools import count


class VirtualClock:
    """Seconds after the night's time zero; they pass only from one deadline to the next."""

    def __init__(self, start_s: float) -> None:
        """Begin at `start_s`."""
        self.now_s = start_s
        self._order = count()
        self._due: list[tuple[float, int, Callable[[], None]]] = []

    def at(self, time_s: float, action: Callable[[], None]) -> None:
        """Do `action` at `time_s`, or now if that has passed."""
        heapq.heappush(self._due, (max(time_s, self.now_s), next(self._order), action))

    def run_until(self, end_s: float) -> None:
        """Let time pass up to and including `end_s`."""
        while self._due and self._due[0][0] <= end_s:
            self.now_s, _, action = heapq.heappop(self._due)
            action()
        self.now_s = end_s
