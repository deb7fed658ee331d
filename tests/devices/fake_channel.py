"""A dimming line that remembers, and fails while it is told to."""

from dataclasses import dataclass, field


@dataclass
class FakeChannel:
    written: list[float] = field(default_factory=list)
    refused: list[float] = field(default_factory=list)
    broken: bool = False
    refuses_below_pct: float = 0.0
    closed: bool = False

    def write(self, level_pct: float) -> None:
        if self.broken or level_pct < self.refuses_below_pct:
            self.refused.append(level_pct)
            raise OSError("the line is broken")
        self.written.append(level_pct)

    def close(self) -> None:
        self.closed = True


@dataclass
class Told:
    """What drivers said of their lamps."""

    faults: list[tuple[str, str | None]] = field(default_factory=list)

    def __call__(self, lamp: str, fault: str | None) -> None:
        self.faults.append((lamp, fault))
