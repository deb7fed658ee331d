"""The fault table of docs/resilience.md, row by row."""

import re
from pathlib import Path

import pytest

from firmware_sim.storm.scenario import Fault, FaultKind
from tests.storm.rows import ROWS, Row
from tests.storm.single import AT_S, LASTS_S, seen

DOCUMENT = Path(__file__).parents[2] / "docs" / "resilience.md"
LINE = re.compile(
    r"\| (?P<name>[^|]+) \|(?:[^|]*\|){3} (?P<dark>[\d.]+) s \| (?P<heals>[\d.]+) s \|"
)


def test_nothing_befalls_a_path_in_order() -> None:
    calm = seen(())
    assert (calm.finding, calm.dark_s, calm.heals_s, calm.told) == (None, 0.0, 0.0, frozenset())


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_a_single_fault_degrades_as_stated(row: Row) -> None:
    found = seen(row.faults, row.acts)
    assert found.finding is None
    assert found.dark_s <= row.dark_s
    assert found.heals_s <= row.heals_s
    assert found.told == row.told


def test_a_node_that_breaks_down_with_a_broker_that_remembers_is_missed_all_the_same() -> None:
    """The broker was not there to see it go, and calls it online when it comes back."""
    power = Fault(FaultKind.POWER, AT_S + 1.0, LASTS_S, "n3")
    found = seen((Fault(FaultKind.BROKER, AT_S, 20.0), power))
    assert found.finding is None
    assert "neighbour_silent" in found.told


def test_the_document_has_the_same_rows() -> None:
    lines = LINE.finditer(DOCUMENT.read_text(encoding="utf-8"))
    told = [(x["name"], float(x["dark"]), float(x["heals"])) for x in lines]
    assert told == [(row.name, row.dark_s, row.heals_s) for row in ROWS]


def test_there_is_a_row_for_every_kind_of_fault() -> None:
    assert {fault.kind for row in ROWS for fault in row.faults} == set(FaultKind)
