"""docs/security.md: what it names is there, and the limits are those of the program."""

import re
from pathlib import Path

from controller.bookkeeping import MOST_PENDING
from controller.commanding import MOST_REMEMBERED
from controller.devices import ld2410_frames, poller
from controller.inbox import DEVICE_LIMIT, NETWORK_LIMIT
from controller.mqtt import broker, commands, config, payloads, wire
from controller.settings import documents, faults, path
from controller.store import outbox, store
from tests.fuzz.engine import MOST_CPU_S, MOST_GROWTH_BYTES
from tests.fuzz.test_parsers import EXECUTIONS
from tests.fuzz.tracing import MOST_LINES

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "security.md").read_text()
LIMITS = TEXT.partition("## Limits")[2].partition("\n## ")[0]
LINK = broker.Limits()


def row(begin: str) -> str:
    """Return the limits in the row that begins so."""
    (found,) = re.findall(rf"^\| {re.escape(begin)}[^|]*\| ([^|]*) \|", LIMITS, re.MULTILINE)
    return str(found)


def test_every_file_that_is_named_is_there() -> None:
    named = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", TEXT)
    assert len(named) > 60
    assert [name for name in named if not (ROOT / "docs" / name).exists()] == []


def test_every_line_that_says_what_stops_somebody_names_a_test() -> None:
    _, _, tables = TEXT.partition("## Who might attack")
    tables, _, _ = tables.partition("## Limits")
    rows = [x for x in tables.splitlines() if x.startswith("| ") and "tries to" not in x]
    assert len(rows) > 30
    assert [x for x in rows if "../tests/" not in x.split("|")[3]] == []


def test_every_adversary_is_told_what_does_not_stop_them() -> None:
    _, *sections = TEXT.partition("## Limits")[0].split("\n### ")
    assert len(sections) == 8
    assert all("**Not stopped" in section for section in sections)


def test_the_limits_are_those_of_the_program() -> None:
    for begin, *limits in (
        ("a message on `config/desired`", config.DESIRED_LIMIT_BYTES),
        ("a message on `command`", commands.COMMAND_LIMIT_BYTES),
        ("a `passage`", payloads.PASSAGE_LIMIT_BYTES),
        ("any payload", LINK.inbound_bytes),
        ("objects and arrays", wire.GREATEST_DEPTH),
        ("messages that wait", LINK.inbound_messages, 2 * LINK.inbound_messages),
        ("events of own devices", DEVICE_LIMIT),
        ("events of the network", NETWORK_LIMIT),
        ("command ids", MOST_REMEMBERED),
        ("errors in one answer", config.MOST_ERRORS),
        ("lamps named", commands.MOST_LAMPS),
        (
            "an override",
            commands.GREATEST_OVERRIDE_S,
            commands.GREATEST_EMERGENCY_S,
            commands.GREATEST_IDENTIFY_S,
        ),
        ("records sent", LINK.deliveries_per_s),
        ("counts that wait", outbox.MOST_MESSAGES),
        ("records that wait", MOST_PENDING),
        ("the ledger", store.MOST_BYTES / 2**20, store.KEEP_DAYS),
        ("pauses", LINK.backoff_first_s, LINK.backoff_cap_s),
        ("a settings file", documents.MOST_BYTES, path.MOST_ENTRIES, faults.MOST_FAULTS),
        ("a radar's frame", ld2410_frames.MOST_BYTES),
        ("a call to a bus", poller.CALL_LIMIT_S),
    ):
        assert re.findall(r"[\d.]+", row(str(begin))) == [f"{x:.10g}" for x in limits], begin


def test_the_limits_of_what_surrounds_it_are_those_of_the_files() -> None:
    unit = (ROOT / "systemd" / "cyclelight.service").read_text()
    burst, interval = re.findall(r"\d+", row("lines in the journal"))
    assert f"LogRateLimitBurst={burst}\n" in unit
    assert f"LogRateLimitIntervalSec={interval}s\n" in unit
    conf = (ROOT / "config" / "mosquitto" / "path.conf").read_text()
    packet, connections, kept = re.findall(r"\d+", row("the broker"))
    assert f"max_packet_size {packet}\n" in conf
    assert f"max_connections {connections}\n" in conf
    assert f"max_queued_messages {kept}\n" in conf


def test_what_it_says_of_fuzzing_is_so() -> None:
    assert f"more than {MOST_LINES:,} lines" in TEXT.replace("\n", " ")
    assert f"{MOST_CPU_S:g} s or {MOST_GROWTH_BYTES // 2**20} MiB" in TEXT
    assert f"tries {EXECUTIONS} further inputs" in TEXT


def test_the_controller_opens_no_port() -> None:
    opens = re.compile(r"\.listen\(|create_server\(|start_server\(|start_unix_server\(|\.bind\(")
    sources = [*(ROOT / "controller").rglob("*.py")]
    assert len(sources) > 100
    assert [file.name for file in sources if opens.search(file.read_text())] == []


def test_every_library_is_pinned_with_its_hash() -> None:
    entries = re.split(r"\n(?=\S)", (ROOT / "requirements.lock").read_text().strip())
    pinned = re.compile(r"[\w.\[\],-]+==[^\n]*\\\n( +--hash=sha256:[0-9a-f]{64}( \\)?\n?)+")
    assert len(entries) > 20
    assert [entry.split()[0] for entry in entries if not pinned.fullmatch(entry)] == []
