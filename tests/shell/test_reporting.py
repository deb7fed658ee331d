import asyncio
import json
import math
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from controller import __version__, reporting
from controller.core.effects import LampEnergy
from controller.core.energy import power_w
from controller.core.events import (
    EmergencyDeclared,
    Event,
    LuxMeasured,
    NeighbourReported,
    OverrideCleared,
    OverrideOrdered,
)
from controller.core.health.alarms import AlarmChange
from controller.core.lamps import ladder
from controller.core.moment import Moment
from controller.mqtt.payloads import LampStatePayload, StatePayload
from controller.mqtt.topics import Topics
from controller.reporting import Reporter, alarm_payload, energy_total, state_payload
from controller.store.store import Totals
from tests.core.build import NIGHT, NOON, QUIET_S, Host, settled, started
from tests.shell.fakes import Kept, until

ZONE = ZoneInfo("Europe/Berlin")
TOPICS = Topics("soest", "test", "n1")
LAMPS = ("L04", "L05", "L06", "L07")
PAUSE_S = 0.01
RECORD_S = 1.0  # with every record the state changes, and nothing that is told


def described(host: Host, started_s: float = 0.0) -> StatePayload:
    return state_payload(host.state, host.moment, started_s, ZONE)


def local(mono_s: float, utc_at_zero_s: float = NIGHT) -> str:
    return datetime.fromtimestamp(utc_at_zero_s + mono_s, ZONE).isoformat(timespec="seconds")


# what is said


def test_a_quiet_night_to_the_letter() -> None:
    host = settled()
    lamp = host.state.site.lamps["L04"]
    elevation_deg = host.state.sky.elevation_deg
    assert elevation_deg is not None
    assert json.loads(described(host, started_s=25.0).to_bytes()) == {
        "at": local(QUIET_S),
        "clock_trusted": True,
        "uptime_s": QUIET_S - 25.0,
        "version": __version__,
        "daylight": {
            "dark": True,
            "reason": "sun",
            "sun_elevation_deg": round(elevation_deg, 2),
            "lux": None,
        },
        "profile_version": 0,
        "alarms": [],
        "lamps": {
            name: {
                "target_pct": 10.0,
                "level_pct": 10.0,
                "power_w": round(power_w(lamp.power, 10.0), 2),
                "reason": "base",
                "until": None,
            }
            for name in LAMPS
        },
    }
    assert local(QUIET_S).endswith("+01:00")


def test_which_sensor_saw_somebody_is_not_said() -> None:
    host = settled()
    host.motion("M05", active=True)
    host.motion("M05", active=False)
    assert host.reason("L05") == "presence:M05"
    payload = described(host)
    assert payload.lamps["L05"].reason == "presence"
    assert b"M05" not in payload.to_bytes()


def test_a_lamp_in_the_middle_of_a_fade() -> None:
    host = settled()
    host.motion("M05", active=True)
    host.now_s += host.state.profile.presence.fade_up_s / 2.0
    lamp, report = host.state.lamps["L05"], described(host).lamps["L05"]
    level_pct = lamp.fade.level_pct_at(host.now_s)
    assert 10.0 < level_pct < 100.0
    assert (report.target_pct, report.level_pct) == (100.0, round(level_pct, 1))
    assert report.power_w == round(power_w(host.state.site.lamps["L05"].power, level_pct), 2)


def test_until_when_somebody_is_expected_is_not_said() -> None:
    host = settled()
    host.motion("M05", active=True)
    assert described(host).lamps["L05"].until is None
    host.motion("M05", active=False)
    winner = ladder(host.state, "L05", host.now_s)[0]
    assert winner.until_s is not None
    assert host.now_s < winner.until_s < math.inf
    assert described(host).lamps["L05"].until is None


@pytest.mark.parametrize(
    ("order", "reason"),
    [(OverrideOrdered(("L05",), 50.0, 600.0), "override"), (EmergencyDeclared(600.0), "emergency")],
)
def test_an_order_says_until_when_in_local_time(order: Event, reason: str) -> None:
    host = settled()
    host.tell(order)
    report = json.loads(described(host).to_bytes())["lamps"]["L05"]
    assert (report["reason"], report["until"]) == (reason, local(QUIET_S + 600.0))


def test_without_a_clock_no_time_is_claimed() -> None:
    host = settled(utc_s=None)
    host.passage("M05")
    payload = described(host)
    assert payload.at is None
    assert not payload.clock_trusted
    assert {x.until for x in payload.lamps.values()} == {None}
    assert payload.uptime_s == host.now_s
    assert payload.daylight.reason == "unknown"
    assert {x.reason for x in payload.lamps.values()} == {"fail_safe:daylight_unknown"}


def test_by_day() -> None:
    host = settled(utc_s=NOON)
    host.tell(LuxMeasured("X1", 12000.0))
    host.now_s += 60.0
    host.tell(LuxMeasured("X1", 12000.0))
    lux, payload = host.state.sky.lux, described(host)
    assert lux is not None
    assert lux > 0.0
    assert (payload.daylight.dark, payload.daylight.lux) == (False, round(lux, 1))
    assert {(x.level_pct, x.reason) for x in payload.lamps.values()} == {(0.0, "day")}
    assert {x.power_w for x in payload.lamps.values()} == {0.4}


def test_a_node_that_has_just_started_knows_nothing_and_says_so() -> None:
    assert {x.reason for x in described(started()).lamps.values()} == {"fail_safe:just_started"}


def test_the_lamps_next_to_a_silent_neighbour_say_why() -> None:
    host = settled()
    host.tell(NeighbourReported("n2", online=False))
    reasons = {lamp: report.reason for lamp, report in described(host).lamps.items()}
    assert (reasons["L04"], reasons["L07"]) == ("base", "fail_safe:neighbour_silent")


def test_alarms_are_told_as_they_are_given() -> None:
    host, alarms = settled(), ("clock_untrusted:", "meter_gone:P1")
    assert state_payload(host.state, host.moment, 0.0, ZONE, alarms).alarms == alarms


def test_an_alarm_is_told_with_its_evidence_and_when_it_was_found() -> None:
    host = settled()
    change = AlarmChange("meter_gone", "P1", raised=True, at_s=10.0, evidence={"silent_s": 600.0})
    assert json.loads(alarm_payload(change, host.moment, ZONE).to_bytes()) == {
        "at": local(10.0),
        "code": "meter_gone",
        "subject": "P1",
        "raised": True,
        "evidence": {"silent_s": 600.0},
    }


def test_totals_are_the_sums_over_the_lamps() -> None:
    totals = Totals(
        duration_s=900.0,
        overhead_wh=0.75,
        since_utc_s=NIGHT,
        lamps={
            "L1": LampEnergy("L1", 1.5, 4.0, 60.0, 2),
            "L2": LampEnergy("L2", 2.25, 2.0, 30.0, 5),
        },
    )
    assert json.loads(energy_total(totals, ZONE).to_bytes()) == {
        "active_energy_wh": 3.75,
        "baseline_wh": 6.0,
        "saved_wh": 2.25,
        "overhead_wh": 0.75,
        "burn_s": 90.0,
        "bright_s": 0.0,
        "switches": 7,
        "since": local(0.0),
        "lamps": {
            "L1": {
                "active_energy_wh": 1.5,
                "baseline_wh": 4.0,
                "saved_wh": 2.5,
                "burn_s": 60.0,
                "bright_s": 0.0,
                "switches": 2,
            },
            "L2": {
                "active_energy_wh": 2.25,
                "baseline_wh": 2.0,
                "saved_wh": -0.25,
                "burn_s": 30.0,
                "bright_s": 0.0,
                "switches": 5,
            },
        },
    }


def test_totals_of_nothing_since_nobody_knows_when() -> None:
    payload = energy_total(Totals(0.0, 0.0, None, {}), ZONE)
    assert (payload.active_energy_wh, payload.saved_wh, payload.since) == (0.0, 0.0, None)


# when it is said


@dataclass
class Node:
    """A reporter on a node whose time stands still unless the test moves it."""

    host: Host
    kept: Kept = field(default_factory=Kept)
    alarms: list[str] = field(default_factory=list)
    slewed_s: float = 0.0
    told_at_s: list[float] = field(default_factory=list)

    def moment(self) -> Moment:
        moment = self.host.moment
        utc_s = None if moment.utc_s is None else moment.utc_s + self.slewed_s
        return Moment(moment.mono_s, utc_s)

    @property
    def states(self) -> list[dict[str, object]]:
        return [json.loads(x) for x in self.kept.of(TOPICS.state)]

    async def until_told(self, states: int) -> None:
        await until(lambda: len(self.states) >= states)

    async def rounds(self, number: int) -> None:
        """Let the reporter look so many more times."""
        wanted = len(self.told_at_s) + number
        await until(lambda: len(self.told_at_s) >= wanted)


@pytest.fixture
async def node(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Node, Reporter]]:
    monkeypatch.setattr(reporting, "LEAST_PAUSE_S", PAUSE_S)
    told = Node(settled(record_s=RECORD_S))
    reporter = Reporter(told.kept, TOPICS, told.moment, ZONE, lambda: tuple(told.alarms))
    tell = reporter._tell

    def counted() -> None:
        tell()
        told.told_at_s.append(asyncio.get_running_loop().time())

    monkeypatch.setattr(reporter, "_tell", counted)
    running = asyncio.create_task(reporter.run())
    yield told, reporter
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


Reported = tuple[Node, Reporter]


async def test_an_alarm_is_told_in_the_state_without_another_change(node: Reported) -> None:
    told, reporter = node
    reporter.changed(told.host.state)
    await told.until_told(1)
    told.alarms.append("meter_gone:P1")
    reporter.look_again()
    await told.until_told(2)
    assert [x["alarms"] for x in told.states] == [[], ["meter_gone:P1"]]


async def test_nothing_is_said_before_the_first_state(node: Reported) -> None:
    told, _ = node
    for _ in range(5):
        await asyncio.sleep(0)
    assert told.kept.said == []
    assert told.told_at_s == []


async def test_the_first_state_is_said_at_once_with_every_lamp(node: Reported) -> None:
    told, reporter = node
    reporter.changed(told.host.state)
    for _ in range(3):
        await asyncio.sleep(0)
    assert [topic for topic, _ in told.kept.said] == [
        TOPICS.state,
        *(TOPICS.lamp_state(lamp) for lamp in LAMPS),
    ]
    for lamp in LAMPS:
        assert told.kept.of(TOPICS.lamp_state(lamp)) == [
            LampStatePayload.of_level(10.0, "automatic").to_bytes()
        ]


async def test_a_burst_of_changes_is_said_twice_first_and_last(node: Reported) -> None:
    told, reporter = node
    reporter.changed(told.host.state)
    await told.until_told(1)
    before_s = told.told_at_s[-1]
    for level_pct in range(20, 70, 10):
        told.host.tell(OverrideOrdered(("L05",), float(level_pct), 600.0))
        told.host.now_s += 5.0
        reporter.changed(told.host.state)
    await told.until_told(2)
    assert told.told_at_s[-1] - before_s > 0.99 * PAUSE_S
    assert [x["lamps"]["L05"]["target_pct"] for x in told.states] == [10.0, 60.0]  # type: ignore[index]


async def test_what_is_asked_for_again_is_said_again(node: Reported) -> None:
    told, reporter = node
    reporter.changed(told.host.state)
    await told.until_told(1)
    told.kept.said.clear()
    reporter.tell_again()
    await told.until_told(1)
    assert len(told.kept.of(TOPICS.state)) == 1
    assert {topic for topic, _ in told.kept.said} >= {TOPICS.lamp_state(x) for x in LAMPS}


async def test_a_lamp_that_is_handed_back_at_its_level_is_said_to_be_automatic(
    node: Reported,
) -> None:
    told, reporter = node
    told.host.tell(OverrideOrdered(("L05",), 10.0, 600.0))
    reporter.changed(told.host.state)
    await told.until_told(1)
    told.kept.said.clear()
    told.host.tell(OverrideCleared(("L05",)))
    reporter.changed(told.host.state)
    await told.until_told(1)
    assert told.kept.said[-1] == (
        TOPICS.lamp_state("L05"),
        LampStatePayload.of_level(10.0, "automatic").to_bytes(),
    )


async def test_a_lamps_own_topic_is_said_only_when_its_target_changed(node: Reported) -> None:
    told, reporter = node
    reporter.changed(told.host.state)
    await told.until_told(1)
    told.kept.said.clear()
    told.host.tell(OverrideOrdered(("L05",), 50.0, 600.0))
    told.host.now_s += 5.0
    reporter.changed(told.host.state)
    await told.until_told(1)
    assert [topic for topic, _ in told.kept.said] == [TOPICS.state, TOPICS.lamp_state("L05")]
    assert told.kept.said[-1][1] == LampStatePayload.of_level(50.0, "override").to_bytes()


async def test_a_fade_is_said_at_its_beginning_and_again_when_it_has_ended(node: Reported) -> None:
    told, reporter = node
    reporter.changed(told.host.state)
    await told.until_told(1)
    told.host.tell(OverrideOrdered(("L05",), 50.0, 600.0))
    # Almost over by the host's clock, which stands still: what is left passes on the loop's.
    told.host.now_s = told.host.state.lamps["L05"].fade.end_s - PAUSE_S
    reporter.changed(told.host.state)
    await told.until_told(2)
    told.host.now_s += PAUSE_S
    await told.until_told(3)
    levels = [x["lamps"]["L05"]["level_pct"] for x in told.states]  # type: ignore[index]
    assert levels[0] == 10.0
    assert 10.0 < levels[1] < 50.0
    assert levels[2] == 50.0
    assert len(told.kept.of(TOPICS.lamp_state("L05"))) == 2
    assert reporter._settles_in_s() is None


async def test_while_nothing_is_fading_nothing_runs(node: Reported) -> None:
    told, reporter = node
    assert reporter._settles_in_s() is None
    reporter.changed(told.host.state)
    await told.until_told(1)
    assert reporter._settles_in_s() is None


async def test_a_change_that_nobody_can_see_is_not_said(node: Reported) -> None:
    told, reporter = node
    reporter.changed(told.host.state)
    await told.until_told(1)
    for _ in range(3):
        before = told.host.state
        told.host.run_to(told.host.now_s + RECORD_S)
        assert told.host.state is not before
        reporter.changed(told.host.state)
        await told.rounds(1)
    assert len(told.states) == 1


async def test_that_somebody_stays_or_comes_again_is_no_news(node: Reported) -> None:
    told, reporter = node
    told.host.motion("M05", active=True)
    told.host.run_to(told.host.now_s + 5.0)
    reporter.changed(told.host.state)
    await told.until_told(1)
    before = told.host.state.watch
    for active in (False, True):
        told.host.run_to(told.host.now_s + 2.0)
        told.host.motion("M05", active=active)
        reporter.changed(told.host.state)
        await told.rounds(1)
    assert told.host.state.watch != before
    assert len(told.states) == 1


async def test_an_order_that_is_given_again_is_told_with_its_new_end(node: Reported) -> None:
    told, reporter = node
    for number in range(1, 3):
        told.host.tell(OverrideOrdered(("L05",), 10.0, 600.0))
        reporter.changed(told.host.state)
        await told.until_told(number)
        told.host.now_s += 60.0
    reports = [StatePayload.model_validate_json(x) for x in told.kept.of(TOPICS.state)]
    ends = [local(QUIET_S + 600.0), local(QUIET_S + 660.0)]
    assert [x.lamps["L05"].until for x in reports] == [datetime.fromisoformat(x) for x in ends]


async def test_a_wall_clock_that_is_slewed_by_a_microsecond_is_no_news(node: Reported) -> None:
    # Both clocks are read one after the other, and NTP slews one: their difference is never the
    # same twice. On the wire `until` has whole seconds.
    told, reporter = node
    told.host.tell(OverrideOrdered(("L05",), 50.0, 600.0))
    told.host.run_to(told.host.now_s + 5.5)
    reporter.changed(told.host.state)
    await told.until_told(1)
    for _ in range(3):
        told.host.run_to(told.host.now_s + RECORD_S)
        told.slewed_s += 1e-6
        reporter.changed(told.host.state)
        await told.rounds(1)
    assert len(told.states) == 1


async def test_the_clock_becoming_trusted_is_said(node: Reported) -> None:
    told, reporter = node
    told.host.utc_at_zero_s = None
    reporter.changed(told.host.state)
    await told.until_told(1)
    told.host.utc_at_zero_s = NIGHT
    reporter.changed(told.host.state)
    await told.until_told(2)
    assert [x["clock_trusted"] for x in told.states] == [False, True]
    assert told.states[0]["at"] is None


async def test_uptime_counts_from_the_reporters_start(node: Reported) -> None:
    told, reporter = node
    told.host.now_s += 7.0
    reporter.changed(told.host.state)
    await told.until_told(1)
    assert told.states[0]["uptime_s"] == 7.0


def test_timestamps_follow_summer_time() -> None:
    summer = datetime(2025, 7, 1, 22, 0, tzinfo=UTC).timestamp()
    host = settled(utc_s=summer)
    at = json.loads(described(host).to_bytes())["at"]
    assert at == local(QUIET_S, summer)
    assert at.endswith("+02:00")
