"""Real controllers at a real broker with their roles: light works, and nothing is given away."""

import asyncio
import contextlib
import json
import re
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from controller.broker_roles.dynsec import document
from controller.broker_roles.granting import Wish, granted
from controller.broker_roles.passwords import hashed
from controller.settings.path import load_path
from tests.brokers.authority import Authority
from tests.brokers.cast import PASSWORD
from tests.brokers.delivered import CERTIFICATES, PASSWORDS, Delivered
from tests.brokers.visitor import Visitor
from tests.support.broker import HOST
from tests.system.conftest import town
from tests.system.live import LAMP_PINS, MOTION_PINS, Node, Town, until

__all__ = ["town"]

TOP = "cyclelight/v1/soest/test/"
REFUSAL = re.compile("refused|denied|not authori[sz]ed", re.IGNORECASE)
EVERYTHING_READABLE = ["availability", "state", "lamp/+/state", "energy/interval", "reply"]


def roles_of(town: Town) -> dict[str, Any]:
    """The roles of the town's path. The nodes have a password besides."""
    path = load_path(town.directory / "path.toml")
    grant = granted([path], [Wish("operator", "anna")])
    names = [login.name for login in grant.logins]
    passwords = dict.fromkeys(names, hashed(PASSWORD, b"twelve bytes"))
    return document(grant.roles, grant.logins, passwords)


@contextlib.contextmanager
def started(town: Town, tmp_path: Path, authority: Authority) -> Iterator[Delivered]:
    broker = Delivered(tmp_path / "broker", "path.conf", authority, roles_of(town))
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


def connect(town: Town, authority: Authority, port: int, number: int) -> None:
    """Let a node log in with a certificate of its own."""
    name = f"soest.test.n{number}"
    tls = authority.issue(name, name=name)
    file = town.directory / f"n{number}.toml"
    text = file.read_text().partition("[mqtt]")[0]
    file.write_text(
        f'{text}[mqtt]\nhost = "{HOST}"\nport = {port}\nca_file = "{tls.ca_file}"\n'
        f'cert_file = "{tls.cert_file}"\nkey_file = "{tls.key_file}"\n'
    )


def operator(broker: Delivered, authority: Authority) -> Visitor:
    tls, login = authority.files("broker"), ("anna", PASSWORD)
    return Visitor(broker.ports[PASSWORDS], tls, certified=False, login=login)


def command(name: str, **arguments: object) -> str:
    return json.dumps({"id": name, "name": name, "args": arguments})


async def test_two_nodes_work_together_without_one_refusal(
    town: Town, tmp_path: Path, authority: Authority
) -> None:
    town.write_files(port=1, nodes=2)
    with started(town, tmp_path, authority) as broker, operator(broker, authority) as anna:
        assert anna.let_in, anna.why
        for number in (1, 2):
            connect(town, authority, broker.ports[CERTIFICATES], number)
        first, second = await asyncio.gather(town.node("n1"), town.node("n2"))
        await first.board.at_base()
        await second.board.at_base()  # each knows that the other is there
        put_s = first.board.put(pin=MOTION_PINS[1], value=1)
        await second.board.bright(LAMP_PINS[0], put_s)
        first.board.put(pin=MOTION_PINS[1], value=0)

        anna.subscribe([f"{TOP}+/{name}" for name in EVERYTHING_READABLE])
        anna.publish([TOP + "all/command"], command("ping"))
        anna.publish([TOP + "n1/command"], command("override", level_pct=40.0))
        anna.publish([TOP + "n1/config/desired"], '{"version": 1, "profile": {}}', retain=True)

        def heard(end: str) -> set[str]:
            return {topic for topic, _, _ in anna.messages if topic.endswith(end)}

        await until(lambda: len(heard("/reply")) == 2, "replies of both")
        await until(lambda: len(heard("/energy/interval")) == 2, "intervals of both")
        for node in (first, second):
            assert await node.stop() == 0
            assert not REFUSAL.search(node.log)
        denied = [line for line in broker.log.splitlines() if "Denied" in line]
        assert denied == []


async def test_renewed_certificates_are_taken_up_without_touching_the_node(
    town: Town, tmp_path: Path, authority: Authority
) -> None:
    town.write_files(port=1, nodes=1)
    with started(town, tmp_path, authority) as broker:
        connect(town, authority, broker.ports[CERTIFICATES], 1)
        node = await town.node("n1")
        await until(lambda: node.log.count("mqtt connected") == 1, "the broker")
        authority.revoke("soest.test.n1")
        authority.issue("soest.test.n1", name="soest.test.n1")
        authority.issue("broker", name="broker.example", kind="broker")
        for file in ("broker.crt", "broker.key", "ca.crl"):
            broker.add(authority.directory / file, file)
        broker.restart()
        await until(lambda: node.log.count("mqtt connected") == 2, "the broker, anew")
        await node.board.at_base()
        assert await node.stop() == 0


def secrets_in(text: str | bytes, authority: Authority) -> list[str]:
    """Which secrets stand in a text."""
    if isinstance(text, bytes):
        text = text.decode(errors="replace")
    keys = [key.read_text().splitlines()[1] for key in authority.directory.glob("*.key")]
    return [secret for secret in (PASSWORD, *keys) if secret in text]


def given_away(node: Node, authority: Authority) -> dict[str, list[str]]:
    """Every secret that can be found where others look: the process list, the log, the state."""
    assert node.process is not None
    process = Path("/proc") / str(node.process.pid)
    state = node.directory / f"state-{node.name}"
    files = [process / "cmdline", process / "environ", *state.rglob("*")]
    texts = {str(file): file.read_bytes() for file in files if file.is_file()}
    texts["log"] = node.log.encode()
    assert len(texts["log"]) > 100
    found = {place: secrets_in(text, authority) for place, text in texts.items()}
    return {place: secrets for place, secrets in found.items() if secrets}


@pytest.mark.parametrize("password", [PASSWORD, "wrong"], ids=["right", "wrong"])
async def test_credentials_stand_in_no_log_no_state_and_no_process_list(
    town: Town, tmp_path: Path, authority: Authority, password: str
) -> None:
    town.write_files(port=1, nodes=1)
    with started(town, tmp_path, authority) as broker, operator(broker, authority) as anna:
        connect(town, authority, broker.ports[PASSWORDS], 1)
        file = town.directory / "n1.toml"
        secret = town.directory / "password"
        secret.write_text(password + "\n")
        shutil.copy(authority.files("broker").ca_file, town.directory / "ca.crt")
        text = file.read_text().partition("ca_file")[0]
        file.write_text(
            f'{text}ca_file = "ca.crt"\nusername = "soest.test.n1"\npassword_file = "password"\n'
        )
        anna.subscribe([f"{TOP}+/{name}" for name in EVERYTHING_READABLE])
        node = await town.node("n1")
        if password == PASSWORD:
            await until(lambda: len(anna.messages) > 4, "the node's messages")
        else:
            await until(lambda: "mqtt not connected" in node.log, "the refusal")
            assert "wrong" not in node.log
        assert given_away(node, authority) == {}
        messages = b"".join(payload for _, payload, _ in anna.messages)
        assert secrets_in(messages, authority) == []
        assert await node.stop() == 0
        assert secrets_in(broker.log, authority) == []


ASKED = [
    "status",
    "explain L1",
    "override --lamp L1 --level 40",
    "config get",
    "config set --layer path --patch levels.base_pct=30",
]


async def test_an_operators_command_line_has_all_it_needs(
    town: Town, tmp_path: Path, authority: Authority
) -> None:
    town.write_files(port=1, nodes=1)
    secret = town.directory / "anna"
    secret.write_text(PASSWORD)
    with started(town, tmp_path, authority) as broker, operator(broker, authority) as anna:
        connect(town, authority, broker.ports[CERTIFICATES], 1)
        anna.subscribe([f"{TOP}+/config/reported"])
        await town.node("n1")
        await until(lambda: anna.messages, "the node's messages")
        ca_file = str(authority.files("broker").ca_file)
        own = ["--broker", f"{HOST}:{broker.ports[PASSWORDS]}", "--ca-file", ca_file]
        own += ["--username", "anna", "--password-file", str(secret)]
        own += ["--tenant", "soest", "--path", "test", "--timeout", "20"]
        for asked in ASKED:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "controller", "ctl", *asked.split(), *own),
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            output, _ = await process.communicate()
            assert process.returncode == 0, f"{asked}: {output.decode()}"
            assert secrets_in(output, authority) == []
