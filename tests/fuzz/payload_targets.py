"""What comes over MQTT: to nodes from neighbours and operators, to `cyclelight ctl` from nodes."""

import io
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from structlog.testing import capture_logs

from controller import command_reading, commanding
from controller.core.profile import Profile
from controller.ctl import addresses, changes, reading, reported, status, survey
from controller.ctl.addresses import Address
from controller.ctl.changes import changes as told_changes
from controller.ctl.console import Console
from controller.ctl.explain import explain_lines
from controller.ctl.reading import plain, read, understood
from controller.ctl.reported import profile_text
from controller.ctl.status import status_lines
from controller.ctl.survey import AVAILABILITY, REPORTED, STATE, Survey
from controller.mqtt import commands, config, payloads, wire
from controller.mqtt.broker import Inbound
from controller.mqtt.commands import ExplainResult, Reply, parse_lamp_set
from controller.mqtt.config import DESIRED_LIMIT_BYTES, DesiredConfig, parse_desired
from controller.mqtt.payloads import PassagePayload, parse, parse_availability, parse_passage
from controller.mqtt.wire import PayloadError, decode_json, encode_json
from controller.printable import printable
from controller.settings import layers, profile, rule_checks, rules, translate
from controller.settings.faults import SettingsError
from controller.settings.layers import LayerDocument, effective
from controller.settings.profile import parse_profile, profile_document
from firmware_sim.demo import observer
from firmware_sim.demo.observer import Observer
from tests.core.build import straight_path
from tests.fuzz.engine import Target
from tests.shell.test_commanding import NODE, Desk

PATH = straight_path()
DESK = Desk()
EVERYBODY = Address("soest", None, None)
NODES_TOPICS = {
    ord("a"): AVAILABILITY,
    ord("s"): STATE,
    ord("c"): REPORTED,
}


def finished(coroutine: Coroutine[object, None, None]) -> None:
    """Run what waits for nothing."""
    with suppress(StopIteration):
        coroutine.send(None)
        raise AssertionError("it waits")


def _json(data: bytes, _scratch: Path) -> None:
    value = decode_json(data, limit_bytes=2000)
    assert decode_json(encode_json(value), limit_bytes=100_000) == value


def _availability(data: bytes, _scratch: Path) -> None:
    assert parse_availability(data) == (data == b"online")


def _passage(data: bytes, _scratch: Path) -> None:
    passage = parse_passage(data)
    assert parse(PassagePayload, passage.to_bytes(), 1000) == passage


def _lamp_set(data: bytes, _scratch: Path) -> None:
    wanted = parse_lamp_set(data)
    assert parse_lamp_set(wanted.to_bytes()) == wanted


def _command(data: bytes, _scratch: Path) -> None:
    """A command is answered, ordered at most once, and refused without an order."""
    DESK.orders.clear()
    DESK.replies.clear()
    DESK.commands._seen.clear()
    with capture_logs():
        for _ in range(2):
            finished(DESK.commands.take(Inbound(NODE, data, retained=False, qos=1)))
    assert len(DESK.replies) == (2 if data else 0)
    assert not any(reply.ok for reply in DESK.replies[1:])
    assert len(DESK.orders) <= sum(reply.ok for reply in DESK.replies)
    for reply in DESK.replies:
        assert len(reply.to_bytes()) < DESIRED_LIMIT_BYTES
        assert read(Reply, reply.to_bytes()).id == reply.id


def _desired(data: bytes, _scratch: Path) -> None:
    """A profile that is taken is the same when it is told and when it is kept."""
    desired = parse_desired(data)
    assert parse(DesiredConfig, desired.to_bytes(), 100_000) == desired
    said = (
        desired.profile if desired.profile is not None else layers.patched({}, desired.patch or {})
    )
    stored = {"node": LayerDocument(desired.version, dict(said))}
    made = effective(Profile(), stored, path=PATH, source="fuzz")
    told = profile_document(made)
    assert parse_profile(told, version=made.version, source="fuzz", path=PATH) == made
    assert encode_json(told)
    assert made.version == desired.version


def _node_says(data: bytes, _scratch: Path) -> None:
    """Whatever nodes say, `status`, `watch` and `config get` show it, and upset no terminal."""
    name = NODES_TOPICS.get(data[0] if data else 0)
    topic = f"cyclelight/v1/soest/test/n1/{name}" if name else data.decode(errors="replace")
    heard, console = Survey(EVERYBODY), Console(io.StringIO(), io.StringIO(), width=80)
    place = heard.take(Inbound(topic, data[1:], retained=True, qos=1))
    if place is None:
        return
    node = heard.node(place)
    lines = [*status_lines(heard, console), *told_changes(survey.Node(), node)]
    assert all(printable(line).isprintable() for line in lines)
    if node.state is not None:
        assert understood(type(node.state), plain(node.state)) == node.state
        assert not [*told_changes(node, replace(node))]
    if node.reported is not None:
        assert all(printable(line).isprintable() for line in profile_text(node.reported))


def _reply(data: bytes, _scratch: Path) -> None:
    reply = read(Reply, data)
    assert read(Reply, reply.to_bytes()) == reply
    if reply.result is not None:
        lines = explain_lines(understood(ExplainResult, reply.result), "n1", None)
        assert all(printable(line).isprintable() for line in lines)


def _observed(data: bytes, _scratch: Path) -> None:
    seen = Observer()
    (first, *_) = seen._topics.values()
    topics = {ord("a"): first.availability, ord("s"): first.state, ord("e"): first.energy_total}
    topic = topics.get(data[0] if data else 0, "")
    with suppress(ValueError):  # the link tells it, and goes on
        finished(seen.take(Inbound(topic, data[1:], retained=True, qos=1)))


_SETTINGS = (profile, rules, rule_checks, layers, translate)
_CTL = (survey, reading, addresses, status, changes, reported)
TARGETS = (
    Target("json", (wire,), _json, (PayloadError,)),
    Target("availability", (payloads,), _availability, (PayloadError,), 100),
    Target("passage", (payloads, wire), _passage, (PayloadError,), 600),
    Target("lamp_set", (commands, payloads, wire), _lamp_set, (PayloadError,)),
    Target("command", (commanding, command_reading, commands, payloads, wire), _command),
    Target("desired", (config, *_SETTINGS), _desired, (PayloadError, SettingsError)),
    Target("node_says", (*_CTL, payloads, wire), _node_says),
    Target("reply", (commands, reading, wire), _reply, (PayloadError,)),
    Target("observed", (observer, payloads), _observed),
)
