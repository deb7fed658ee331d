"""Three neighbouring nodes on a bad network, driven at random; what must always hold.

The machine owns the truth: what each motion sensor really sees, when that began, which nodes are
there, what was ordered, and which messages are under way. Nodes share the monotonic clock, as
their lamps share the night.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from controller.core.arbitration import Proposal, Rung
from controller.core.effects import Effect
from controller.core.events import (
    EmergencyDeclared,
    EmergencyEnded,
    Event,
    LuxMeasured,
    NeighbourReported,
    OverrideCleared,
    OverrideOrdered,
    PassageHeard,
    ProfileChanged,
    Stopped,
    TimePassed,
)
from controller.core.lamps import ladder
from controller.core.moment import Moment
from controller.core.orders import EMERGENCY_GREATEST_S
from controller.core.presence import SILENT_S
from controller.core.profile import Override, Presence, Profile
from controller.core.reach import STOP_S
from controller.core.sight import GREATEST_TAIL_S
from controller.core.site import Site, build_site
from controller.core.state import State, begin
from controller.core.step import step
from controller.core.track import Track
from controller.core.ways import HORIZON_M
from tests.core.build import (
    NIGHT,
    NOON,
    REACH_M,
    Host,
    straight_path,
    with_daylight,
    with_levels,
    with_presence,
)

PATH = straight_path(lamps=9, per_node=3)
NODES = tuple(x.id for x in PATH.nodes)
SENSORS = tuple(x.id for x in PATH.motion_sensors)
LAMPS = tuple(x.id for x in PATH.lamps)
SITES = {node: build_site(PATH, node) for node in NODES}
RECORD_S = 120.0
ORDERED_S = st.none() | st.floats(0.1, 1e6)
PROFILES = (
    Profile(),
    with_levels(base_pct=20.0, presence_pct=80.0, safety_floor_pct=30.0, fail_safe_pct=90.0),
    with_levels(base_pct=0.0, safety_floor_pct=1.0),
    with_presence(hold_s=60.0, slowest_m_s=0.4, fade_up_s=0.0, fade_down_s=7.3),
    with_presence(hold_s=2.0, preview_cap_m=0.0, fade_up_s=60.0, calm_s=0.0),
    with_daylight(advance_s=0.0, lux_time_constant_s=1.0),
    Profile(override=Override(default_s=60.0, greatest_s=300.0)),
)
# Longer than anybody is waited for, shorter than the night.
HOME_S = 1800.0
# A speed that is known is uncertain by so much at most.
SPEED_SPREAD = 0.1

sensors = st.sampled_from(SENSORS)
nodes = st.sampled_from(NODES)
lamps = st.sampled_from(LAMPS)

Report = tuple[bool | None, float]


@dataclass(frozen=True)
class Letter:
    to: str
    heard: PassageHeard


@dataclass
class Recorder(Host):
    """A node that remembers all it was told, to be told again."""

    log: list[tuple[Event, Moment]] = field(default_factory=list)

    def tell(self, event: Event) -> tuple[Effect, ...]:
        self.log.append((event, self.moment))
        return super().tell(event)

    def winner(self, lamp: str) -> Proposal:
        return ladder(self.state, lamp, self.now_s)[0]


def beginning(node: str, profile: Profile, utc_s: float | None) -> State:
    return begin(SITES[node], profile, Moment(0.0, utc_s), RECORD_S)


def longest_wait_s(track: Track, presence: Presence) -> float:
    """How long after a sensor saw people nothing more is expected of them, by the rules.

    Either they were seen again, or they have left what is known of the path, or they were waited
    for where they had stopped.
    """
    slow_m_s = max(track.slowest_m_s, presence.slowest_m_s)
    if track.speed_m_s is not None:
        slow_m_s = track.speed_m_s * (1.0 - SPEED_SPREAD)
    way_m = HORIZON_M + presence.behind_m + 2.0 * REACH_M
    return GREATEST_TAIL_S + way_m / slow_m_s + STOP_S


class BadNetwork(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0
        self.profile = dict.fromkeys(NODES, Profile())
        self.begun: tuple[Profile, float | None] = Profile(), None
        self.hosts: dict[str, Recorder] = {}
        self.told: dict[str, list[Report]] = {x: [] for x in SENSORS}
        self.held_up: dict[str, list[Report]] = {x: [] for x in SENSORS}
        self.truth: dict[str, Report] = {}
        # By node and other node: since when it is known to be there, None while it is not.
        self.online: dict[tuple[str, str], float | None] = {}
        self.emergency_until_s = dict.fromkeys(NODES, -math.inf)
        self.letters: list[Letter] = []
        self.delivered: list[Letter] = []
        self.posted = dict.fromkeys(NODES, 0)

    @initialize(utc_s=st.sampled_from([NIGHT, NOON, None]), profile=st.sampled_from(PROFILES))
    def start(self, utc_s: float | None, profile: Profile) -> None:
        self.begun = profile, utc_s
        for node in NODES:
            self.profile[node] = profile
            self.hosts[node] = Recorder(beginning(node, profile, utc_s), utc_at_zero_s=utc_s)
            self.hosts[node].tell(TimePassed())
        self.post()

    # --- the world --------------------------------------------------------------------------------

    def owner(self, sensor: str) -> Recorder:
        return next(self.hosts[x] for x in NODES if sensor in SITES[x].own_sensors)

    def post(self) -> None:
        """Put new announcements under way to everyone who listens."""
        for sender, host in self.hosts.items():
            said = host.announced()
            for _, x in said[self.posted[sender] :]:
                heard = PassageHeard(x.sensor, sender, x.seq, x.age_s, active=x.active)
                self.letters += [
                    Letter(to, heard) for to in NODES if sender in SITES[to].heard_nodes
                ]
            self.posted[sender] = len(said)

    def run(self, seconds: float) -> None:
        self.now_s += seconds
        for host in self.hosts.values():
            host.run_to(self.now_s)
        self.post()

    def tell_twice(self, node: str, event: Event) -> None:
        """Tell something, and again: the second time changes nothing."""
        host = self.hosts[node]
        host.tell(event)
        before = host.state
        assert host.tell(event) == ()
        assert host.state == before
        self.post()

    def report(self, sensor: str, report: Report) -> None:
        active, at_s = report
        self.owner(sensor).motion(sensor, active=active, at_s=at_s)
        self.told[sensor].append(report)
        self.post()

    def newest(self, sensor: str) -> Report:
        """What the sensor's node was told of it that began last; before all it is not read."""
        return max(self.told[sensor], key=lambda report: report[1], default=(None, 0.0))

    # --- rules ------------------------------------------------------------------------------------

    @rule(seconds=st.sampled_from([0.1, 0.5, 1.0, 4.0, 9.9, 30.0, 300.0, 3600.0]))
    def time_passes(self, seconds: float) -> None:
        self.run(seconds)

    @rule(node=nodes)
    def the_host_asks_too_early(self, node: str) -> None:
        host = self.hosts[node]
        trusted = (host.utc_at_zero_s is None) == (host.state.sky.clock_offset_s is None)
        jumped = host.utc_at_zero_s != host.state.sky.clock_offset_s
        before = host.state
        effects = host.tell(TimePassed())
        if trusted and not jumped:
            assert effects == ()
            assert host.state == before
        self.post()

    @rule(sensor=sensors, active=st.booleans())
    def a_sensor_changes(self, *, sensor: str, active: bool) -> None:
        before = self.truth.get(sensor)
        if before is None or before[0] is not active:
            self.run(0.01)
            self.truth[sensor] = (active, self.now_s)
        self.report(sensor, self.truth[sensor])
        assert self.owner(sensor).state.watch.evidence[sensor].occupied is active

    @rule(
        first=st.integers(0, len(SENSORS) - 1),
        seconds=st.sampled_from([4.2, 7.0, 26.0, 50.0]),
        mail=st.booleans(),
    )
    def somebody_goes_by_four_sensors(self, first: int, seconds: float, *, mail: bool) -> None:
        """So that tracks with speed and direction come about."""
        onward = 1 if first < len(SENSORS) // 2 else -1
        for i in range(4):
            sensor = SENSORS[first + onward * i]
            for active in (True, False):
                self.run(seconds * 0.4)
                self.truth[sensor] = (active, self.now_s)
                self.report(sensor, self.truth[sensor])
                if mail:
                    self.the_mail_comes()
            self.run(seconds * 0.2)

    @rule(sensor=sensors)
    def a_change_is_held_up(self, sensor: str) -> None:
        if sensor in self.truth:
            self.run(0.01)
            self.truth[sensor] = (not self.truth[sensor][0], self.now_s)
            self.held_up[sensor].append(self.truth[sensor])
            self.run(0.01)

    @precondition(lambda self: any(self.held_up.values()))
    @rule(data=st.data())
    def a_change_arrives_late(self, data: st.DataObject) -> None:
        sensor = data.draw(st.sampled_from([x for x in SENSORS if self.held_up[x]]))
        late = data.draw(st.sampled_from(self.held_up[sensor]))
        self.held_up[sensor].remove(late)
        self.report(sensor, late)

    @rule(sensor=sensors, data=st.data())
    def an_old_report_comes_again(self, sensor: str, data: st.DataObject) -> None:
        if self.told[sensor]:
            active, at_s = data.draw(st.sampled_from(self.told[sensor]))
            host = self.owner(sensor)
            before = host.state.watch.evidence[sensor]
            host.motion(sensor, active=active, at_s=at_s)
            assert host.state.watch.evidence[sensor] == before
            self.post()

    @rule(sensor=sensors)
    def a_sensor_cannot_be_read(self, sensor: str) -> None:
        self.run(0.01)
        self.truth[sensor] = (None, self.now_s)
        self.report(sensor, self.truth[sensor])

    @precondition(lambda self: self.letters)
    @rule(data=st.data(), fate=st.sampled_from(["arrives", "arrives twice", "is lost"]))
    def a_letter(self, data: st.DataObject, fate: str) -> None:
        """Letters overtake one another: any of them may be the next."""
        letter = self.letters.pop(data.draw(st.integers(0, len(self.letters) - 1)))
        if fate == "arrives":
            self.hosts[letter.to].tell(letter.heard)
        elif fate == "arrives twice":
            self.tell_twice(letter.to, letter.heard)
        if fate != "is lost":
            self.delivered.append(letter)
        self.post()

    @precondition(lambda self: self.letters)
    @rule()
    def the_mail_comes(self) -> None:
        for letter in self.letters:
            self.hosts[letter.to].tell(letter.heard)
        self.delivered += self.letters
        self.letters.clear()
        self.post()

    @precondition(lambda self: self.delivered)
    @rule(data=st.data())
    def a_letter_comes_again_much_later(self, data: st.DataObject) -> None:
        letter = data.draw(st.sampled_from(self.delivered))
        host = self.hosts[letter.to]
        before = host.state.watch.evidence[letter.heard.sensor]
        host.tell(letter.heard)
        assert host.state.watch.evidence[letter.heard.sensor] == before
        self.post()

    @rule(node=nodes, other=nodes, online=st.booleans())
    def a_node_comes_or_goes(self, node: str, other: str, *, online: bool) -> None:
        self.tell_online(node, other, online=online)

    @rule()
    def all_nodes_are_there(self) -> None:
        for node in NODES:
            for other in NODES:
                self.tell_online(node, other, online=True)

    def tell_online(self, node: str, other: str, *, online: bool) -> None:
        if other in SITES[node].heard_nodes and online != self.is_online(node, other):
            self.online[node, other] = self.now_s if online else None
        self.tell_twice(node, NeighbourReported(other, online))

    def is_online(self, node: str, other: str) -> bool:
        return self.online.get((node, other)) is not None

    @rule(node=nodes, lux=st.none() | st.sampled_from([0.0, 5.0, 40.0, 60.0, 1000.0, 1e5]))
    def light_is_measured(self, node: str, lux: float | None) -> None:
        self.hosts[node].tell(LuxMeasured(f"X{node[1:]}", lux))
        self.post()

    @rule(node=nodes, utc_s=st.sampled_from([NIGHT, NOON, None]))
    def the_clock_changes(self, node: str, utc_s: float | None) -> None:
        host = self.hosts[node]
        host.utc_at_zero_s = None if utc_s is None else utc_s - self.now_s
        host.tell(TimePassed())
        self.post()

    @rule(node=nodes, profile=st.sampled_from(PROFILES))
    def the_profile_changes(self, node: str, profile: Profile) -> None:
        self.profile[node] = profile
        self.tell_twice(node, ProfileChanged(profile))

    @rule(node=nodes, lamp=lamps, level=st.floats(0.0, 100.0), duration_s=ORDERED_S)
    def an_override(self, node: str, lamp: str, level: float, duration_s: float | None) -> None:
        self.tell_twice(node, OverrideOrdered((lamp,), level, duration_s))

    @rule(node=nodes, lamp=lamps)
    def an_override_is_cleared(self, node: str, lamp: str) -> None:
        self.tell_twice(node, OverrideCleared((lamp,)))

    @rule(node=nodes, duration_s=ORDERED_S)
    def an_emergency(self, node: str, duration_s: float | None) -> None:
        rules = self.profile[node].override
        span_s = rules.default_s if duration_s is None else duration_s
        bounded_s = min(span_s, EMERGENCY_GREATEST_S)
        self.emergency_until_s[node] = self.now_s + bounded_s
        self.tell_twice(node, EmergencyDeclared(duration_s))

    @rule(node=nodes)
    def an_emergency_ends(self, node: str) -> None:
        self.emergency_until_s[node] = -math.inf
        self.tell_twice(node, EmergencyEnded())

    @rule()
    def everybody_goes_home(self) -> None:
        """Vacancy returns to base, and nobody is waited for any more."""
        self.letters.clear()
        for node, host in self.hosts.items():
            host.utc_at_zero_s = NIGHT - self.now_s
            self.the_profile_changes(node, Profile())
            host.tell(OverrideCleared(LAMPS))
            self.an_emergency_ends(node)
        self.all_nodes_are_there()
        self.run(0.01)
        for sensor in SENSORS:
            if self.truth.get(sensor, (None, 0.0))[0] is not False:
                self.truth[sensor] = (False, self.now_s)
            self.report(sensor, self.truth[sensor])
        self.letters.clear()
        self.run(HOME_S)
        for host in self.hosts.values():
            assert host.reasons() == {"base"}
            assert {host.level(x) for x in host.state.lamps} == {10.0}
            assert host.state.watch.tracks.live == ()

    # --- what must hold ---------------------------------------------------------------------------

    def dark_hosts(self) -> Iterator[tuple[str, Recorder, Site]]:
        for node, host in self.hosts.items():
            if host.state.sky.dark:
                yield node, host, SITES[node]

    @invariant()
    def the_newest_report_decides_whatever_the_order(self) -> None:
        if not self.hosts:
            return
        for sensor in SENSORS:
            active, at_s = self.newest(sensor)
            evidence = self.owner(sensor).state.watch.evidence[sensor]
            assert evidence.occupied is (active is not False)
            assert evidence.readable is (active is not None)
            assert active is not False or evidence.inactive_at_s == at_s

    @invariant()
    def whoever_is_seen_has_light(self) -> None:
        """Movement in the dark raises the lamps of its cells, and holds them."""
        for node, host, site in self.dark_hosts():
            levels = self.profile[node].levels
            for sensor in site.own_sensors:
                if self.newest(sensor)[0] is False:
                    continue
                for lamp in site.watchers[sensor]:
                    winner = host.winner(lamp)
                    assert winner.rung >= Rung.PRESENCE
                    overridden = winner.rung is Rung.OVERRIDE
                    least_pct = levels.safety_floor_pct if overridden else levels.presence_pct
                    assert host.target(lamp) >= least_pct

    @invariant()
    def what_is_not_known_is_lit(self) -> None:
        for node, host, site in self.dark_hosts():
            least_pct = self.profile[node].levels.fail_safe_pct
            for lamp in self.unknown(node, host, site):
                assert host.winner(lamp).rung >= Rung.FAIL_SAFE
                assert host.target(lamp) >= least_pct

    def unknown(self, node: str, host: Recorder, site: Site) -> set[str]:
        """Return the lamps near which people may be of whom nobody would know."""
        settling_s = site.longest_unseen_m / self.begun[0].presence.slowest_m_s
        blind = host.utc_at_zero_s is None and not host.state.sky.readings
        if blind or self.now_s < settling_s:
            return set(site.lamps)
        found: set[str] = set()
        for sensor in site.own_sensors:
            if self.newest(sensor)[0] is None:
                found |= site.around[sensor]
        for other in site.heard_nodes:
            if not self.is_online(node, other):
                found |= site.guards[other]
        return found

    @invariant()
    def an_emergency_is_above_all(self) -> None:
        for node, host in self.hosts.items():
            declared = self.now_s < self.emergency_until_s[node]
            for lamp in host.state.lamps:
                assert (host.winner(lamp).rung is Rung.EMERGENCY) is declared
                assert not declared or host.target(lamp) == 100.0

    @invariant()
    def every_lamp_goes_where_its_ladder_says_and_has_a_reason(self) -> None:
        for host in self.hosts.values():
            for lamp, known in host.state.lamps.items():
                proposals = ladder(host.state, lamp, host.now_s)
                assert 0.0 <= host.level(lamp) <= 100.0
                assert known.fade.to_pct == proposals[0].level_pct
                assert proposals[0].reason
                rungs = [x.rung for x in proposals]
                assert rungs == sorted(set(rungs), reverse=True)
                assert (Rung.BASE in rungs) is host.state.sky.dark
                assert rungs[-1] is Rung.DAY

    @invariant()
    def no_order_is_for_ever(self) -> None:
        for host in self.hosts.values():
            greatest_s = {
                Rung.OVERRIDE: max(x.override.greatest_s for x in PROFILES),
                Rung.EMERGENCY: EMERGENCY_GREATEST_S,
            }
            for lamp in host.state.lamps:
                for proposal in ladder(host.state, lamp, host.now_s):
                    if proposal.rung in greatest_s:
                        assert proposal.until_s is not None
                        left_s = proposal.until_s - host.now_s
                        assert 0.0 < left_s <= greatest_s[proposal.rung] + 1e-6

    @invariant()
    def nobody_is_waited_for_for_ever(self) -> None:
        """This bounds the number of tracks.

        Each belongs to a passage of its own, no longer ago than the longest wait, unless the
        sensor goes on seeing somebody.
        """
        for host in self.hosts.values():
            watch = host.state.watch
            passages = {(track.sensor, track.rise_s) for track in watch.tracks.live}
            assert len(passages) == len(watch.tracks.live)
            for track in watch.tracks.live:
                if track.fall_s is None:
                    assert track.sensor in watch.occupied
                    continue
                assert host.now_s < track.review_s
                longest_s = longest_wait_s(track, host.state.profile.presence)
                assert host.now_s - max(track.rise_s, track.fall_s) <= longest_s

    @invariant()
    def a_neighbour_that_is_silent_about_somebody_has_nobody_there(self) -> None:
        for host in self.hosts.values():
            for sensor in host.state.watch.occupied - host.state.site.own_sensors:
                assert host.now_s < host.state.watch.evidence[sensor].heard_at_s + SILENT_S

    @invariant()
    def the_next_deadline_is_ahead(self) -> None:
        for host in self.hosts.values():
            assert host.now_s < host.wake_at_s < math.inf

    def teardown(self) -> None:
        for node, host in self.hosts.items():
            host.tell(Stopped())
            self.all_was_booked(host)
            self.a_replay_comes_to_the_same(node, host)

    def all_was_booked(self, host: Recorder) -> None:
        """No time was lost, none counted twice, nothing negative."""
        durations_s = [x.duration_s for _, x in host.records()]
        assert math.isclose(sum(durations_s), host.now_s, abs_tol=1e-6)
        for _, record in host.records():
            assert record.overhead_wh >= 0.0
            for lamp in record.lamps:
                assert lamp.active_energy_wh >= 0.0
                assert lamp.baseline_wh >= 0.0
                assert 0.0 <= lamp.burn_s <= record.duration_s + 1e-6
                assert lamp.switches >= 0

    def a_replay_comes_to_the_same(self, node: str, host: Recorder) -> None:
        state = beginning(node, *self.begun)
        effects: list[tuple[float, Effect]] = []
        for event, moment in host.log:
            decision = step(state, event, moment)
            state = decision.state
            effects += [(moment.mono_s, effect) for effect in decision.effects]
        assert effects == host.effects
        assert state == host.state


TestBadNetwork = BadNetwork.TestCase
TestBadNetwork.settings = settings(max_examples=60, stateful_step_count=50, deadline=None)
