"""Commands: carried out once, or refused with nothing changed; every one is answered."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from controller.commanding import MOST_REMEMBERED, Commands
from controller.core.events import (
    EmergencyDeclared,
    EmergencyEnded,
    Event,
    IdentifyOrdered,
    NeighbourReported,
    OverrideCleared,
    OverrideOrdered,
)
from controller.core.moment import Moment
from controller.core.profile import Override, Profile, Rule
from controller.core.state import State
from controller.mqtt.broker import Inbound
from controller.mqtt.commands import GREATEST_EMERGENCY_S, GREATEST_OVERRIDE_S, Reply
from controller.mqtt.topics import Topics
from controller.mqtt.wire import PayloadError
from controller.orders import EMERGENCY
from tests.core.build import NIGHT, settled, straight_path

TOPICS = Topics("soest", "test", "n1")
OWN = ("L04", "L05", "L06", "L07")
TENANT, PATH, NODE = TOPICS.command
BERLIN = ZoneInfo("Europe/Berlin")


@dataclass
class Desk:
    """A node's surroundings: what was ordered and answered."""

    state: State = field(default_factory=lambda: settled("n1").state)
    now_utc_s: float | None = NIGHT
    store_fails: bool = False
    orders: list[tuple[Event, tuple[str, ...]]] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    reports: int = 0

    def __post_init__(self) -> None:
        self.commands = Commands(straight_path(), TOPICS, self, zone=BERLIN)

    def moment(self) -> Moment:
        return Moment(100.0, self.now_utc_s)

    def order(self, event: Event, lamps: tuple[str, ...]) -> None:
        self.orders.append((event, lamps))

    def reply(self, reply: Reply) -> None:
        self.replies.append(reply)

    def report(self) -> None:
        self.reports += 1

    async def take(self, content: object, topic: str = NODE, *, retained: bool = False) -> None:
        payload = content if isinstance(content, bytes) else json.dumps(content).encode()
        await self.commands.take(Inbound(topic, payload, retained, 1))

    async def told(self, name: str, topic: str = NODE, **args: object) -> dict[str, Any]:
        """Give a command that is carried out, and return its result."""
        await self.take({"id": f"c{len(self.replies)}", "name": name, "args": args}, topic)
        reply = json.loads(self.replies[-1].to_bytes())
        assert (reply["id"], reply["ok"], reply["errors"]) == (
            f"c{len(self.replies) - 1}",
            True,
            [],
        )
        return dict(reply["result"])

    async def refused(self, content: object, topic: str = NODE, *, retained: bool = False) -> str:
        """Give a command that is refused with nothing changed, and return what is wrong with it."""
        before = len(self.replies)
        with capture_logs():
            await self.take(content, topic, retained=retained)
        assert len(self.replies) == before + 1
        reply = self.replies[-1]
        assert not reply.ok
        assert reply.result is None
        assert reply.errors
        assert all(x.place and x.problem and x.hint for x in reply.errors)
        return ", ".join(f"{x.place}: {x.problem}" for x in reply.errors)


def command(name: str = "ping", **more: object) -> dict[str, object]:
    return {"id": "c1", "name": name, "args": {}} | more


def in_so_many_s(seconds: float) -> str:
    return (datetime.fromtimestamp(NIGHT, UTC) + timedelta(seconds=seconds)).isoformat()


# overrides


async def test_an_override_takes_lamps_to_a_level_and_says_until_when() -> None:
    desk = Desk()
    result = await desk.told("override", lamps=["L05", "L04"], level_pct=40.0, duration_s=600.0)
    order = OverrideOrdered(("L05", "L04"), 40.0, 600.0)
    assert desk.orders == [(order, ("L05", "L04"))]
    until = datetime.fromtimestamp(NIGHT + 600.0, BERLIN).isoformat(timespec="seconds")
    assert result == {"lamps": ["L05", "L04"], "seconds": 600.0, "until": until}


async def test_without_lamps_all_are_meant_and_without_a_time_the_default() -> None:
    desk = Desk()
    result = await desk.told("override", level_pct=40)
    assert desk.orders == [(OverrideOrdered(OWN, 40.0, None), OWN)]
    assert result["lamps"] == list(OWN)
    assert result["seconds"] == Override().default_s


async def test_without_a_clock_it_is_said_for_how_long_only() -> None:
    result = await Desk(now_utc_s=None).told("override", level_pct=40)
    assert result["until"] is None
    assert result["seconds"] == Override().default_s


async def test_an_override_longer_than_the_profile_allows_is_refused() -> None:
    short = replace(Profile(), override=Override(60.0, 300.0))
    desk = Desk(state=settled("n1", profile=short).state)
    args = {"level_pct": 40.0, "duration_s": 301.0}
    assert "args.duration_s" in await desk.refused(command("override", args=args))
    assert desk.orders == []
    assert (await desk.told("override", level_pct=40.0, duration_s=300.0))["seconds"] == 300.0


@pytest.mark.parametrize("topic", [TENANT, PATH])
async def test_to_all_nodes_one_may_name_lamps_of_others(topic: str) -> None:
    desk = Desk()
    result = await desk.told("override", topic, lamps=["L01", "L05"], level_pct=40.0)
    assert result["lamps"] == ["L05"]
    assert [lamps for _, lamps in desk.orders] == [("L05",)]


async def test_to_one_node_only_its_own_lamps_can_be_named() -> None:
    desk = Desk()
    args = {"lamps": ["L05", "L01", "L99"], "level_pct": 40.0}
    problem = await desk.refused(command("override", args=args))
    assert '"L01" is no lamp of this node' in problem
    assert '"L99" is no lamp of this node' in problem
    assert desk.orders == []


async def test_a_lamp_that_could_not_be_opened_is_called_that() -> None:
    state = settled("n1").state
    lamps = {lamp: known for lamp, known in state.lamps.items() if lamp != "L05"}
    desk = Desk(state=state._replace(lamps=lamps))
    args = {"lamps": ["L05"], "level_pct": 40.0}
    assert "could not be opened" in await desk.refused(command("override", args=args))
    assert (await desk.told("selftest"))["lamps"]["L05"] == "not_driven"


async def test_lamps_are_handed_back() -> None:
    desk = Desk()
    assert (await desk.told("clear_override", lamps=["L05"]))["lamps"] == ["L05"]
    assert (await desk.told("clear_override"))["lamps"] == list(OWN)
    assert desk.orders == [(OverrideCleared(("L05",)), ("L05",)), (OverrideCleared(OWN), OWN)]


# emergencies


async def test_an_emergency_and_its_end() -> None:
    desk = Desk()
    assert (await desk.told("emergency", duration_s=600.0))["seconds"] == 600.0
    assert (await desk.told("emergency"))["seconds"] == Override().default_s
    ended = await desk.told("emergency", active=False)
    assert (ended["seconds"], ended["until"]) == (None, None)
    assert desk.orders == [
        (EmergencyDeclared(600.0), (EMERGENCY,)),
        (EmergencyDeclared(Override().default_s), (EMERGENCY,)),
        (EmergencyEnded(), (EMERGENCY,)),
    ]


# what is only asked


async def test_explain_says_who_won_who_lost_and_why() -> None:
    host = settled("n1")
    host.tell(OverrideOrdered(("L05",), 42.0, 600.0))
    desk = Desk(state=host.state)
    result = await desk.told("explain", lamp="L05")
    assert result["winner"]["rung"] == "override"
    assert result["winner"]["level_pct"] == 42.0
    assert [loser["rung"] for loser in result["losers"]] == ["base", "day"]
    assert (result["dark"], result["daylight"], result["unknown"]) == (True, "sun", "")
    assert "no lamp" in await desk.refused(command("explain", args={"lamp": "L01"}))


async def test_explain_does_not_say_which_sensor_saw_somebody() -> None:
    host = settled("n1")
    host.motion("M05", active=True)
    result = await Desk(state=host.state).told("explain", lamp="L05")
    assert result["winner"]["rung"] == "presence"
    assert "M05" not in json.dumps(result)
    assert result["winner"]["until"] is None


async def test_the_colour_that_a_rule_wants_is_explained() -> None:
    rule = Rule("amber", colour_k=1800.0)
    desk = Desk(state=settled("n1", profile=Profile(rules=(rule,))).state)
    assert (await desk.told("explain", lamp="L05"))["colour_k"] == 1800.0
    assert (await Desk().told("explain", lamp="L05"))["colour_k"] is None


async def test_what_is_not_known_is_explained() -> None:
    host = settled("n1")
    host.tell(NeighbourReported("n2", online=False))
    result = await Desk(state=host.state).told("explain", lamp="L07")
    assert result["winner"]["reason"] == "fail_safe:neighbour_silent"
    assert result["unknown"] == "neighbour_silent"


async def test_identify_lets_a_lamp_pulse() -> None:
    desk = Desk()
    assert (await desk.told("identify", lamp="L05"))["seconds"] == 30.0
    assert (await desk.told("identify", lamp="L05", duration_s=5.0))["lamps"] == ["L05"]
    assert [event for event, _ in desk.orders] == [
        IdentifyOrdered("L05", 30.0),
        IdentifyOrdered("L05", 5.0),
    ]


async def test_selftest_changes_no_light() -> None:
    host = settled("n1")
    host.motion("M05", active=None)
    host.tell(NeighbourReported("n2", online=False))
    desk = Desk(state=host.state, now_utc_s=None, store_fails=True)
    assert await desk.told("selftest") == {
        "lamps": dict.fromkeys(OWN, "driven"),
        "sensors": {"M04": "read", "M05": "unreadable", "M06": "read", "M07": "read"},
        "neighbours": {"n0": "online", "n2": "silent"},
        "clock_trusted": False,
        "store": "failing",
    }
    assert desk.orders == []


async def test_report_and_ping() -> None:
    desk = Desk()
    assert await desk.told("report") == {}
    assert desk.reports == 1
    result = await desk.told("ping")
    assert (result["uptime_s"], bool(result["version"])) == (0.0, True)
    assert result["at"] == datetime.fromtimestamp(NIGHT, BERLIN).isoformat(timespec="seconds")


# what is refused


async def test_a_command_is_carried_out_once() -> None:
    desk = Desk()
    order = command("override", args={"level_pct": 40.0})
    await desk.take(order)
    assert "id: was seen before" in await desk.refused(order)
    assert "id: was seen before" in await desk.refused(command("ping"), PATH)
    assert len(desk.orders) == 1


async def test_a_refused_command_may_be_mended_under_its_id() -> None:
    desk = Desk()
    await desk.refused(command("override", args={"level_pct": 140.0}))
    await desk.take(command("override", args={"level_pct": 40.0}))
    assert desk.replies[-1].ok


async def test_only_so_many_ids_are_remembered() -> None:
    desk = Desk()
    for number in range(MOST_REMEMBERED + 1):
        await desk.take(command(id=f"x{number}"))
    assert len(desk.commands._seen) == MOST_REMEMBERED
    assert "seen before" in await desk.refused(command(id=f"x{MOST_REMEMBERED}"))


@pytest.mark.parametrize("topic", TOPICS.command)
async def test_a_retained_command_is_refused(topic: str) -> None:
    desk = Desk()
    order = command("override", args={"level_pct": 40.0})
    assert "retain" in await desk.refused(order, topic, retained=True)
    assert desk.orders == []
    await desk.take(order, topic)
    assert desk.replies[-1].ok


@pytest.mark.parametrize("retained", [True, False])
async def test_a_retained_command_that_was_removed_is_no_command(*, retained: bool) -> None:
    desk = Desk()
    await desk.take(b"", retained=retained)
    assert desk.replies == []


@pytest.mark.parametrize(("seconds", "ok"), [(-1.0, False), (0.0, False), (1.0, True)])
async def test_an_expired_command_is_refused(seconds: float, *, ok: bool) -> None:
    desk = Desk()
    order = command("override", args={"level_pct": 40.0}, expires_at=in_so_many_s(seconds))
    if ok:
        await desk.take(order)
        assert desk.replies[-1].ok
    else:
        assert "expires_at" in await desk.refused(order)
        assert desk.orders == []


async def test_without_a_clock_nobody_can_tell_that_a_command_expired() -> None:
    desk = Desk(now_utc_s=None)
    await desk.take(command(expires_at=in_so_many_s(-100.0)))
    assert desk.replies[-1].ok


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"{", "message"),
        (b"\xff", "message"),
        (b"[]", "message"),
        (b"x" * 10_000, "message"),
        ({}, "id"),
        (command(name="reboot"), "name"),
        (command(more=1), "more"),
        (command(id=""), "id"),
        (command(id="x" * 65), "id"),
        (command(args=[]), "args"),
        (command(expires_at="tomorrow"), "expires_at"),
        (command(expires_at="2026-01-15T17:00:00"), "expires_at"),
        (command(expires_at=1_768_000_000), "expires_at"),
        (command("override"), "args.level_pct"),
        (command("override", args={"level_pct": 101}), "args.level_pct"),
        (command("override", args={"level_pct": -1}), "args.level_pct"),
        (command("override", args={"level_pct": "40"}), "args.level_pct"),
        (command("override", args={"level_pct": 40, "lamps": []}), "args.lamps"),
        (command("override", args={"level_pct": 40, "lamp": "L05"}), "args.lamp"),
        (command("override", args={"level_pct": 40, "duration_s": 0}), "args.duration_s"),
        (
            command("override", args={"level_pct": 40, "duration_s": GREATEST_OVERRIDE_S + 1}),
            "args.duration_s",
        ),
        (
            command("emergency", args={"duration_s": GREATEST_EMERGENCY_S + 1}),
            "args.duration_s",
        ),
        (command("emergency", args={"active": 1}), "args.active"),
        (command("explain"), "args.lamp"),
        (command("identify", args={"lamp": "L05", "duration_s": 601}), "args.duration_s"),
        (command("ping", args={"loudly": True}), "args.loudly"),
    ],
)
async def test_what_is_no_command_is_answered_and_changes_nothing(
    content: object, place: str
) -> None:
    desk = Desk()
    assert f"{place}: " in await desk.refused(content)
    assert desk.orders == []
    known = isinstance(content, dict) and content.get("id") == "c1"
    assert desk.replies[-1].id == ("c1" if known else None)


@given(st.binary(min_size=1, max_size=200))
def test_any_bytes_change_nothing(payload: bytes) -> None:
    assume(b'"name"' not in payload)  # which takes its constants from our code, commands included
    desk = Desk()
    with capture_logs():
        coroutine = desk.commands.take(Inbound(NODE, payload, retained=False, qos=1))
        with pytest.raises(StopIteration):
            coroutine.send(None)  # it waits for nothing
    assert desk.orders == []
    assert not desk.replies[-1].ok


# Home Assistant


async def switched(desk: Desk, content: object, *, retained: bool = False) -> None:
    payload = json.dumps(content).encode()
    await desk.commands.take_lamp_set(Inbound(TOPICS.lamp_set("L05"), payload, retained, 1))


def test_own_lamps_can_be_switched() -> None:
    assert Desk().commands.lamp_topics == tuple(TOPICS.lamp_set(lamp) for lamp in OWN)


@pytest.mark.parametrize(
    ("content", "event"),
    [
        ({"state": "ON", "brightness": 60}, OverrideOrdered(("L05",), 60.0, None)),
        ({"state": "ON"}, OverrideOrdered(("L05",), 100.0, None)),
        ({"state": "OFF"}, OverrideOrdered(("L05",), 0.0, None)),
        ({"state": "ON", "effect": "automatic"}, OverrideCleared(("L05",))),
        ({"effect": "automatic"}, OverrideCleared(("L05",))),
    ],
)
async def test_a_light_that_is_switched_is_an_override_with_the_default_expiry(
    content: object, event: Event
) -> None:
    desk = Desk()
    await switched(desk, content)
    assert desk.orders == [(event, ("L05",))]


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"brightness": 60},
        {"state": "on"},
        {"brightness": 101},
        {"state": "ON", "colour": "red"},
        {"effect": "disco"},
        1,
    ],
)
async def test_what_no_light_can_do_is_refused(content: object) -> None:
    desk = Desk()
    with pytest.raises(PayloadError):
        await switched(desk, content)
    assert desk.orders == []


async def test_a_retained_switch_is_refused() -> None:
    desk = Desk()
    with pytest.raises(PayloadError, match="retain"):
        await switched(desk, {"state": "OFF"}, retained=True)
    assert desk.orders == []
