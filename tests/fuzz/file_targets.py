"""Files that people write, download or carry from one machine to another, and the environment."""

import csv
import math
from argparse import ArgumentTypeError
from collections.abc import Callable
from pathlib import Path

from controller.ctl import durations, given, profiles
from controller.ctl.profiles import read_profile
from controller.ctl.trouble import CtlError
from controller.mqtt.wire import encode_json
from controller.settings import (
    bus_rules,
    check,
    coverage,
    documents,
    environment,
    lamp_rules,
    lamp_wiring,
    meter_rules,
    node,
    node_rules,
    path,
    path_rules,
    profile,
    rule_checks,
    rules,
    shape,
    translate,
)
from controller.settings.check import check_files
from controller.settings.coverage import coverage_notes
from controller.settings.documents import read_document
from controller.settings.faults import SettingsError
from controller.settings.node import load_node
from controller.settings.path import load_path
from controller.settings.profile import load_profile, parse_profile, profile_document
from controller.settings.rule_checks import gap_notes
from firmware_sim import counts, traffic, trajectories
from firmware_sim.compare import finished
from firmware_sim.compare.finished import FILE_NAME, Finished
from firmware_sim.counts import read_rows
from firmware_sim.traffic import load_traffic
from firmware_sim.trajectories import read_trajectories, write_trajectories
from tests.core.build import straight_path
from tests.fuzz.engine import Target

PATH = straight_path()
NODE = Path(__file__).parents[2] / "config" / "nodes" / "small-n1.toml"
VERSION = "fuzz"


def _file(data: bytes, scratch: Path, name: str = "fuzz.toml") -> Path:
    file = scratch / name
    file.write_bytes(data)
    return file


def _toml(data: bytes, scratch: Path) -> None:
    read_document(_file(data, scratch))


def _path(data: bytes, scratch: Path) -> None:
    found = load_path(_file(data, scratch))
    assert all(note.isprintable() for note in coverage_notes(found))


def _node(data: bytes, scratch: Path) -> None:
    settings = load_node(_file(data, scratch), {})
    assert settings.state_dir.is_absolute()


def _profile(data: bytes, scratch: Path) -> None:
    found = load_profile(_file(data, scratch))
    document = profile_document(found)
    assert parse_profile(document, version=found.version, source="fuzz") == found
    assert all(note.isprintable() for note in gap_notes(found.rules))


def _any_file(data: bytes, scratch: Path) -> None:
    (report,) = check_files([_file(data, scratch)], {})
    assert all(line.isprintable() for line in report.lines())


def _environment(data: bytes, _scratch: Path) -> None:
    """Lines of NAME=VALUE, as far as an environment can hold them."""
    pairs = (line.partition("=") for line in data.decode(errors="surrogateescape").split("\n"))
    load_node(NODE, {f"CYCLELIGHT_{name}": value for name, _, value in pairs if "\0" not in value})


def _ctl_profile(data: bytes, scratch: Path) -> None:
    document = read_profile(_file(data, scratch, "fuzz.json"))
    profiles.checked(document, "fuzz", PATH)
    assert profiles.sendable(document, "fuzz") == document


def _ctl_words(data: bytes, _scratch: Path) -> None:
    """What operators type behind options of `cyclelight ctl`."""
    text = data[1:].decode(errors="replace")
    readers: tuple[Callable[[], object], ...] = (
        lambda: durations.duration_s(text),
        lambda: durations.level_pct(text),
        lambda: durations.timeout_s(text),
        lambda: durations.version(text),
        lambda: encode_json(profiles.patch_of(text.split("\n"))),
        lambda: given.host_and_port(text, 1883),
    )
    readers[(data[0] if data else 0) % len(readers)]()


def _traffic(data: bytes, scratch: Path) -> None:
    assert load_traffic(_file(data, scratch)).hour


def _trajectories(data: bytes, scratch: Path) -> None:
    people = read_trajectories(_file(data, scratch), PATH)
    again = scratch / "again.csv"
    write_trajectories(people, again)
    assert read_trajectories(again, PATH) == people


def _counts(data: bytes, scratch: Path) -> None:
    counter, rows = read_rows(_file(data, scratch))
    assert all(len(columns) >= 1 for columns in counter.columns)
    assert all(number >= 0 for row in rows.values() for number in row)


def _nights(data: bytes, scratch: Path) -> None:
    """What was read is there again, and can be gone on with."""
    _file(data, scratch, FILE_NAME)
    known = Finished(scratch, VERSION)
    for record in known.records.values():
        assert math.isfinite(sum(map(sum, (x.values() for x in record["schemes"].values()))))
    known.add({"key": "new", "world": {}, "schemes": {}})
    assert Finished(scratch, VERSION).records == known.records


_RULES = (profile, rules, rule_checks, translate)
_WIRING = (node, node_rules, bus_rules, meter_rules, lamp_rules, lamp_wiring)
_REFUSED = (SettingsError,)
TARGETS = (
    Target("toml", (documents,), _toml, _REFUSED),
    Target("path_file", (path, path_rules, coverage, translate), _path, _REFUSED, 3000),
    Target("node_file", (*_WIRING, translate), _node, _REFUSED, 3000),
    Target("profile_file", _RULES, _profile, _REFUSED, 3000),
    Target("any_file", (check, shape), _any_file),
    Target("environment", (environment, shape), _environment, _REFUSED),
    Target("ctl_profile", (profiles,), _ctl_profile, (*_REFUSED, CtlError)),
    Target("ctl_words", (durations, given, profiles), _ctl_words, (CtlError, ArgumentTypeError)),
    Target("traffic_file", (traffic,), _traffic, _REFUSED, 4000),
    Target("trajectories", (trajectories, csv), _trajectories, _REFUSED),
    Target("counts", (counts,), _counts, _REFUSED),
    Target("nights", (finished,), _nights, _REFUSED),
)
