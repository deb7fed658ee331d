"""What `cyclelight init` asks about the broker."""

from collections.abc import Callable
from pathlib import Path

from controller.commissioning import reading
from controller.commissioning.node_questions import nodes_in
from controller.commissioning.question import Question, Texts
from controller.commissioning.refusing import check_setting
from controller.settings.node import Mqtt


def _host(text: str, _: Texts) -> None:
    if reading.optional(text) is not None:
        check_setting(Mqtt, "host", text, "mqtt")


def _username(text: str, _: Texts) -> None:
    if reading.optional(text) is not None:
        check_setting(Mqtt, "username", text, "mqtt")


def _has(key: str) -> Callable[[Texts], bool]:
    return lambda texts: reading.optional(texts.get(key, reading.NONE)) is not None


def _file(
    key: str, text: str, usual: str | None, wanted: Callable[[Texts], bool], folder: Path
) -> Question:
    return Question(
        key,
        text,
        lambda answer, _: reading.existing(answer, f"mqtt.{key}", folder),
        lambda _: usual,
        wanted,
    )


def broker_questions(folder: Path) -> tuple[Question, ...]:
    """Return the questions; names of files are seen from `folder`."""
    has_broker = _has("broker")
    return (
        Question("broker", "Name or address of the broker, or none", _host, _usual_broker),
        Question(
            "username",
            "The nodes' name at the broker ({node} is each one's id), or none",
            _username,
            lambda _: reading.NONE,
            has_broker,
        ),
        _file("password_file", "File with the password", None, _has("username"), folder),
        _file("ca_file", "The broker's CA certificate, or none", reading.NONE, has_broker, folder),
        _file(
            "cert_file", "The node's certificate, or none", reading.NONE, _has("ca_file"), folder
        ),
        _file("key_file", "The private key of it", None, _has("cert_file"), folder),
    )


def _usual_broker(texts: Texts) -> str | None:
    """Return none for a node that is alone; several need a broker to hear one another."""
    return reading.NONE if len(nodes_in(texts["nodes"])) == 1 else None
