"""`cyclelight report` on state directories as nodes leave them."""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from controller import cli
from controller.accounts.accounting import account
from controller.accounts.period import night
from controller.accounts.site import DOCUMENT, sheet_of
from controller.core.profile import Profile
from controller.core.site import build_site
from controller.settings.path import load_path
from controller.store.store import Store
from tests.accounts.build import sheet
from tests.report.nights import DAY, simulated, small, sources
from tests.support.data import ROOT

Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def states(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The state directories of both nodes of the small path after one simulated night."""
    path = small()
    places = []
    for node in path.nodes:
        place = tmp_path_factory.mktemp(node.id)
        own = sheet_of(build_site(path, node.id), Profile())
        with closing(Store(place)) as store:
            store.keep(DOCUMENT, own.to_document())
            for record in simulated(path, Profile()).records:
                if record.lamps[0].lamp in own.lamps:
                    store.add(record, boot="b", zone=ZoneInfo(path.timezone))
        places.append(place)
    return places


def report(*arguments: object) -> int:
    return cli.main(["report", *map(str, arguments)])


def of(states: Sequence[Path], *arguments: object) -> int:
    return report("--state", *states, *arguments)


def refused(capsys: Captured, *arguments: object) -> str:
    assert report(*arguments) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "Hint: " in told.err
    return told.err


def test_the_last_night_is_reported_as_a_table(states: list[Path], capsys: Captured) -> None:
    assert of(states) == 0
    told = capsys.readouterr()
    assert told.out.startswith("Small example path: Night of 15 January 2025\n")
    assert "L4" in told.out
    assert told.err == ""


def test_a_state_directory_alone_says_what_the_records_do(
    states: list[Path], capsys: Captured
) -> None:
    assert of(states, "--format", "json") == 0
    told = json.loads(capsys.readouterr().out)
    expected = account(sources(small(), Profile()), night(DAY))
    assert told["active_wh"] == pytest.approx(expected.declared.active_wh, rel=1e-6)
    assert told["declared"]["saved_net_wh"] == pytest.approx(expected.declared.net_wh, rel=1e-6)
    assert told["indicators"]["d_e"] == pytest.approx(expected.indicators.d_e, rel=1e-6)
    assert told["p_det"] == pytest.approx(expected.p_det, abs=1e-6)


def test_nodes_may_be_named_one_by_one_and_add_up(states: list[Path], capsys: Captured) -> None:
    found = []
    for those in (states[:1], states[1:], states):
        arguments = [y for x in those for y in ("--state", x)]
        assert report(*arguments, "--format", "json", "--month", "2025-01") == 0
        found.append(json.loads(capsys.readouterr().out))
    first, second, both = found
    for key in ("active_wh", "overhead_wh", "covered_s", "cost_saved_eur", "co2_saved_kg"):
        # Each of the three is told with six decimals.
        assert both[key] == pytest.approx(first[key] + second[key], rel=1e-6, abs=1.5e-6)


def test_it_can_be_written_to_a_file(states: list[Path], tmp_path: Path, capsys: Captured) -> None:
    out = tmp_path / "january.csv"
    assert of(states, "--month", "2025-01", "--format", "csv", "--out", out) == 0
    assert capsys.readouterr().out == ""
    assert out.read_text(encoding="utf-8").count("\n") == 1 + 4 + 2
    assert of(states, "--night", DAY, "--format", "csv", "--quarters", "--out", out) == 0
    assert out.read_text(encoding="utf-8").count("\n") > 300
    assert of(states, "--out", out, "--lang", "de") == 0
    table = out.read_text(encoding="utf-8")
    assert "Nacht vom 15. Januar 2025" in table
    assert max(map(len, table.splitlines())) <= 80


def test_the_councils_page_is_written_in_both_languages(states: list[Path], tmp_path: Path) -> None:
    for language, title in (("en", "Year 2025"), ("de", "Jahr 2025")):
        out = tmp_path / f"{language}.html"
        arguments = ("--year", 2025, "--format", "html", "--lang", language, "--out", out)
        assert of(states, *arguments) == 0
        text = out.read_text(encoding="utf-8")
        assert f'<html lang="{language}">' in text
        assert title in text


def test_pictures_are_drawn_beside_it(states: list[Path], tmp_path: Path, capsys: Captured) -> None:
    folder = tmp_path / "new" / "pictures"
    assert of(states, "--pictures", folder) == 0
    assert of(states, "--year", 2025, "--pictures", folder) == 0
    names = {x.name for x in folder.iterdir()}
    assert names == {
        "energy-2025-01-15.png",
        "levels-2025-01-15.png",
        "energy-2025.png",
        "savings-2025.png",
    }
    assert "drawn: " in capsys.readouterr().err


def test_a_night_of_which_no_quarters_are_kept_has_no_heat_map(
    tmp_path: Path, capsys: Captured
) -> None:
    place = tmp_path / "old"
    records = [r for r in simulated(small(), Profile()).records if r.lamps[0].lamp == "L1"]
    with closing(Store(place, keep_days=1, most_bytes=1)) as store:
        store.keep(DOCUMENT, sheet_of(build_site(small(), "n1"), Profile()).to_document())
        for record in records:
            store.add(record, boot="b", zone=ZoneInfo("Europe/Berlin"))
            store.sent(2**40)
    code = report("--state", place, "--night", DAY, "--pictures", tmp_path / "pictures")
    told = capsys.readouterr().err
    assert code == 0
    assert "not drawn: levels-2025-01-15.png" in told


def test_where_there_is_no_store_the_remedy_is_told(tmp_path: Path, capsys: Captured) -> None:
    assert "no store here" in refused(capsys, "--state", tmp_path / "nothing")
    assert not (tmp_path / "nothing").exists()


def test_a_store_without_a_site_sheet_or_with_a_damaged_one_is_told(
    tmp_path: Path, capsys: Captured
) -> None:
    with closing(Store(tmp_path)) as store:
        said = refused(capsys, "--state", tmp_path)
        assert "does not say of which site" in said
        assert "start this version's controller" in said
        store.keep(DOCUMENT, {"layout": 1})
    assert "cannot be read: it lacks" in refused(capsys, "--state", tmp_path)


def test_an_unknown_night_is_told_with_those_there_are(
    states: list[Path], capsys: Captured
) -> None:
    said = refused(capsys, "--state", *states, "--night", "2025-02-01")
    assert "no records of 2025-02-01" in said
    assert "there are: 2025-01-15" in said


def test_a_node_named_twice_would_be_counted_twice(states: list[Path], capsys: Captured) -> None:
    said = refused(capsys, "--state", states[0], "--state", *states)
    assert "is of the same node" in said


def test_nodes_of_different_paths_are_not_added_up(
    states: list[Path], tmp_path: Path, capsys: Captured
) -> None:
    with closing(Store(tmp_path)) as store:
        store.keep(DOCUMENT, sheet("n9", path="other").to_document())
    said = refused(capsys, "--state", *states, tmp_path)
    assert "is of path soest/other" in said


def test_options_that_say_nothing_are_refused(states: list[Path], capsys: Captured) -> None:
    assert "says nothing of --format table" in refused(capsys, "--state", *states, "--quarters")
    assert "more than 200" in refused(capsys, "--state", *([states[0]] * 201))


def test_a_place_that_cannot_be_written_is_told(
    states: list[Path], tmp_path: Path, capsys: Captured
) -> None:
    said = refused(capsys, "--state", *states, "--out", tmp_path / "no" / "report.txt")
    assert "cannot be written" in said
    taken = tmp_path / "taken"
    taken.write_text("precious")
    assert of(states, "--pictures", taken / "below") == 2
    assert "cannot be written" in capsys.readouterr().err
    assert taken.read_text() == "precious"


@pytest.mark.parametrize("option", [["--format", "html"], ["--pictures", "x"]])
def test_without_matplotlib_the_extra_is_named(
    states: list[Path],
    option: list[str],
    capsys: Captured,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    assert "cyclelight[report]" in refused(capsys, "--state", *states, *option)


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--night", "2025-01-15"],
        ["--state"],
        ["--state", "x", "--night", "15.1.2025"],
        ["--state", "x", "--night", "20250115"],
        ["--state", "x", "--month", "2025-13"],
        ["--state", "x", "--year", "25"],
        ["--state", "x", "--year", "9999"],
        ["--state", "x", "--year", "2025", "--month", "2025-01"],
        ["--state", "x", "--format", "pdf"],
        ["--state", "x", "--lang", "fr"],
    ],
)
def test_bad_arguments_end_with_status_2(arguments: list[str], capsys: Captured) -> None:
    with pytest.raises(SystemExit) as ended:
        report(*arguments)
    assert ended.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_help_is_complete_and_loads_neither_store_nor_matplotlib() -> None:
    code = (
        "import sys; from controller.cli import main\n"
        "try: main(['report', '--help'])\n"
        "except SystemExit: print(sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    for option in ("--state", "--night", "--month", "--year", "--format", "--lang", "--pictures"):
        assert option in done.stdout
    for slow in ("'matplotlib'", "'sqlite3'", "'numpy'"):
        assert slow not in done.stdout


def test_every_shipped_path_can_be_described() -> None:
    for file in sorted((ROOT / "config" / "paths").glob("*.toml")):
        path = load_path(file)
        assert [sheet_of(build_site(path, x.id), Profile()).node for x in path.nodes]
