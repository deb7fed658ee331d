"""Three neighbouring nodes on a bad network, driven at random; what must always hold.

The machine owns the truth: what each motion sensor really sees, when that began, and which
messages are under way. Nodes share the monotonic clock, as their lamps share the night.
"""

import math
from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from controller.core.arbitration import Rung
from controller.core.events import (
    EmergencyDeclared,
    EmergencyEnded,
    LuxMeasured,
    OverrideCleared,
    OverrideOrdered,
    PassageHeard,
    ProfileChanged,
    Stopped,
    TimePassed,
)
from controller.core.profile import Profile
from controller.core.step import EMERGENCY_GREATEST_S
from tests.core.build import (
    NIGHT,
    NOON,
    Host,
    started,
    straight_path,
    with_daylight,
    with_levels,
    with_presence,
)

PATH = straight_path(lamps=6, per_node=2)
NODES = tuple(x.id for x in PATH.nodes)
SENSORS = tuple(x.id for x in PATH.motion_sensors)
LAMPS = tuple(x.id for x in PATH.lamps)
ORDERED_S = st.none() | st.floats(0.1, 1e6)
PROFILES = (
    Profile(),
    with_levels(base_pct=20.0, presence_pct=80.0, safety_floor_pct=30.0, fail_safe_pct=90.0),
    with_levels(base_pct=0.0, safety_floor_pct=1.0),
    with_presence(hold_s=60.0, slowest_m_s=0.4, fade_up_s=0.0, fade_down_s=7.3),
    with_presence(hold_s=2.0, preview_cap_m=0.0, fade_up_s=60.0),
    with_daylight(advance_s=0.0, lux_time_constant_s=1.0),
)
# Longer than any hold and any order that the machine leaves standing, shorter than the night.
SETTLING_S = 600.0

sensors = st.sampled_from(SENSORS)
nodes = st.sampled_from(NODES)
lamps = st.sampled_from(LAMPS)


@dataclass(frozen=True)
class Letter:
    to: str
    heard: PassageHeard


class BadNetwork(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.now_s = 0.0
        self.hosts: dict[str, Host] = {}
        self.told: dict[str, list[tuple[bool, float]]] = {x: [] for x in SENSORS}
        self.held_up: dict[str, list[tuple[bool, float]]] = {x: [] for x in SENSORS}
        self.truth: dict[str, tuple[bool, float]] = {}
        self.letters: list[Letter] = []
        self.delivered: list[Letter] = []
        self.posted = dict.fromkeys(NODES, 0)

    @initialize(utc_s=st.sampled_from([NIGHT, NOON, None]), profile=st.sampled_from(PROFILES))
    def start(self, utc_s: float | None, profile: Profile) -> None:
        self.hosts = {
            x: started(x, path=PATH, profile=profile, utc_s=utc_s, record_s=120.0) for x in NODES
        }
        self.post()

    # --- the world --------------------------------------------------------------------------------

    def owner(self, sensor: str) -> Host:
        return next(h for h in self.hosts.values() if sensor in h.state.site.own_sensors)

    def post(self) -> None:
        """Put new announcements under way to everyone who listens."""
        for sender, host in self.hosts.items():
            said = host.announced()
            for _, passage in said[self.posted[sender] :]:
                heard = PassageHeard(passage.sensor, sender, passage.seq, passage.age_s)
                self.letters += [
                    Letter(to, heard)
                    for to, listener in self.hosts.items()
                    if sender in listener.state.site.heard_nodes
                ]
            self.posted[sender] = len(said)

    def run(self, seconds: float) -> None:
        self.now_s += seconds
        for host in self.hosts.values():
            host.run_to(self.now_s)
        self.post()

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
            self.now_s += 0.01
            for host in self.hosts.values():
                host.run_to(self.now_s)
            self.truth[sensor] = (active, self.now_s)
        self.report(sensor)
        if active:
            self.check_lit(sensor)

    def report(self, sensor: str) -> None:
        active, at_s = self.truth[sensor]
        self.owner(sensor).motion(sensor, active=active, at_s=at_s)
        self.told[sensor].append((active, at_s))
        assert self.owner(sensor).state.evidence[sensor].occupied is active
        self.post()

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
        self.owner(sensor).motion(sensor, active=late[0], at_s=late[1])
        self.told[sensor].append(late)
        self.post()

    @rule(sensor=sensors, data=st.data())
    def an_old_report_comes_again(self, sensor: str, data: st.DataObject) -> None:
        if self.told[sensor]:
            active, at_s = data.draw(st.sampled_from(self.told[sensor]))
            host = self.owner(sensor)
            before = host.state.evidence[sensor]
            host.motion(sensor, active=active, at_s=at_s)
            assert host.state.evidence[sensor] == before
            self.post()

    @rule(sensor=sensors)
    def a_sensor_cannot_be_read(self, sensor: str) -> None:
        self.now_s += 0.01
        for host in self.hosts.values():
            host.run_to(self.now_s)
        self.owner(sensor).motion(sensor, active=None)
        self.truth[sensor] = (True, self.now_s)
        self.told[sensor].append(self.truth[sensor])
        self.post()
        self.check_lit(sensor)

    @precondition(lambda self: self.letters)
    @rule(data=st.data(), fate=st.sampled_from(["arrives", "arrives twice", "is lost"]))
    def a_letter(self, data: st.DataObject, fate: str) -> None:
        """Letters overtake one another: any of them may be the next."""
        letter = self.letters.pop(data.draw(st.integers(0, len(self.letters) - 1)))
        if fate == "is lost":
            return
        host = self.hosts[letter.to]
        host.tell(letter.heard)
        self.delivered.append(letter)
        if fate == "arrives twice":
            before = host.state
            assert host.tell(letter.heard) == ()
            assert host.state == before
        self.post()

    @precondition(lambda self: self.delivered)
    @rule(data=st.data())
    def a_letter_comes_again_much_later(self, data: st.DataObject) -> None:
        letter = data.draw(st.sampled_from(self.delivered))
        host = self.hosts[letter.to]
        before = host.state.evidence[letter.heard.sensor]
        host.tell(letter.heard)
        assert host.state.evidence[letter.heard.sensor] == before
        self.post()

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
        self.hosts[node].tell(ProfileChanged(profile))
        self.post()

    @rule(node=nodes, lamp=lamps, level=st.floats(0.0, 100.0), duration_s=ORDERED_S)
    def an_override(self, node: str, lamp: str, level: float, duration_s: float | None) -> None:
        self.hosts[node].tell(OverrideOrdered((lamp,), level, duration_s))

    @rule(node=nodes, lamp=lamps)
    def an_override_is_cleared(self, node: str, lamp: str) -> None:
        self.hosts[node].tell(OverrideCleared((lamp,)))

    @rule(node=nodes, duration_s=ORDERED_S)
    def an_emergency(self, node: str, duration_s: float | None) -> None:
        self.hosts[node].tell(EmergencyDeclared(duration_s))
        assert {self.hosts[node].target(x) for x in self.hosts[node].state.lamps} == {100.0}

    @rule(node=nodes)
    def an_emergency_ends(self, node: str) -> None:
        self.hosts[node].tell(EmergencyEnded())

    @rule()
    def everybody_goes_home(self) -> None:
        """Vacancy returns to base."""
        self.letters.clear()
        for host in self.hosts.values():
            host.utc_at_zero_s = NIGHT - self.now_s
            host.tell(ProfileChanged(Profile()))
            host.tell(OverrideCleared(LAMPS))
            host.tell(EmergencyEnded())
        self.run(0.01)
        for sensor in SENSORS:
            if self.truth.get(sensor, (True, 0.0))[0]:
                self.truth[sensor] = (False, self.now_s)
            self.report(sensor)
        self.letters.clear()
        self.run(SETTLING_S)
        for host in self.hosts.values():
            assert host.reasons() == {"base"}
            assert {host.level(x) for x in host.state.lamps} == {10.0}

    # --- what must hold ---------------------------------------------------------------------------

    def check_lit(self, sensor: str) -> None:
        """Movement in the dark raises its lamps within the same step."""
        host = self.owner(sensor)
        if not host.state.sky.dark:
            return
        levels = host.state.profile.levels
        for lamp, lamp_links in host.state.reach.links.items():
            if sensor not in {x.sensor for x in lamp_links}:
                continue
            winner = host.state.lamps[lamp].ladder[0]
            floor = levels.safety_floor_pct
            least = floor if winner.rung is Rung.OVERRIDE else levels.presence_pct
            assert winner.rung >= Rung.PRESENCE
            assert host.target(lamp) >= min(least, levels.fail_safe_pct)

    @invariant()
    def the_newest_report_decides_whatever_the_order(self) -> None:
        for sensor, reports in self.told.items():
            if reports:
                active, at_s = max(reports, key=lambda report: report[1])
                evidence = self.owner(sensor).state.evidence[sensor]
                assert evidence.occupied is active
                assert active or evidence.inactive_at_s == at_s

    @invariant()
    def whoever_is_there_has_light(self) -> None:
        for sensor, (active, _) in self.truth.items():
            if active and self.owner(sensor).state.evidence[sensor].occupied:
                self.check_lit(sensor)

    @invariant()
    def what_is_not_known_is_lit(self) -> None:
        for host in self.hosts.values():
            sky = host.state.sky
            if host.utc_at_zero_s is None and not sky.readings:
                assert sky.dark
                assert not sky.known
                least = host.state.profile.levels.fail_safe_pct
                assert all(host.target(x) >= least for x in host.state.lamps)

    @invariant()
    def every_lamp_goes_where_its_ladder_says(self) -> None:
        for host in self.hosts.values():
            for lamp, known in host.state.lamps.items():
                assert 0.0 <= host.level(lamp) <= 100.0
                assert known.fade.to_pct == known.ladder[0].level_pct
                rungs = [x.rung for x in known.ladder]
                assert rungs == sorted(set(rungs), reverse=True)
                assert (Rung.BASE in rungs) is host.state.sky.dark

    @invariant()
    def no_order_is_for_ever(self) -> None:
        for host in self.hosts.values():
            greatest_s = {
                Rung.OVERRIDE: host.state.profile.override.greatest_s,
                Rung.EMERGENCY: EMERGENCY_GREATEST_S,
            }
            for known in host.state.lamps.values():
                for proposal in known.ladder:
                    if proposal.rung in greatest_s:
                        assert proposal.until_s is not None
                        left_s = proposal.until_s - host.now_s
                        assert 0.0 < left_s <= greatest_s[proposal.rung]

    @invariant()
    def the_next_deadline_is_ahead(self) -> None:
        for host in self.hosts.values():
            assert host.now_s < host.wake_at_s < math.inf

    def teardown(self) -> None:
        """Everything was booked: no time lost, none counted twice, nothing negative."""
        for host in self.hosts.values():
            host.tell(Stopped())
            durations_s = [x.duration_s for _, x in host.records()]
            assert math.isclose(sum(durations_s), host.now_s, abs_tol=1e-6)
            for _, record in host.records():
                assert record.overhead_wh >= 0.0
                for lamp in record.lamps:
                    assert lamp.active_energy_wh >= 0.0
                    assert lamp.baseline_wh >= 0.0
                    assert 0.0 <= lamp.burn_s <= record.duration_s + 1e-6
                    assert lamp.switches >= 0


TestBadNetwork = BadNetwork.TestCase
TestBadNetwork.settings = settings(max_examples=150, stateful_step_count=50, deadline=None)
