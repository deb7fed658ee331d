"""Commands over a real broker, answered by nodes that are made of payloads."""

from contextlib import AsyncExitStack
from datetime import UTC, datetime

import pytest

from controller.ctl.addresses import Address
from controller.ctl.asking import Question, new_command, plausible
from controller.mqtt.commands import (
    Command,
    ExplainResult,
    ProposalReport,
    Reply,
    SelftestResult,
)
from controller.mqtt.config import Trouble
from tests.ctl.fake import FakeNode, fake_node, refused
from tests.ctl.ran import BRIEF_S, ctl
from tests.support.broker import Mosquitto

TOO_LONG = Trouble(
    place="args.duration_s", problem="90000 is above override.greatest_s", hint="at most 86400"
)


def given(node: FakeNode) -> list[tuple[str, str, dict[str, object]]]:
    """What a node was told: to whom, the name, and the arguments."""
    names = dict(zip(node.topics.command, ("tenant", "path", "node"), strict=True))
    return [(names[topic], command.name, dict(command.args)) for topic, command in node.commands]


async def test_an_override_goes_to_the_nodes_of_the_lamps_and_nobody_else(
    mosquitto: Mosquitto,
) -> None:
    async with AsyncExitStack() as stack:
        nodes = [
            await stack.enter_async_context(fake_node(mosquitto.port, name, *lamps))
            for name, lamps in (("n07", ("L01", "L02")), ("n08", ("L03",)), ("n09", ("L04",)))
        ]
        words = ("override", "--lamp", "L04", "--lamp", "L01", "--level", "60", "--for", "2h")
        ran = await ctl(mosquitto.port, *words)
        assert (ran.status, ran.err) == (0, "")
        assert ran.lines == [
            "n07: L01 at 60 % for 2 h, until 2026-01-15 19:03",
            "n09: L04 at 60 % for 2 h, until 2026-01-15 19:03",
        ]
        args = {"level_pct": 60.0, "duration_s": 7200.0}
        assert given(nodes[0]) == [("node", "override", {**args, "lamps": ["L01"]})]
        assert given(nodes[1]) == []
        assert given(nodes[2]) == [("node", "override", {**args, "lamps": ["L04"]})]


async def test_a_command_has_an_id_of_its_own_and_expires(mosquitto: Mosquitto) -> None:
    async with fake_node(mosquitto.port, "n07", "L01") as node:
        for _ in range(2):
            assert (await ctl(mosquitto.port, "ping", "--node", "n07")).status == 0
        (_, first), (_, second) = node.commands
        assert first.id != second.id
        assert first.expires_at is not None
        left_s = (first.expires_at - datetime.now(UTC)).total_seconds()
        assert 0.0 < left_s <= 30.0


@pytest.mark.parametrize("year", [1970, 2000, 2150])
def test_with_an_impossible_clock_nothing_is_said_of_when(year: int) -> None:
    then = datetime(year, 6, 1, tzinfo=UTC)
    question = Question(Address("t", "p", "n"), "ping")
    assert not plausible(then)
    assert new_command(question, 5.0, then).expires_at is None
    assert new_command(question, 5.0, datetime(2026, 6, 1, tzinfo=UTC)).expires_at is not None


async def test_everybody_answers_and_who_refuses_makes_it_2(mosquitto: Mosquitto) -> None:
    port = mosquitto.port
    unwilling = fake_node(port, "n08", "L02", answer=lambda command: refused(command, TOO_LONG))
    async with fake_node(port, "n07", "L01") as first, unwilling:
        ran = await ctl(port, "override", "--all", "--level", "5%", "--for", "25h")
        assert ran.status == 2
        assert ran.lines == [
            "n07: L01 at 5 % for 2 h, until 2026-01-15 19:03",
            "n08: refused",
            "  args.duration_s: 90000 is above override.greatest_s. Hint: at most 86400",
        ]
        assert given(first) == [("path", "override", {"level_pct": 5.0, "duration_s": 90000.0})]


async def test_who_does_not_answer_is_named_and_makes_it_1(mosquitto: Mosquitto) -> None:
    port = mosquitto.port
    async with (
        fake_node(port, "n07", "L01"),
        fake_node(port, "n08", "L02", answer=lambda _: None),
        fake_node(port, "n09", "L03", answer=lambda _: None) as gone,
    ):
        await gone.keep(gone.topics.availability, b"offline")
        ran = await ctl(port, "clear", "--all", wait=BRIEF_S)
        assert ran.status == 1
        assert ran.lines == ["n07: L01 back to automatic control"]
        silent, offline = ran.complaints
        assert silent.startswith("n08: did not answer. Hint: it is online: ")
        assert offline == "n09: is offline, so it did not get this"


async def test_nobody_has_to_wait_for_who_is_offline(mosquitto: Mosquitto) -> None:
    port = mosquitto.port
    silent = fake_node(port, "n08", "L02", answer=lambda _: None)
    async with fake_node(port, "n07", "L01"), silent as gone:
        await gone.keep(gone.topics.availability, b"offline")
        ran = await ctl(port, "ping")
        assert ran.status == 0
        assert ran.complaints == ["n08: is offline, so it did not get this"]


@pytest.mark.parametrize(
    ("words", "scope", "args", "says"),
    [
        ((), "path", {}, "emergency light, L01 at 100 % for 2 h, until 2026-01-15 19:03"),
        (
            ("--for", "1h", "--scope", "tenant"),
            "tenant",
            {"duration_s": 3600.0},
            "emergency light, L01 at 100 % for 2 h, until 2026-01-15 19:03",
        ),
        (
            ("--end", "--node", "n07"),
            "node",
            {"active": False},
            "emergency over, L01 back to what was before",
        ),
    ],
)
async def test_an_emergency_is_for_a_node_a_path_or_a_tenant(
    mosquitto: Mosquitto, words: tuple[str, ...], scope: str, args: dict[str, object], says: str
) -> None:
    async with fake_node(mosquitto.port, "n07", "L01") as node:
        ran = await ctl(mosquitto.port, "emergency", *words)
        assert (ran.status, ran.err) == (0, "")
        label = "kanal/n07" if scope == "tenant" else "n07"
        assert ran.lines == [f"{label}: {says}"]
        assert given(node) == [(scope, "emergency", args)]


async def test_a_tenant_has_several_paths(mosquitto: Mosquitto) -> None:
    port = mosquitto.port
    async with fake_node(port, "n1", "L1"), fake_node(port, "n1", "L1", path="wall"):
        ran = await ctl(port, "report", "--scope", "tenant", "--json")
        assert [(x["path"], x["node"]) for x in ran.told["replies"]] == [
            ("kanal", "n1"),
            ("wall", "n1"),
        ]
        assert (ran.told["unanswered"], ran.told["offline"]) == ([], [])
        lamp = await ctl(port, "clear", "--lamp", "L1", "--scope", "tenant")
        assert lamp.status == 2
        assert lamp.err.startswith("--lamp: is not clear")


def explained(command: Command) -> Reply:
    result = ExplainResult(
        lamp=str(command.args["lamp"]),
        level_pct=10.0,
        colour_k=None,
        winner=ProposalReport(rung="base", level_pct=10.0, reason="base", rule="late"),
        losers=[ProposalReport(rung="day", level_pct=0.0, reason="day")],
        dark=True,
        daylight="sun",
        unknown="",
        profile_version=3,
    )
    return Reply(id=command.id, ok=True, result=result.model_dump(mode="json"))


async def test_explain_finds_the_node_of_a_lamp_and_says_why(mosquitto: Mosquitto) -> None:
    port = mosquitto.port
    async with (
        fake_node(port, "n07", "L01") as other,
        fake_node(port, "n08", "L02", answer=explained),
    ):
        ran = await ctl(port, "explain", "L02")
        assert ran.status == 0
        assert ran.lines == [
            "L02 on n08 is at 10 %.",
            '  base decides, with 10 %: it is dark and nobody is there, by the rule "late"',
            "  It counts more than:",
            "    day      0 %  no light is needed by day",
            "  It is dark: the sun says so.",
            "  Profile version 3.",
        ]
        assert other.commands == []


async def test_a_lamp_that_nobody_has_is_compared_with_those_there_are(
    mosquitto: Mosquitto,
) -> None:
    async with fake_node(mosquitto.port, "n07", "Lamp1") as node:
        ran = await ctl(mosquitto.port, "identify", "Lamp2", "--for", "10s")
        assert ran.status == 2
        assert ran.complaints == [
            (
                'lamp "Lamp2": is told of by no node of the path "stadt/kanal". '
                'Hint: did you mean "Lamp1"?'
            )
        ]
        assert node.commands == []


async def test_identify_and_ping_and_selftest_in_words(mosquitto: Mosquitto) -> None:
    def answer(command: Command) -> Reply:
        result = SelftestResult(
            lamps={"L01": "driven", "L02": "not_driven"},
            sensors={"M1": "unreadable"},
            neighbours={"n08": "silent"},
            clock_trusted=False,
            store="failing",
        )
        return Reply(id=command.id, ok=True, result=result.model_dump(mode="json"))

    port = mosquitto.port
    async with fake_node(port, "n07", "L01") as node:
        pulsing = await ctl(port, "identify", "L01", "--node", "n07", "--for", "30s")
        assert pulsing.lines == ["n07: L01 pulsing for 2 h, until 2026-01-15 19:03"]
        assert given(node) == [("node", "identify", {"lamp": "L01", "duration_s": 30.0})]
        (pong,) = (await ctl(port, "ping")).lines
        assert pong.startswith("n07: answered after ")
        assert pong.endswith("version 0.1.0, up 1 d 1 h, its clock says 2026-01-15T17:03:22+01:00")
    async with fake_node(port, "n07", "L01", answer=answer):
        assert (await ctl(port, "selftest")).lines == [
            "n07: selftest",
            "  lamp L01: driven",
            "  lamp L02: not driven",
            "  sensor M1: unreadable",
            "  neighbour n08: silent",
            "  clock: not trusted",
            "  store: failing",
        ]


async def test_an_answer_that_is_none_is_told(mosquitto: Mosquitto) -> None:
    def answer(command: Command) -> Reply:
        return Reply(id=command.id, ok=True, result={"pong": "\x1b[2J"})

    async with fake_node(mosquitto.port, "n07", "L01", answer=answer):
        ran = await ctl(mosquitto.port, "ping")
        assert ran.lines == ["n07: done, but its answer cannot be read (at: Field required)"]


async def test_replies_to_others_and_replies_that_are_none_are_not_taken_for_ours(
    mosquitto: Mosquitto,
) -> None:
    async with fake_node(mosquitto.port, "n07", "L01") as node:

        def answer(_: Command) -> Reply:
            return Reply(id="somebody else's", ok=True)

        node.answer = answer
        ran = await ctl(mosquitto.port, "ping", "--node", "n07", wait=BRIEF_S)
        assert ran.status == 1
        assert "nobody answered on cyclelight/v1/stadt/kanal/n07/reply within 1.5 s" in ran.err
        assert "it is online: may this user" in ran.err
