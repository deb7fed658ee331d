"""Virtual time: a heap of deadlines. What is due together happens in the order it was ordered."""

import heapq
import math
from collections.abc import Callable, Iterable
from itertools import count
from operator import itemgetter

Action = Callable[[], None]


class VirtualClock:
    """Seconds after the night's time zero; they pass only from one deadline to the next."""

    def __init__(self, start_s: float) -> None:
        """Begin at `start_s`."""
        self.now_s = start_s
        self._order = count()
        self._due: list[tuple[float, int, Action]] = []
        self._planned: list[tuple[float, Action]] = []

    def plan(self, actions: Iterable[tuple[float, Action]]) -> None:
        """Do what is known beforehand at its time, before all else that is due then.

        It is sorted once, latest first, and kept out of the heap, which stays small and fast.
        """
        later = [(max(time_s, self.now_s), action) for time_s, action in actions]
        later.sort(key=itemgetter(0))
        later.reverse()
        self._planned = later

    def at(self, time_s: float, action: Action) -> None:
        """Do `action` at `time_s`, or now if that has passed."""
        heapq.heappush(self._due, (max(time_s, self.now_s), next(self._order), action))

    def run_until(self, end_s: float) -> None:
        """Let time pass up to and including `end_s`."""
        due, planned = self._due, self._planned
        while True:
            planned_s = planned[-1][0] if planned else math.inf
            due_s = due[0][0] if due else math.inf
            if min(planned_s, due_s) > end_s:
                break
            if planned_s <= due_s:
                self.now_s, action = planned.pop()
            else:
                self.now_s, _, action = heapq.heappop(due)
            action()
        self.now_s = end_s
