"""From a node's settings to its broker, for the node and for who comes in its place."""

from pathlib import Path

import pytest

from controller.broker_access import in_clear_text, node_broker, passing_client_id, read_password
from controller.settings.node import Mqtt

MOST_CHARACTERS = 23  # that every broker must take (MQTT 3.1.1, 3.1.3.1)


def test_a_broker_is_what_the_node_file_says(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(" two words \r\n")
    mqtt = Mqtt(host="b", port=8883, protocol="5", username="n1", password_file=file, keepalive_s=7)
    broker = node_broker(mqtt, "me")
    assert (broker.host, broker.port, broker.protocol) == ("b", 8883, "5")
    assert (broker.username, broker.password) == ("n1", " two words ")
    assert (broker.client_id, broker.keepalive_s) == ("me", 7)
    assert "two words" not in repr(broker)


@pytest.mark.parametrize(
    ("host", "encrypted", "readable"),
    [("b", False, True), ("b", True, False), ("localhost", False, False), ("::1", False, False)],
)
def test_others_read_along_only_on_a_network_without_encryption(
    *, host: str, encrypted: bool, readable: bool
) -> None:
    ca_file = Path("ca.crt") if encrypted else None
    assert in_clear_text(Mqtt(host=host, ca_file=ca_file)) == readable


def test_without_a_file_there_is_no_password() -> None:
    assert node_broker(Mqtt(host="b"), "me").password is None


def test_a_password_that_cannot_be_read_is_an_error_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "password"
    with pytest.raises(FileNotFoundError):
        read_password(file)
    file.write_bytes(b"\xff\xff")
    with pytest.raises(OSError, match="not UTF-8"):
        read_password(file)


def test_a_client_that_passes_has_an_identifier_that_nobody_else_has() -> None:
    found = {passing_client_id(who) for who in ("ctl", "try") for _ in range(50)}
    assert len(found) == 100
    assert {len(x) for x in found} == {MOST_CHARACTERS}
