"""Exact stand-ins for what surrounds the shell: a clock the test moves, records, an outlet."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from controller.core.effects import AnnouncePassage, LampEnergy, RecordEnergy
from controller.core.moment import Moment
from controller.core.state import State
from tests.core.build import NIGHT

LIMIT_S = 5.0
BOOT = "5d1f6a3e-9f35-4b0c-9f0e-5c6f7f5e8a11"
ZONE = ZoneInfo("Europe/Berlin")


async def until(condition: Callable[[], object]) -> None:
    """Return as soon as the condition holds; fail when it does not for a long time."""
    deadline_s = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < deadline_s
        await asyncio.sleep(0.001)


@dataclass
class Clock:
    """A moment that moves only when the test moves it."""

    now_s: float = 0.0
    utc_at_zero_s: float | None = NIGHT

    def moment(self) -> Moment:
        utc_s = None if self.utc_at_zero_s is None else self.utc_at_zero_s + self.now_s
        return Moment(self.now_s, utc_s)


@dataclass
class Kept:
    """A Keeper: every value of every topic, in order."""

    said: list[tuple[str, bytes]] = field(default_factory=list)

    def keep(self, topic: str, payload: bytes) -> None:
        self.said.append((topic, payload))

    def of(self, topic: str) -> list[bytes]:
        return [payload for name, payload in self.said if name == topic]


@dataclass
class Told:
    """An Outlet: everything it was handed."""

    announced: list[AnnouncePassage] = field(default_factory=list)
    recorded: list[RecordEnergy] = field(default_factory=list)
    states: list[State] = field(default_factory=list)

    def announce(self, passage: AnnouncePassage) -> None:
        self.announced.append(passage)

    def record(self, record: RecordEnergy) -> None:
        self.recorded.append(record)

    def changed(self, state: State) -> None:
        self.states.append(state)


def record(  # noqa: PLR0913 each has a meaning of its own
    lamps: Mapping[str, float] | None = None,
    duration_s: float = 300.0,
    overhead_wh: float = 0.25,
    *,
    start_s: float = 0.0,
    clock_offset_s: float | None = None,
    baseline: str = "dusk_to_dawn/1",
) -> RecordEnergy:
    """A record of lamps that used so many Wh; sums of its figures are exact in binary."""
    used = {"L1": 2.0} if lamps is None else lamps
    return RecordEnergy(
        start_s=start_s,
        end_s=start_s + duration_s,
        clock_offset_s=clock_offset_s,
        lamps=tuple(LampEnergy(lamp, wh, 2.0 * wh, 10.0 * wh, 1) for lamp, wh in used.items()),
        overhead_wh=overhead_wh,
        baseline=baseline,
    )
