"""`cyclelight broker-roles`: what it prints, that a broker takes it, and where passwords go."""

import json
import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from controller.broker_roles import roles
from controller.broker_roles.dynsec import commands
from controller.broker_roles.granting import Wish, granted
from controller.cli import main
from controller.core.path import Path as BuiltPath
from controller.core.site import Overview
from controller.settings.faults import SettingsError
from tests.brokers.authority import Authority
from tests.brokers.cast import CANAL, PATHS, WISHES, visit
from tests.brokers.delivered import PASSWORDS, Delivered
from tests.brokers.visitor import NOT_AUTHORISED, Visitor

ROOT = Path(__file__).parents[2]
PATH_FILE = str(ROOT / "config" / "paths" / "kanalpromenade.toml")
CONTROL = "$CONTROL/dynamic-security/v1"
TOP = "cyclelight/v1/muenster/kanalpromenade/"
NODE = "muenster.kanalpromenade.n2"


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["broker-roles", PATH_FILE, *arguments]) == 0
    return capsys.readouterr().out


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["broker-roles", *arguments]) == 2
    output = capsys.readouterr()
    assert not output.out
    return output.err


# what it prints


def test_the_ways_of_a_path_are_walked_once_for_all_its_nodes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    walked: list[BuiltPath] = []

    class Counted(Overview):
        @classmethod
        def of(cls, path: BuiltPath) -> Overview:
            walked.append(path)
            return Overview.of(path)

    monkeypatch.setattr(roles, "Overview", Counted)
    granted(PATHS, WISHES)
    assert walked == list(PATHS)


def test_every_node_and_the_bridge_get_in_without_a_password(
    capsys: pytest.CaptureFixture[str],
) -> None:
    document = json.loads(printed(capsys))
    names = {client["username"] for client in document["clients"]}
    assert names == {f"muenster.kanalpromenade{end}" for end in ("", ".n1", ".n2", ".n3", ".n4")}
    assert not any("password" in client for client in document["clients"])
    assert document["defaultACLAccess"] == {
        "publishClientSend": False,
        "publishClientReceive": False,
        "subscribe": False,
        "unsubscribe": True,
    }


def test_nobody_but_nodes_has_to_do_with_passages(capsys: pytest.CaptureFixture[str]) -> None:
    document = json.loads(printed(capsys, "--operators", "anna", "tina@muenster", "--admins", "r"))
    for role in document["roles"]:
        if not role["rolename"].startswith("node/"):
            assert not any(acl["topic"].endswith("/passage") for acl in role["acls"])
            assert not any(acl["topic"] in ("#", "cyclelight/#") for acl in role["acls"])


def test_passwords_are_made_once_and_for_their_owner_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    secrets = tmp_path / "new" / "secrets"
    arguments = ("--operators", "anna", "--readers", "plan", "--secrets", str(secrets))
    first = printed(capsys, *arguments)
    passwords = {file.name: file.read_text().strip() for file in secrets.iterdir()}
    assert passwords.keys() == {"anna", "plan"}
    assert len(set(passwords.values())) == 2
    assert all(len(password) >= 32 for password in passwords.values())
    assert {stat.S_IMODE(file.stat().st_mode) for file in secrets.iterdir()} == {0o600}
    assert stat.S_IMODE(secrets.stat().st_mode) == 0o700
    second = printed(capsys, *arguments)
    assert passwords == {file.name: file.read_text().strip() for file in secrets.iterdir()}
    for output in (first, second):
        assert not any(password in output for password in passwords.values())
    assert first != second  # a new salt each time


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--operators", "a.b"), '"a.b": is not a name'),
        (("--operators", "anna@mun"), '"anna" at "mun": is nowhere'),
        (("--readers", "plan@muenster/ring"), '"plan" at "muenster/ring": is nowhere'),
        (("--operators", "anna@"), '"anna" at "": is nowhere'),
        (("--secrets", "x", "--format", "commands"), "--secrets: does not go with commands"),
        (("--admins", "x", "--format", "commands"), "--admins: does not go with commands"),
    ],
)
def test_bad_input_is_told_with_place_and_remedy(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], problem: str
) -> None:
    told = refused(capsys, PATH_FILE, *arguments)
    assert problem in told
    assert "Hint: " in told


def test_a_path_that_comes_twice_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert "comes twice" in refused(capsys, PATH_FILE, PATH_FILE)


def test_a_name_that_no_certificate_can_hold_is_told() -> None:
    long = replace(CANAL, tenant="t" * 32, id="p" * 32)
    with pytest.raises(SettingsError, match="longer than the 64 characters"):
        granted([long], [])


def test_a_password_that_others_may_read_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "anna"
    file.write_text("secret\n")
    file.chmod(0o644)
    arguments = (PATH_FILE, "--operators", "anna", "--secrets", str(tmp_path))
    told = refused(capsys, *arguments)
    assert "others may read" in told
    assert "secret" not in told.replace("secrets", "")
    file.chmod(0o600)
    file.write_text("\n")
    assert "holds no password" in refused(capsys, *arguments)
    file.write_text("secret\n")
    assert "secret" not in printed(capsys, *arguments[1:])
    directory = tmp_path / "anna" / "below"
    assert "cannot be used" in refused(capsys, *arguments[:-1], str(directory))


# a broker takes it


def test_what_is_printed_is_what_a_broker_takes(
    tmp_path: Path, authority: Authority, capsys: pytest.CaptureFixture[str]
) -> None:
    secrets = tmp_path / "secrets"
    document = json.loads(printed(capsys, "--operators", "anna", "--secrets", str(secrets)))
    broker = Delivered(tmp_path / "broker", "path.conf", authority, document)
    broker.start()
    try:
        password = (secrets / "anna").read_text().strip()
        tls, port = authority.files("broker"), broker.ports[PASSWORDS]
        with Visitor(port, tls, certified=False, login=("anna", password)) as anna:
            assert anna.let_in
            assert anna.subscribe([TOP + "+/state"]) == {TOP + "+/state": 1}
            with visit(broker, authority, NODE) as node:
                node.publish([TOP + "n2/state"])
            anna.wait(lambda: anna.messages)
        assert password not in broker.log
    finally:
        broker.stop()


def told(admin: Visitor, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give commands to the plugin; return its answers."""
    admin.subscribe([CONTROL + "/response"])
    admin.messages.clear()
    for message in messages:
        admin.publish([CONTROL], json.dumps(message))
    admin.wait(lambda: len(admin.messages) == len(messages))
    answers = [json.loads(payload)["responses"] for _, payload, _ in admin.messages]
    return [answer for several in answers for answer in several]


def test_a_running_broker_is_brought_up_to_date(
    path_broker: Delivered, authority: Authority
) -> None:
    # n3 goes, anna becomes a reader, somebody new comes.
    fewer = replace(
        CANAL,
        nodes=tuple(node for node in CANAL.nodes if node.id != "n3"),
        lamps=tuple(lamp for lamp in CANAL.lamps if lamp.node != "n3"),
        motion_sensors=tuple(one for one in CANAL.motion_sensors if one.node != "n3"),
        light_sensors=(),
    )
    wishes = [x for x in WISHES if x.name not in ("anna", "both", "root")]
    wishes += [Wish("reader", "anna"), Wish("operator", "otto")]
    grant = granted([fewer, *PATHS[1:]], wishes)
    with visit(path_broker, authority, NODE) as node:
        assert node.subscribe([TOP + "n3/passage"]) == {TOP + "n3/passage": 1}
        with visit(path_broker, authority, "root") as admin:
            answers = told(admin, commands(grant.roles, grant.logins))
        assert {x["error"] for x in answers if "error" in x} == {
            "Client already exists",
            "Role not found",
        }
        node.wait(lambda: node.lost)
    with visit(path_broker, authority, NODE) as node:
        assert node.subscribe([TOP + "n3/passage"]) == {TOP + "n3/passage": NOT_AUTHORISED}
        assert node.subscribe([TOP + "n2/command"]) == {TOP + "n2/command": 1}
        assert node.publish([TOP + "n2/state"])[TOP + "n2/state"] < NOT_AUTHORISED
    with visit(path_broker, authority, "anna") as anna:  # with the password that she had
        assert anna.let_in
        assert anna.publish([TOP + "n2/command"]) == {TOP + "n2/command": NOT_AUTHORISED}
        assert anna.subscribe([TOP + "n2/count"]) == {TOP + "n2/count": 1}
    saved = json.loads((path_broker._directory / "roles.json").read_text())
    assert "otto" in {client["username"] for client in saved["clients"]}


def test_a_node_that_keeps_its_role_loses_nothing_by_an_update(
    path_broker: Delivered, authority: Authority
) -> None:
    grant = granted(PATHS, [wish for wish in WISHES if wish.kind != "admin"])
    with visit(path_broker, authority, "root") as admin:
        told(admin, commands(grant.roles, grant.logins))
    with visit(path_broker, authority, NODE) as node:
        assert node.subscribe([TOP + "n1/passage"]) == {TOP + "n1/passage": 1}


# the command tells no secrets


def test_no_password_is_in_the_process_list(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir(mode=0o700)
    os.mkfifo(secrets / "anna", 0o600)
    arguments = ["broker-roles", PATH_FILE, "--operators", "anna", "--secrets", str(secrets)]
    with subprocess.Popen(
        [sys.executable, "-m", "controller", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        with (secrets / "anna").open("w") as pipe:  # opens as soon as the command reads
            process_list = [
                file.read_bytes() for file in Path("/proc").glob(f"{process.pid}/cmdline")
            ]
            pipe.write("tell-nobody\n")
        output, errors = process.communicate(timeout=60)
    assert process_list
    assert all(b"tell-nobody" not in words for words in process_list)
    assert process.returncode == 0, errors
    assert "tell-nobody" not in output + errors
