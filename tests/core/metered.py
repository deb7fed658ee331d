"""A node whose lamps are watched by meters, week after week, without a step of the core."""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from controller.core.agreement import Agreement, agreements
from controller.core.comparison import Reconciliation
from controller.core.expected import SETTLED_S
from controller.core.fade import Fade, holding
from controller.core.metering import Meter
from controller.core.moment import Moment
from controller.core.path import PowerTable
from controller.core.profile import Profile
from controller.core.reconcile import sampled
from controller.core.reconcile_document import from_document, to_document
from controller.core.site import build_site
from controller.core.state import State, begin
from tests.core.build import straight_path

BEGIN_UTC_S = 1_735_776_000.0  # Thursday 2 January 2025, 00:00 UTC: a week of POSIX time begins
DAY_S = 86400.0
A_DAY = 96
EVERY_S = DAY_S / A_DAY
NIGHT = (0.0, 10.0, 100.0, 10.0, 30.0, 10.0, 100.0, 0.0, 0.0, 0.0)


@dataclass(slots=True)
class Watched:
    """`meters` of a node with four lamps; `now_s` on both clocks since `BEGIN_UTC_S`."""

    meters: Iterable[Meter]
    power: PowerTable | None = None
    trusted: bool = True
    reconciliation: Reconciliation = field(default_factory=Reconciliation)
    now_s: float = 0.0
    state: State = field(init=False)

    def __post_init__(self) -> None:
        path = straight_path(4)
        if self.power is not None:
            path = replace(path, lamps=tuple(replace(x, power=self.power) for x in path.lamps))
        self.state = begin(
            build_site(path, "n0"), Profile(), self.moment, meters=tuple(self.meters)
        )

    @property
    def moment(self) -> Moment:
        return Moment(self.now_s, BEGIN_UTC_S + self.now_s if self.trusted else None)

    def put(self, levels: Mapping[str, float], *, still_s: float = 2.0 * SETTLED_S) -> None:
        """Lamps are at `levels` for `still_s`, after a fade of 3 s."""
        begin_s = self.now_s - still_s - 3.0
        lamps = {
            x: known._replace(fade=Fade(known.fade.to_pct, levels[x], begin_s, 3.0))
            if x in levels
            else known._replace(fade=holding(known.fade.to_pct, begin_s))
            for x, known in self.state.lamps.items()
        }
        self.state = self.state._replace(lamps=lamps)

    def read(self, meter: str, power_w: float | None) -> None:
        metered = self.state.meters[meter].read(power_w, self.now_s)
        self.state = self.state._replace(meters={**self.state.meters, meter: metered})

    def sample(self) -> None:
        self.reconciliation = sampled(self.reconciliation, self.state, self.moment)

    def restart(self) -> None:
        """Forget all that no document keeps."""
        document = json.loads(json.dumps(to_document(self.reconciliation)))
        self.reconciliation = from_document(document)

    def days(
        self,
        days: float,
        lamps: Iterable[str],
        meter: str,
        reading_w: Callable[[dict[str, float], float], float | None],
        night: tuple[float, ...] = NIGHT,
    ) -> None:
        """Let every lamp run through `night` again and again, each a step behind the one before.

        `reading_w(levels, seconds since the beginning)` is what the meter reads.
        """
        begun = int(self.now_s / EVERY_S) + 1
        for step in range(begun, begun + round(days * DAY_S / EVERY_S)):
            self.now_s = step * EVERY_S
            levels = {x: night[(step + i) % len(night)] for i, x in enumerate(lamps)}
            self.put(levels)
            self.read(meter, reading_w(levels, self.now_s))
            self.sample()

    def agreement(self, meter: str) -> Agreement:
        return {x.meter.id: x for x in agreements(self.reconciliation, self.state)}[meter]
