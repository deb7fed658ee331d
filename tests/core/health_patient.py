"""A node whose health is watched, on a clock that the test moves."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from controller.core.effects import Effect
from controller.core.events import (
    Event,
    LuxMeasured,
    NeighbourReported,
    PowerMeasured,
    TimePassed,
)
from controller.core.health.alarms import AlarmChange, Finding, Key, Vitals
from controller.core.health.counting import Counts
from controller.core.health.examination import Examination
from controller.core.health.examining import (
    EXAMINE_S,
    RULES,
    Health,
    examined,
    healthy,
    observed,
)
from controller.core.health.hours import Hours, Night, PastHour
from controller.core.health.sampling import Samples
from controller.core.metering import Meter
from controller.core.moment import Moment
from controller.core.path import Path
from controller.core.profile import Profile
from controller.core.site import build_site
from controller.core.state import State, begin
from tests.core.build import NIGHT, Host, read_all, straight_path

HOUR_S = 3600.0
MOST_EVIDENCE = 4


@dataclass
class Patient(Host):
    """A node that is examined every minute."""

    vitals: Vitals = field(default_factory=Vitals)
    changes: list[AlarmChange] = field(default_factory=list)
    lux: Callable[[float], Mapping[str, float | None]] | None = None
    watts: Callable[[float], Mapping[str, float | None]] | None = None

    def __post_init__(self) -> None:
        self.health: Health = healthy(self.state, self.moment)
        self.examine_at_s = self.now_s + EXAMINE_S

    def tell(self, event: Event) -> tuple[Effect, ...]:
        effects = super().tell(event)
        self.health = observed(self.health, self.state, self.moment)
        return effects

    def run_to(self, until_s: float) -> None:
        """Read light sensors and meters a second before every examination, by POSIX seconds."""
        while self.examine_at_s <= until_s:
            super().run_to(max(self.now_s, self.examine_at_s - 1.0))
            utc_s = self.now_s + (self.utc_at_zero_s or 0.0)
            for sensor, lux in self.lux(utc_s).items() if self.lux else ():
                self.tell(LuxMeasured(sensor, lux))
            for meter, power_w in self.watts(utc_s).items() if self.watts else ():
                self.tell(PowerMeasured(meter, power_w))
            super().run_to(self.examine_at_s)
            self.examine()
            self.examine_at_s += EXAMINE_S
        super().run_to(until_s)

    def run_for(self, seconds: float) -> None:
        self.run_to(self.now_s + seconds)

    def examine(self) -> tuple[AlarmChange, ...]:
        self.health, changes = examined(self.health, self.state, self.moment, self.vitals)
        self.changes += changes
        for alarm in self.health.alarms.values():
            assert len(alarm.evidence) <= MOST_EVIDENCE
        return changes

    @property
    def alarms(self) -> set[str]:
        return {str(key) for key in self.health.alarms}

    def since_s(self, code: str, subject: str) -> float:
        return self.health.alarms[Key(code, subject)].since_s

    def raised(self, code: str) -> list[tuple[float, str]]:
        """When and of what an alarm was raised."""
        return [(c.at_s, c.subject) for c in self.changes if c.code == code and c.raised]

    def cleared(self, code: str) -> list[tuple[float, str]]:
        return [(c.at_s, c.subject) for c in self.changes if c.code == code and not c.raised]


def unlit_path(lamps: int = 6, per_node: int = 6) -> Path:
    """The straight path without light sensors."""
    return replace(straight_path(lamps, per_node), light_sensors=())


def patient(  # noqa: PLR0913 - each has a meaning of its own
    node: str = "n0",
    *,
    path: Path | None = None,
    profile: Profile | None = None,
    utc_s: float | None = NIGHT,
    meters: Iterable[Meter] = (),
    read: bool = True,
) -> Patient:
    """A node that has just started, by default the only one on a path without light sensors.

    Its neighbours are online and its sensors see nobody (`read`).
    """
    site = build_site(path or unlit_path(), node)
    state = begin(site, profile or Profile(), Moment(0.0, utc_s), meters=meters)
    found = Patient(state, utc_at_zero_s=utc_s)
    found.tell(TimePassed())
    if read:
        read_all(found)
        for neighbour in sorted(site.heard_nodes):
            found.tell(NeighbourReported(neighbour, online=True))
    return found


# --- what a rule says of something that is set out by hand ----------------------------------------

Verdicts = dict[str, bool | None]
"""By subject whether it is faulty; None: in between."""


def node_state(
    *, path: Path | None = None, node: str = "n0", meters: Iterable[Meter] = ()
) -> State:
    """A node at its start, to be changed by hand."""
    site = build_site(path or unlit_path(), node)
    return begin(site, Profile(), Moment(0.0, NIGHT), meters=meters)


def looked_at(  # noqa: PLR0913 - each has a meaning of its own
    state: State,
    *,
    now_s: float = 0.0,
    utc_s: float | None = NIGHT,
    vitals: Vitals | None = None,
    samples: Samples | None = None,
    past: PastHour | None = None,
    told: Night | None = None,
    elapsed_s: float = EXAMINE_S,
    rises: Mapping[str, int] | None = None,
) -> Examination:
    """An examination of a node of which only this is known."""
    counts = Counts.none(state, now_s)
    return Examination(
        state,
        Moment(now_s, utc_s),
        vitals or Vitals(),
        counts,
        Hours(now_s, counts, past=past, told=told),
        samples or Samples(),
        elapsed_s,
        dict.fromkeys(state.site.own_sensors, 0) | dict(rises or {}),
    )


def findings(code: str, x: Examination) -> dict[str, Finding]:
    """What the rule behind an alarm finds, by subject."""
    (rule,) = (rule for rule in RULES if rule.code == code)
    return {found.subject: found for found in rule.look(x)}


def verdicts(code: str, x: Examination) -> Verdicts:
    return {subject: found.faulty for subject, found in findings(code, x).items()}
