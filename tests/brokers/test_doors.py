"""Who gets in at the brokers as we deliver them: TLS only, and only with what is valid now."""

import base64
import contextlib
import hashlib
import re
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest

from controller.broker_roles.passwords import hashed
from tests.brokers.authority import CONFIG, Authority
from tests.brokers.cast import PASSWORD, visit
from tests.brokers.delivered import CERTIFICATES, PASSWORDS, Delivered
from tests.brokers.visitor import Visitor
from tests.support.broker import HOST, TlsFiles

NODE = "muenster.kanalpromenade.n2"
PLAIN_CONNECT = bytes.fromhex("100d00044d5154540502003c000000")
CONNACK = b"\x20"
BROKERS = ("node.conf", "path.conf", "town.conf")


def trusted(port: int, authority: Authority) -> bool:
    """Whether a client that knows this authority takes a broker for the one it wants."""
    context = ssl.create_default_context(cafile=authority.files("broker").ca_file)
    with socket.create_connection((HOST, port)) as line:
        try:
            context.wrap_socket(line, server_hostname=HOST).close()
        except ssl.SSLCertVerificationError:
            return False
    return True


@pytest.mark.parametrize("file", BROKERS)
def test_every_listener_is_encrypted_and_nobody_is_anonymous(file: str) -> None:
    text = (CONFIG / file).read_text()
    listeners = re.split(r"^listener ", text, flags=re.MULTILINE)[1:]
    assert listeners
    for listener in listeners:
        assert re.search(r"^certfile /", listener, re.MULTILINE)
    assert re.findall(r"^allow_anonymous (.*)$", text, re.MULTILINE) == ["false"]
    assert not re.search(r"^(port|password_file|acl_file|psk_file) ", text, re.MULTILINE)


@pytest.mark.parametrize("file", BROKERS)
def test_a_broker_starts_as_delivered_and_lets_a_node_in(
    tmp_path: Path, authority: Authority, roles: dict[str, Any], file: str
) -> None:
    broker = Delivered(tmp_path / "broker", file, authority, roles)
    broker.start()
    try:
        with visit(broker, authority, NODE) as visitor:
            assert visitor.let_in, visitor.why
        assert not re.search("[Ww]arning(?!: Mosquitto should not be run as root)", broker.log)
    finally:
        broker.stop()


@pytest.mark.parametrize("port", [CERTIFICATES, PASSWORDS])
def test_without_encryption_nobody_is_answered(path_broker: Delivered, port: int) -> None:
    with socket.create_connection((HOST, path_broker.ports[port]), timeout=20.0) as line:
        line.sendall(PLAIN_CONNECT)
        with contextlib.suppress(ConnectionResetError):
            assert line.recv(100)[:1] != CONNACK


def test_no_certificate_is_no_entry(path_broker: Delivered, authority: Authority) -> None:
    tls = authority.files("broker")
    for login in (None, ("anna", PASSWORD)):
        port = path_broker.ports[CERTIFICATES]
        with Visitor(port, tls, certified=False, login=login) as visitor:
            assert not visitor.let_in


@pytest.fixture(scope="session")
def other(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Another authority, which gives certificates to names of ours."""
    authority = Authority.found(tmp_path_factory.mktemp("pki") / "other")
    authority.issue("node", name=NODE)
    return authority


def test_a_certificate_of_another_authority_is_refused(
    path_broker: Delivered, authority: Authority, other: Authority
) -> None:
    theirs = other.files("node")
    tls = TlsFiles(authority.files("broker").ca_file, theirs.cert_file, theirs.key_file)
    with Visitor(path_broker.ports[CERTIFICATES], tls) as visitor:
        assert not visitor.let_in


@pytest.mark.parametrize(
    ("file", "dates"),
    [
        ("expired", "-startdate 20200101000000Z -enddate 20200201000000Z"),
        ("early", "-startdate 20980101000000Z -enddate 20990101000000Z"),
    ],
)
def test_a_certificate_that_is_not_valid_now_is_refused(
    path_broker: Delivered, authority: Authority, file: str, dates: str
) -> None:
    tls = authority.issue(file, name=NODE, dates=dates)
    with Visitor(path_broker.ports[CERTIFICATES], tls) as visitor:
        assert not visitor.let_in
    assert "certificate" in path_broker.log


def test_a_brokers_certificate_is_no_nodes_and_the_other_way_round(
    path_broker: Delivered, authority: Authority, tmp_path: Path, roles: dict[str, Any]
) -> None:
    with Visitor(path_broker.ports[CERTIFICATES], authority.files("broker")) as visitor:
        assert not visitor.let_in
    false = Delivered(tmp_path / "false", "path.conf", authority, roles)
    named = authority.issue("named", name=HOST)
    false.add(named.cert_file, "broker.crt")
    false.add(named.key_file, "broker.key")
    false.start()
    try:
        assert not trusted(false.ports[CERTIFICATES], authority)
    finally:
        false.stop()


def test_a_broker_whose_certificate_has_run_out_is_not_talked_to(
    authority: Authority, tmp_path: Path, roles: dict[str, Any]
) -> None:
    dates = "-startdate 20200101000000Z -enddate 20200201000000Z"
    old = authority.issue("old", name="broker.example", kind="broker", dates=dates)
    broker = Delivered(tmp_path / "old", "path.conf", authority, roles)
    broker.add(old.cert_file, "broker.crt")
    broker.add(old.key_file, "broker.key")
    broker.start()
    try:
        assert not trusted(broker.ports[CERTIFICATES], authority)
        renewed = authority.files("broker")
        broker.add(renewed.cert_file, "broker.crt")
        broker.add(renewed.key_file, "broker.key")
        broker.reload()
        assert any(trusted(broker.ports[CERTIFICATES], authority) for _ in range(200))
    finally:
        broker.stop()


def test_a_client_does_not_talk_to_a_broker_of_another_authority(
    path_broker: Delivered, authority: Authority, other: Authority
) -> None:
    assert trusted(path_broker.ports[CERTIFICATES], authority)
    assert not trusted(path_broker.ports[CERTIFICATES], other)


def test_who_is_revoked_is_refused_after_a_reload(
    path_broker: Delivered, authority: Authority
) -> None:
    tls = authority.issue("stolen", name=NODE)
    port = path_broker.ports[CERTIFICATES]
    with Visitor(port, tls) as visitor:
        assert visitor.let_in
    authority.revoke("stolen")
    path_broker.add(authority.directory / "ca.crl", "ca.crl")
    path_broker.reload()
    refused = False
    for _ in range(200):  # a signal is not answered
        with Visitor(port, tls) as visitor:
            if not visitor.let_in:
                refused = True
                break
    assert refused
    with visit(path_broker, authority, NODE) as visitor:
        assert visitor.let_in


@pytest.mark.parametrize(
    ("name", "password"),
    [("anna", "wrong"), ("anna", ""), ("nobody", PASSWORD), (NODE, ""), (NODE, PASSWORD)],
)
def test_a_wrong_name_or_password_is_refused(
    path_broker: Delivered, authority: Authority, name: str, password: str
) -> None:
    tls, port = authority.files("broker"), path_broker.ports[PASSWORDS]
    with Visitor(port, tls, certified=False, login=(name, password)) as visitor:
        assert not visitor.let_in
    with Visitor(port, tls, certified=False, login=("anna", PASSWORD)) as visitor:
        assert visitor.let_in


def test_a_program_may_not_use_a_client_identifier_of_a_node(
    path_broker: Delivered, authority: Authority
) -> None:
    with visit(path_broker, authority, "house", client_id=NODE) as visitor:
        assert not visitor.let_in
    with visit(path_broker, authority, "house") as visitor:
        assert visitor.let_in


def test_nobody_pushes_a_node_off_with_a_certificate(
    path_broker: Delivered, authority: Authority
) -> None:
    with visit(path_broker, authority, NODE) as node:
        with visit(path_broker, authority, "soest.small.n1", client_id=NODE) as visitor:
            assert visitor.let_in
        assert node.subscribe(["homeassistant/status"]) == {"homeassistant/status": 1}
        assert not node.lost


def test_the_plugin_hashes_as_we_do() -> None:
    # Made by `mosquitto_ctrl dynsec init` of mosquitto 2.0.11, which takes 101 iterations.
    salt = base64.b64decode("50NBMeJzjInZwURm")
    made = base64.b64encode(hashlib.pbkdf2_hmac("sha512", b"adminpw", salt, 101, 64)).decode()
    assert made == (
        "YtYHS/UYdyGvSxVXVsaw1RAV57X4Mmybj/WQGwH8x3KrAK0DdHTpUwqpOG0CEPJd9O9L5vM04LvG5EhHKvcYbw=="
    )
    assert hashed("adminpw", salt).salt == "50NBMeJzjInZwURm"
