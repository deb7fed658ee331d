"""Where the judge's parts sit: the world they look at, what they find, what they count."""

from collections import Counter
from dataclasses import dataclass, field

from firmware_sim.storm.explaining import explained
from firmware_sim.storm.trace import Trace
from firmware_sim.storm.world import World


@dataclass(frozen=True, slots=True)
class Finding:
    """A broken invariant. `lamp`: the one that is to be explained, if any."""

    invariant: str
    at_s: float
    what: str
    lamp: str = ""

    def __str__(self) -> str:
        """Say it in a line."""
        return f"{self.invariant}: {self.what} (at {self.at_s:.3f} s)"


@dataclass(slots=True)
class Bench:
    """What the parts share. `finding`: the first broken invariant; the storm ends with it."""

    world: World
    trace: Trace
    finding: Finding | None = None
    counts: Counter[str] = field(default_factory=Counter)
    why: tuple[str, ...] = ()
    over: bool = False

    @property
    def now_s(self) -> float:
        """True time."""
        return self.world.loop.time()

    def broken(self, invariant: str, what: str, lamp: str = "") -> None:
        """Note that something does not hold that must."""
        if self.finding is None and not self.over:
            self.finding = Finding(invariant, self.now_s, what, lamp)
            self.note("judge", str(self.finding))
            if lamp:
                self.why = tuple(explained(self.world, lamp))
            if self.world.loop.is_running():
                self.world.loop.stop()

    def note(self, who: str, what: str) -> None:
        """Write a line of the trace."""
        self.trace.note(self.now_s, who, what)
