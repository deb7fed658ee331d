"""A straight path for tests of the core, and drivers that keep time exactly."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from controller.core.effects import AnnouncePassage, Effect, FadeLamp, RecordEnergy
from controller.core.energy import SECONDS_PER_HOUR
from controller.core.events import Event, MotionReported, PassageHeard, TimePassed
from controller.core.moment import Moment
from controller.core.path import (
    Lamp,
    LightSensor,
    MotionSensor,
    Node,
    Path,
    PowerTable,
    Section,
)
from controller.core.profile import Presence, Profile
from controller.core.reach import Approach, build_site, links
from controller.core.state import State, begin
from controller.core.step import step

SPACING_M = 35.0
REACH_M = 7.0
NIGHT = datetime(2025, 1, 15, 22, 0, tzinfo=UTC).timestamp()
NOON = datetime(2025, 1, 15, 12, 0, tzinfo=UTC).timestamp()
QUIET_S = 100.0  # longer than any hold on the straight path


def straight_path(lamps: int = 12, per_node: int = 4, spacing_m: float = SPACING_M) -> Path:
    """Lamps L00.. with a sensor M00.. at each; nodes n0.. with a light sensor X0.. each."""
    ats_m = [spacing_m * (i + 0.5) for i in range(lamps)]
    nodes = [f"n{i // per_node}" for i in range(lamps)]
    return Path(
        tenant="soest",
        id="test",
        name="Test path",
        latitude_deg=51.57,
        longitude_deg=8.11,
        timezone="Europe/Berlin",
        junctions=("west", "east"),
        sections=(Section("s", "west", "east", lamps * spacing_m),),
        nodes=tuple(Node(n) for n in dict.fromkeys(nodes)),
        lamps=tuple(
            Lamp(f"L{i:02}", "s", at_m, nodes[i], 15.0, PowerTable.for_rated(15.0))
            for i, at_m in enumerate(ats_m)
        ),
        motion_sensors=tuple(
            MotionSensor(f"M{i:02}", "s", at_m, nodes[i], REACH_M) for i, at_m in enumerate(ats_m)
        ),
        light_sensors=tuple(LightSensor(f"X{n[1:]}", n) for n in dict.fromkeys(nodes)),
    )


@dataclass
class Host:
    """Runs one node's core on a clock that the test moves."""

    state: State
    now_s: float = 0.0
    utc_at_zero_s: float | None = NIGHT
    wake_at_s: float = 0.0
    wakes: int = 0
    effects: list[tuple[float, Effect]] = field(default_factory=list)

    @property
    def moment(self) -> Moment:
        utc_s = None if self.utc_at_zero_s is None else self.utc_at_zero_s + self.now_s
        return Moment(self.now_s, utc_s)

    def tell(self, event: Event) -> tuple[Effect, ...]:
        decision = step(self.state, event, self.moment)
        assert decision.wake_at_s > self.now_s
        self.state, self.wake_at_s = decision.state, decision.wake_at_s
        self.effects += [(self.now_s, e) for e in decision.effects]
        return decision.effects

    def run_to(self, until_s: float) -> None:
        """Wake the core exactly when it asks, until `until_s`."""
        while self.wake_at_s <= until_s:
            self.now_s = max(self.now_s, self.wake_at_s)
            self.wakes += 1
            self.tell(TimePassed())
        self.now_s = until_s

    def motion(
        self, sensor: str, *, active: bool | None, at_s: float | None = None
    ) -> tuple[Effect, ...]:
        """Report the level of a sensor that began now, or at `at_s`."""
        return self.tell(MotionReported(sensor, active, self.now_s if at_s is None else at_s))

    def passage(self, sensor: str) -> None:
        """Let somebody be at a sensor for no time at all."""
        self.motion(sensor, active=True)
        self.motion(sensor, active=False)

    def hear(
        self, sensor: str, seq: int, *, boot: str = "b", age_s: float = 0.0
    ) -> tuple[Effect, ...]:
        return self.tell(PassageHeard(sensor, boot, seq, age_s))

    def level(self, lamp: str) -> float:
        return self.state.lamps[lamp].fade.level_pct_at(self.now_s)

    def target(self, lamp: str) -> float:
        return self.state.lamps[lamp].fade.to_pct

    def reason(self, lamp: str) -> str:
        return self.state.lamps[lamp].ladder[0].reason

    def reasons(self) -> set[str]:
        return {self.reason(lamp) for lamp in self.state.lamps}

    def fades(self, lamp: str) -> list[tuple[float, float, str]]:
        """Every command to a lamp: (time, level, reason)."""
        return [
            (at_s, e.level_pct, e.reason)
            for at_s, e in self.effects
            if isinstance(e, FadeLamp) and e.lamp == lamp
        ]

    def announced(self) -> list[tuple[float, AnnouncePassage]]:
        return [(at_s, e) for at_s, e in self.effects if isinstance(e, AnnouncePassage)]

    def records(self) -> list[tuple[float, RecordEnergy]]:
        return [(at_s, e) for at_s, e in self.effects if isinstance(e, RecordEnergy)]


@dataclass
class Neighbours:
    """Several nodes that hear one another at once and without loss."""

    hosts: dict[str, Host]
    delivered: dict[str, int] = field(default_factory=dict)

    def run_to(self, until_s: float) -> None:
        """Run every node up to `until_s`, each waking when it asks, messages in between."""
        while (next_s := min(h.wake_at_s for h in self.hosts.values())) <= until_s:
            for host in self.hosts.values():
                host.run_to(next_s)
            self.deliver()
        for host in self.hosts.values():
            host.run_to(until_s)

    def deliver(self) -> None:
        """Hand every new announcement to those who listen to its sender."""
        for sender, host in self.hosts.items():
            said = host.announced()
            for _, passage in said[self.delivered.get(sender, 0) :]:
                for listener in self.hosts.values():
                    if sender in listener.state.site.heard_nodes:
                        listener.hear(passage.sensor, passage.seq, boot=sender, age_s=passage.age_s)
            self.delivered[sender] = len(said)

    def owner_of_lamp(self, lamp: str) -> Host:
        return next(h for h in self.hosts.values() if lamp in h.state.lamps)

    def motion(self, sensor: str, *, active: bool) -> None:
        owner = next(h for h in self.hosts.values() if sensor in h.state.site.own_sensors)
        owner.motion(sensor, active=active)
        self.deliver()


def started(
    node: str = "n1",
    *,
    path: Path | None = None,
    profile: Profile | None = None,
    utc_s: float | None = NIGHT,
    record_s: float = 300.0,
) -> Host:
    """A node after its first decision, nothing read yet."""
    site = build_site(path or straight_path(), node)
    state = begin(site, profile or Profile(), Moment(0.0, utc_s), record_s)
    host = Host(state, utc_at_zero_s=utc_s)
    host.tell(TimePassed())
    return host


def read_all(host: Host) -> None:
    """Let every own motion sensor say that nobody is there."""
    for sensor in sorted(host.state.site.own_sensors):
        host.motion(sensor, active=False)


def settled(
    node: str = "n1",
    *,
    path: Path | None = None,
    profile: Profile | None = None,
    utc_s: float | None = NIGHT,
    record_s: float = 300.0,
) -> Host:
    """A node `QUIET_S` after its sensors said that nobody is there. Its effects are forgotten."""
    host = started(node, path=path, profile=profile, utc_s=utc_s, record_s=record_s)
    read_all(host)
    host.run_to(QUIET_S)
    host.effects.clear()
    return host


def neighbours(nodes: Iterable[str], profile: Profile | None = None) -> Neighbours:
    """Settled nodes of the straight path that hear one another."""
    return Neighbours({node: settled(node, profile=profile) for node in nodes})


def with_presence(**changes: float) -> Profile:
    """The default profile with other presence settings."""
    profile = Profile()
    return replace(profile, presence=replace(profile.presence, **changes))


def with_levels(**changes: float) -> Profile:
    """The default profile with other levels."""
    profile = Profile()
    return replace(profile, levels=replace(profile.levels, **changes))


def with_daylight(**changes: float) -> Profile:
    """The default profile with other daylight settings."""
    profile = Profile()
    return replace(profile, daylight=replace(profile.daylight, **changes))


def holds(approaches: Iterable[Approach], presence: Presence | None = None) -> dict[str, float]:
    """Return the hold in seconds by sensor, of the sensors that light a lamp."""
    return {x.sensor: x.hold_s for x in links(tuple(approaches), presence or Presence())}


def hold_s(host: Host, lamp: str, sensor: str) -> float:
    """Return how long a sensor's evidence lights a lamp of this node."""
    return next(x.hold_s for x in host.state.reach.links[lamp] if x.sensor == sensor)


def watt_hours(power_w: float, seconds: float) -> float:
    return power_w * seconds / SECONDS_PER_HOUR
