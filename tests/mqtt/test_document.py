"""docs/mqtt.md says what the code says, and what it shows can be pasted."""

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from controller.broker_roles.roles import AUDIENCE
from controller.mqtt.asyncapi import document, examples
from controller.mqtt.catalogue import ROWS, Message, Row, messages
from controller.mqtt.commands import ARGUMENTS, parse_lamp_set
from controller.mqtt.config import parse_desired
from controller.mqtt.topics import ROOT
from tests.mqtt.examples import parse_command
from tests.mqtt.schemas import mismatches

TEXT = (Path(__file__).parents[2] / "docs" / "mqtt.md").read_text()
ASYNCAPI = document("0")
SOON = "$(date -Iseconds -d '+1 minute')"
PARSERS = {"command": parse_command, "lampSet": parse_lamp_set, "configDesired": parse_desired}

BLOCKS = [
    json.loads(block)
    for block in re.findall(r"^```json\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
]


@dataclass(frozen=True)
class Published:
    """A message as the document publishes it."""

    topic: str
    payload: str | None
    qos: int
    retained: bool

    @property
    def row(self) -> Row:
        (row,) = (row for row in ROWS if any(fits(self.topic, x) for x in row.addresses))
        return row

    @property
    def value(self) -> object:
        return json.loads(self.payload or "null")


def fits(topic: str, address: str) -> bool:
    return re.fullmatch(re.sub(r"{\w+}", "[^/]+", address), topic) is not None


def published() -> Iterator[Published]:
    for line in re.findall(r"^    mosquitto_pub (.*)$", TEXT, re.MULTILINE):
        words = shlex.split(line)
        options = {x: words[i + 1] for i, x in enumerate(words[:-1]) if x.startswith("-")}
        payload = options.get("-m")
        yield Published(
            topic=options["-t"],
            payload=None if payload is None else payload.replace(SOON, "2026-01-15T17:04:22+01:00"),
            qos=int(options["-q"]),
            retained="-r" in words,
        )


PUBLISHED = list(published())


def kinds(value: object, among: tuple[Message, ...]) -> list[str]:
    found = ASYNCAPI["components"]["messages"]
    return [
        x.name for x in among if not list(mismatches(value, found[x.name]["payload"], ASYNCAPI))
    ]


# topics


def test_the_table_of_topics_is_that_of_the_code() -> None:
    section = TEXT.partition("## Topics")[2].partition("##")[0]
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in section.splitlines()
        if line.startswith("| `")
    ]
    shown = {(topic, by.split(",")[0], qos, kept) for topic, by, qos, kept, _ in cells}
    own = f"{ROOT}/{{tenant}}/{{path}}/{{node}}/"
    assert shown == {
        (
            f"`{row.addresses[-1].removeprefix(own).replace('{lamp}', 'LAMP')}`",
            row.publisher,
            str(row.qos),
            "yes" if row.retained else "no",
        )
        for row in ROWS
    }
    assert len(cells) == len(ROWS)


# examples


@pytest.mark.parametrize("message", messages().values(), ids=lambda message: message.name)
def test_every_example_is_shown(message: Message) -> None:
    if message.model is not None:
        shown = [*BLOCKS, *(x.value for x in PUBLISHED)]
        assert all(payload in shown for payload in examples(message).values())


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: json.dumps(block)[:30])
def test_every_payload_that_is_shown_is_one(block: object) -> None:
    everything = tuple(x for x in messages().values() if x.model is not None)
    assert len(kinds(block, everything)) == 1


@pytest.mark.parametrize("message", PUBLISHED, ids=lambda message: message.topic)
def test_what_is_shown_can_be_pasted(message: Published) -> None:
    row = message.row
    assert row.publisher != "node"
    assert (message.qos, message.retained) == (row.qos, row.retained)
    if message.payload is not None:
        PARSERS[row.name](message.payload.encode())
        assert len(kinds(message.value, row.messages)) == 1


def test_every_command_is_explained_and_shown() -> None:
    given = [parse_command(x.payload.encode()) for x in PUBLISHED if x.row.name == "command"]
    assert {command.name for command in given} == set(ARGUMENTS)
    for command in given:
        ARGUMENTS[command.name].model_validate(command.args)
        assert f"\n### {command.name}\n" in TEXT
    assert len({command.id for command in given}) == len(given)


# access


def test_who_reads_what_is_as_the_roles_say() -> None:
    names = {"operators": "operator", "Home Assistant": "homeassistant", "readers": "reader"}
    section = TEXT.partition("## Who may do what")[2].partition("\n## ")[0]
    shown = {
        topic: {names[who] for who in readers.split(", ") if who != "nobody"}
        for topics, readers in re.findall(r"^\| (`[^|]*`) \| ([\w ,]+) \|$", section, re.MULTILINE)
        for topic in re.findall("`([^`]+)`", topics)
    }
    own = f"{ROOT}/{{tenant}}/{{path}}/{{node}}/"
    assert shown == {
        row.addresses[-1].removeprefix(own).replace("{lamp}", "LAMP"): AUDIENCE[row.name]
        for row in ROWS
    }
