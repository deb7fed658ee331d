"""Paths for tests of the core, and drivers that keep time exactly."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from hypothesis import strategies as st

from controller.core.effects import AnnouncePassage, Effect, FadeLamp, RecordEnergy
from controller.core.energy import SECONDS_PER_HOUR
from controller.core.events import (
    Event,
    MotionReported,
    NeighbourReported,
    PassageHeard,
    TimePassed,
)
from controller.core.lamps import ladder
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
from controller.core.reach import LATENCY_S, SLACK_M, SLACK_S
from controller.core.site import build_site
from controller.core.state import State, begin
from controller.core.step import step
from controller.core.track import FASTER_THAN_FASTEST

SPACING_M = 35.0
REACH_M = 7.0
NIGHT = datetime(2025, 1, 15, 22, 0, tzinfo=UTC).timestamp()
NOON = datetime(2025, 1, 15, 12, 0, tzinfo=UTC).timestamp()
QUIET_S = 100.0  # longer than anybody can be unseen on the straight path
P = Presence()
# On the straight path, for people of unknown speed: so long after a sensor saw the slowest last
# they have left the cell it stands in; so long after it began to see them they are on their way
# to the next sensor at most.
LEAVING_S = (SPACING_M / 2 + P.behind_m - REACH_M) / P.slowest_m_s
UNSEEN_S = (
    SPACING_M + LATENCY_S * FASTER_THAN_FASTEST * P.fastest_m_s + SLACK_M
) / P.slowest_m_s + SLACK_S


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


Place = tuple[str, float]


def small_path(
    sections: Iterable[Section],
    lamps: Mapping[str, Place],
    sensors: Mapping[str, Place],
    *,
    reach_m: float = REACH_M,
    nodes: Mapping[str, str] | None = None,
) -> Path:
    """Lamps and sensors by id at (section, at_m), on the nodes named by id, else on "n"."""
    sections, node_of = tuple(sections), nodes or {}
    power = PowerTable.for_rated(15.0)
    return Path(
        tenant="soest",
        id="small",
        name="Small path",
        latitude_deg=51.57,
        longitude_deg=8.11,
        timezone="Europe/Berlin",
        junctions=tuple(dict.fromkeys(j for s in sections for j in (s.start, s.end))),
        sections=sections,
        nodes=tuple(
            Node(n) for n in dict.fromkeys(node_of.get(x, "n") for x in (*lamps, *sensors))
        ),
        lamps=tuple(
            Lamp(x, section, at_m, node_of.get(x, "n"), 15.0, power)
            for x, (section, at_m) in lamps.items()
        ),
        motion_sensors=tuple(
            MotionSensor(x, section, at_m, node_of.get(x, "n"), reach_m)
            for x, (section, at_m) in sensors.items()
        ),
    )


def line(
    length_m: float,
    lamps: Mapping[str, float],
    sensors: Mapping[str, float],
    *,
    nodes: Mapping[str, str] | None = None,
) -> Path:
    """One section "s" with lamps and sensors by id at their chainages."""
    return small_path(
        [Section("s", "a", "b", length_m)],
        {x: ("s", at_m) for x, at_m in lamps.items()},
        {x: ("s", at_m) for x, at_m in sensors.items()},
        nodes=nodes,
    )


@st.composite
def trees(draw: st.DrawFn) -> list[Section]:
    """Sections without any loop, in whole metres, each from either of its ends."""
    found = []
    for i in range(1, draw(st.integers(2, 6))):
        start, end = draw(st.permutations([f"j{draw(st.integers(0, i - 1))}", f"j{i}"]))
        found.append(Section(f"s{i}", start, end, float(draw(st.integers(6, 90)))))
    return found


@st.composite
def graphs(draw: st.DrawFn) -> list[Section]:
    """Sections with loops among them: rings too, and two between the same junctions."""
    found = draw(trees())
    junctions = st.sampled_from(sorted({j for s in found for j in (s.start, s.end)}))
    for i in range(draw(st.integers(0, 2))):
        length_m = float(draw(st.integers(6, 90)))
        found.append(Section(f"x{i}", draw(junctions), draw(junctions), length_m))
    return found


@st.composite
def paths(
    draw: st.DrawFn,
    sections: st.SearchStrategy[list[Section]],
    *,
    greatest_reach_m: int = 1,
    off_junctions_m: int = 2,
    nodes: tuple[str, ...] = ("n",),
) -> Path:
    """Lamps and sensors at whole metres, one of each at a place; by default none sees a junction.

    The first sensor is always M0.
    """
    those = draw(sections)
    reach_m = float(draw(st.integers(1, greatest_reach_m)))

    def places(kind: str, most: int, off_m: int) -> dict[str, Place]:
        found: dict[Place, str] = {}
        for i in range(draw(st.integers(1, most))):
            section = draw(st.sampled_from(those))
            at_m = draw(st.integers(off_m, int(section.length_m) - off_m))
            found[section.id, float(at_m)] = f"{kind}{i}"
        return {name: place for place, name in found.items()}

    lamps, sensors = places("L", 6, 1), places("M", 4, off_junctions_m)
    node_of = {x: draw(st.sampled_from(nodes)) for x in (*lamps, *sensors)}
    return small_path(those, lamps, sensors, reach_m=reach_m, nodes=node_of)


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

    def passage(self, sensor: str, seconds: float = 2.0) -> None:
        """Let a sensor see somebody for a while; by default for as long as a rider needs."""
        self.motion(sensor, active=True)
        self.run_to(self.now_s + seconds)
        self.motion(sensor, active=False)

    def hear(
        self, sensor: str, seq: int, *, boot: str = "b", age_s: float = 0.0, active: bool = False
    ) -> tuple[Effect, ...]:
        return self.tell(PassageHeard(sensor, boot, seq, age_s, active=active))

    def level(self, lamp: str) -> float:
        return self.state.lamps[lamp].fade.level_pct_at(self.now_s)

    def target(self, lamp: str) -> float:
        return self.state.lamps[lamp].fade.to_pct

    def reason(self, lamp: str) -> str:
        return ladder(self.state, lamp, self.now_s)[0].reason

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
                        listener.hear(
                            passage.sensor,
                            passage.seq,
                            boot=sender,
                            age_s=passage.age_s,
                            active=passage.active,
                        )
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
    """A node `QUIET_S` after its sensors said that nobody is there. Its effects are forgotten.

    Its neighbours are online. It has settled, later if people can be unseen for longer.
    """
    host = started(node, path=path, profile=profile, utc_s=utc_s, record_s=record_s)
    read_all(host)
    for neighbour in sorted(host.state.site.heard_nodes):
        host.tell(NeighbourReported(neighbour, online=True))
    host.run_to(max(QUIET_S, host.state.watch.settles_s or 0.0))
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


def watt_hours(power_w: float, seconds: float) -> float:
    return power_w * seconds / SECONDS_PER_HOUR
