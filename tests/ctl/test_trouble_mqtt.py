"""What can go wrong on the way, and what is said of it."""

import gc
from pathlib import Path

import pytest

from controller.mqtt.commands import Command, Reply
from controller.mqtt.operator import BrokerError, operating
from tests.ctl.fake import PATH, TENANT, fake_node
from tests.ctl.ran import BRIEF_S, ctl
from tests.mqtt.links import make_broker
from tests.support.broker import HOST, Mosquitto, StartMosquitto, free_port, make_tls_files

LOGIN = ("operator", "right horse")


async def test_nobody_at_the_address_of_the_broker() -> None:
    port = free_port()
    ran = await ctl(port, "status")
    assert (ran.status, ran.out) == (1, "")
    (complaint,) = ran.complaints
    assert complaint.startswith(f"broker {HOST}:{port}: nobody answers (")
    assert "Hint: compare --broker with the node file" in complaint


async def test_a_wrong_password_is_refused_and_not_repeated(
    start_mosquitto: StartMosquitto, tmp_path: Path
) -> None:
    mosquitto = start_mosquitto(login=LOGIN)
    wrong = tmp_path / "wrong"
    wrong.write_text("open sesame\n")
    ran = await ctl(mosquitto.port, "status", "--username", LOGIN[0], "--password-file", str(wrong))
    assert (ran.status, ran.out) == (2, "")
    assert "the broker does not let us in" in ran.err
    assert "--password-file" in ran.err
    assert "sesame" not in ran.err


async def test_the_right_password_lets_us_in(
    start_mosquitto: StartMosquitto, tmp_path: Path
) -> None:
    mosquitto = start_mosquitto(login=LOGIN)
    right = tmp_path / "right"
    right.write_text(LOGIN[1])
    login = ("--username", LOGIN[0], "--password-file", str(right))
    async with fake_node(mosquitto.port, "n07", "L01", login=LOGIN):
        assert (await ctl(mosquitto.port, "status", *login)).status == 0


# paho leaves the socket of a failed handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore:.*ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning")
async def test_a_certificate_that_is_not_trusted_is_our_users_fault(
    start_mosquitto: StartMosquitto, tmp_path: Path
) -> None:
    mosquitto = start_mosquitto(tls=make_tls_files(tmp_path / "theirs"))
    other = make_tls_files(tmp_path / "ours")
    ran = await ctl(mosquitto.port, "status", "--ca-file", str(other.ca_file))
    gc.collect()  # here, where it is expected
    assert ran.status == 2
    assert "certificate verify failed" in ran.err
    assert "--ca-file" in ran.err


@pytest.mark.parametrize("words", [("ping",), ("ping", "--node", "n07")])
async def test_a_broker_that_goes_away_in_the_middle(
    mosquitto: Mosquitto, words: tuple[str, ...]
) -> None:
    def answer(_: Command) -> Reply | None:
        mosquitto.stop()
        return None

    async with fake_node(mosquitto.port, "n07", "L01", answer=answer):
        ran = await ctl(mosquitto.port, *words)
        assert (ran.status, ran.out) == (1, "")
        assert "the connection was lost" in ran.err
        assert "may have been carried out" in ran.err


async def test_once_lost_a_session_stays_lost(mosquitto: Mosquitto) -> None:
    async with operating(make_broker(mosquitto.port), timeout_s=10.0) as session:
        mosquitto.stop()
        for _ in range(2):
            with pytest.raises(BrokerError, match="lost"):
                await session.next(10.0)
        with pytest.raises(BrokerError, match="lost"):
            await session.send("t", b"", expiry_s=1.0)
        with pytest.raises(BrokerError, match="lost"):
            await session.subscribe(["t"])


async def test_what_the_broker_does_not_allow_is_told_with_the_topic(
    start_mosquitto: StartMosquitto, tmp_path: Path
) -> None:
    mosquitto = start_mosquitto(acl="topic read #\nuser node\ntopic readwrite #\n")
    profile = tmp_path / "p.toml"
    profile.write_text("levels.base_pct = 5\n")
    async with fake_node(mosquitto.port, "n07", "L01", login=("node", "x")) as node:
        ran = await ctl(mosquitto.port, "clear", "--all")
        assert ran.status == 2
        assert f"publish on cyclelight/v1/{TENANT}/{PATH}/all/command" in ran.err
        assert "access list" in ran.err
        desired = await ctl(mosquitto.port, "config", "set", str(profile))
        assert desired.status == 2
        assert "/all/config/desired" in desired.err
        assert (node.commands, node.desired) == ([], [])


async def test_older_brokers_work_the_same(mosquitto: Mosquitto) -> None:
    broker = make_broker(mosquitto.port, protocol="3.1.1")
    async with operating(broker, timeout_s=10.0) as session:
        await session.subscribe(["a/+"])
        await session.send("a/b", b"1", expiry_s=1.0)
        await session.keep("a/c", b"2")
        found = [await session.next(10.0) for _ in range(2)]
    assert [(x.topic, x.payload) for x in found if x] == [("a/b", b"1"), ("a/c", b"2")]


async def test_leaving_says_goodbye_and_leaves_nothing_behind(mosquitto: Mosquitto) -> None:
    async with operating(make_broker(mosquitto.port), timeout_s=10.0) as session:
        assert await session.next(0.0) is None
    async with operating(make_broker(mosquitto.port), timeout_s=10.0) as session:
        await session.subscribe(["#"])
        await session.send("probe", b"", expiry_s=1.0)
        first = await session.next(10.0)
    assert first is not None
    assert first.topic == "probe"
    assert "Received DISCONNECT from n1" in mosquitto.log


# wrong names


@pytest.mark.parametrize("words", [("status",), ("watch",), ("ping",), ("config", "get")])
async def test_every_command_needs_the_names(words: tuple[str, ...]) -> None:
    ran = await ctl(1, *words, path="a/b")
    assert ran.status == 2
    assert ran.err.startswith("--path: ")


@pytest.mark.parametrize(
    ("where", "hint"),
    [
        ({"tenant": "statd"}, 'no node of the tenant "statd" has ever been heard'),
        ({"path": "kanl"}, 'no path of this name has ever been heard: did you mean "kanal"?'),
    ],
)
async def test_wrong_names_are_compared_with_those_that_were_heard(
    mosquitto: Mosquitto, where: dict[str, str], hint: str
) -> None:
    async with fake_node(mosquitto.port, "n07", "L01"):
        for words in (("ping",), ("override", "--lamp", "L01", "--level", "5")):
            ran = await ctl(mosquitto.port, *words, wait=BRIEF_S, **where)
            assert ran.status == 1
            assert ran.err.startswith(f"broker {HOST}:{mosquitto.port}, cyclelight/v1/")
            assert hint in ran.err


async def test_a_wrong_node_is_compared_with_those_of_the_path(mosquitto: Mosquitto) -> None:
    async with fake_node(mosquitto.port, "n07", "L01"):
        for words in (("status",), ("explain", "L01")):
            ran = await ctl(mosquitto.port, *words, "--node", "n7", wait=BRIEF_S)
            assert ran.status == 1
            assert 'no node of this name has ever been heard: did you mean "n07"?' in ran.err


async def test_everybody_is_offline(mosquitto: Mosquitto) -> None:
    async with fake_node(mosquitto.port, "n07", "L01", answer=lambda _: None) as node:
        await node.keep(node.topics.availability, b"offline")
        ran = await ctl(mosquitto.port, "ping", wait=BRIEF_S)
        assert ran.status == 1
        assert "every node there is offline (n07): look at their power" in ran.err
        one = await ctl(mosquitto.port, "ping", "--node", "n07", wait=BRIEF_S)
        assert "it is offline: look at its power" in one.err
