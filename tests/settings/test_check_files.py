import json
import pathlib

import pytest

from controller.settings.check import KINDS, Kind, Report, check_files
from controller.settings.faults import Fault
from controller.settings.schema import schema

CONFIG = pathlib.Path(__file__).parents[2] / "config"
EXAMPLES = sorted(
    file for kind in ("nodes", "paths", "profiles") for file in (CONFIG / kind).glob("*.toml")
)


def test_every_example_is_sound_and_needs_no_note() -> None:
    assert len(EXAMPLES) >= 7
    for report in check_files(EXAMPLES, {}):
        assert report.is_sound, report.lines()
        assert not report.notes


def test_a_sound_file_is_summed_up() -> None:
    file = CONFIG / "paths" / "kanalpromenade.toml"
    (report,) = check_files([file], {})
    assert report.lines() == [
        f'{file}: ok (path "kanalpromenade": 43 lamps, 43 motion sensors, 4 nodes, 1505 m)'
    ]


def test_of_a_node_all_that_is_wired_is_counted(tmp_path: pathlib.Path) -> None:
    node = (CONFIG / "nodes" / "small-n1.toml").read_text().replace("../", f"{CONFIG}/")
    file = tmp_path / "node.toml"
    file.write_text(
        f'{node}\n[meter.P1]\nkind = "ina226"\nshunt_ohm = 0.01\nmax_a = 8\nlamps = ["L1"]\n'
    )
    (report,) = check_files([file], {})
    assert report.summary == (
        'node "n1" of path "small": 2 lamps, 2 motion sensors, 1 light sensor, 1 meter'
    )


def test_a_faulty_file_gets_a_line_a_fault_and_the_others_are_still_checked(
    tmp_path: pathlib.Path,
) -> None:
    faulty = tmp_path / "profile.toml"
    faulty.write_text("[levels]\nbase_pct = 60\npresence_pct = 50\n[presence]\nhold = 3\n")
    first, second = check_files([faulty, EXAMPLES[0]], {})
    assert not first.is_sound
    assert first.lines()[0] == f"{faulty}: 2 faults"
    assert first.lines()[1:] == [f"  {fault}" for fault in first.faults]
    assert second.is_sound


def test_a_node_file_is_checked_under_the_environment() -> None:
    (report,) = check_files([CONFIG / "nodes" / "small-n1.toml"], {"CYCLELIGHT_FOO": "1"})
    assert [fault.place for fault in report.faults] == ["CYCLELIGHT_FOO"]


@pytest.mark.parametrize("text", ["", "node = 1", "colour = 'green'"])
def test_a_file_of_no_kind_is_told_what_the_kinds_look_like(
    tmp_path: pathlib.Path, text: str
) -> None:
    file = tmp_path / "what.toml"
    file.write_text(text)
    (report,) = check_files([file], {})
    (fault,) = report.faults
    assert all(word in fault.hint for word in ("path_file", "[[lamp]]", "[levels]"))


def test_notes_follow_the_summary() -> None:
    report = Report(pathlib.Path("a"), "sum", notes=("far",))
    assert report.lines() == ["a: ok (sum)", "  note: far"]


def test_a_fault_is_one_line() -> None:
    assert str(Fault("a.b", "is wrong", "mend it")) == "a.b: is wrong. Hint: mend it"


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_is_json_and_closed(kind: Kind) -> None:
    document = schema(kind)
    assert json.loads(json.dumps(document)) == document
    assert document["additionalProperties"] is False
