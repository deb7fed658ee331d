from pathlib import Path

import pytest

from controller.settings.faults import SettingsError
from firmware_sim.counts import Bin
from firmware_sim.people import Kind
from firmware_sim.riders import draw_people
from firmware_sim.trajectories import MOST_FAULTS, read_trajectories, write_trajectories
from tests.sim.scenes import fork

HEADER = "rider,kind,time_s,section,at_m"
GOOD = ["A,cyclist,0,a,0", "A,cyclist,14,a,70", "A,cyclist,14,b,0", "A,cyclist,20.5,b,30"]


def file_of(folder: Path, rows: list[str], header: str = HEADER) -> Path:
    file = folder / "people.csv"
    file.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return file


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    people = draw_people(fork(), (Bin((0.0,), (30, 30)),), seed=4)
    file = tmp_path / "people.csv"
    write_trajectories(people, file)
    assert read_trajectories(file, fork()) == people


def test_rows_of_riders_may_alternate(tmp_path: Path) -> None:
    rows = [GOOD[0], "B,pedestrian,0,c,70", GOOD[1], "B,pedestrian,60,c,0", *GOOD[2:]]
    a, b = read_trajectories(file_of(tmp_path, rows), fork())
    assert (a.rider, a.kind, len(a.waypoints)) == ("A", Kind.CYCLIST, 4)
    assert [(leg.section, leg.speed_m_s) for leg in a.legs()] == [
        ("a", 5.0),
        ("b", pytest.approx(30 / 6.5)),
    ]
    assert b.kind is Kind.PEDESTRIAN


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("A,cyclist,30,nowhere,0", 'unknown section "nowhere"'),
        ("A,cyclist,30,b,70.1", "section b runs from 0 to 70 m"),
        ("A,cyclist,30,b,-1", "section b runs from 0 to 70 m"),
        ("A,cyclist,30,b,nan", 'has "nan" for at_m'),
        ("A,cyclist,12,b,40", "runs back in time, from 20.5 to 12 s"),
        ("A,cyclist,20.5,b,40", "second place at 20.5 s"),
        ("A,horse,30,b,40", 'kind "horse"'),
        ("A,pedestrian,30,b,40", "makes a pedestrian of a cyclist"),
        ("A,cyclist,soon,b,40", 'has "soon" for time_s'),
        ("A,cyclist,1e99,b,40", 'has "1e99" for time_s'),
        ("A,cyclist,30,c,40", "from section b to c on the way"),
        (",cyclist,30,b,40", "has no rider"),
        ("A,cyclist,30", "too few or too many values"),
        ("A,cyclist,30,b,40,more", "too few or too many values"),
    ],
)
def test_a_fault_is_named_by_its_line(tmp_path: Path, row: str, what: str) -> None:
    with pytest.raises(SettingsError) as caught:
        read_trajectories(file_of(tmp_path, [*GOOD, row]), fork())
    (fault,) = caught.value.faults
    assert fault.place == "line 6"
    assert what in str(fault)


def test_every_fault_is_named(tmp_path: Path) -> None:
    rows = ["A,horse,0,a,0", *GOOD, "B,cyclist,x,nowhere,0"]
    with pytest.raises(SettingsError) as caught:
        read_trajectories(file_of(tmp_path, rows), fork())
    assert [f.place for f in caught.value.faults] == ["line 2", "line 7", "line 7"]


def test_a_file_full_of_faults_ends_early(tmp_path: Path) -> None:
    rows = ["A,horse,0,a,0"] * (MOST_FAULTS + 50)
    with pytest.raises(SettingsError) as caught:
        read_trajectories(file_of(tmp_path, rows), fork())
    # Equal faults are told once; these differ by their lines.
    assert len(caught.value.faults) == MOST_FAULTS + 1
    assert "reading ended" in str(caught.value.faults[-1])


@pytest.mark.parametrize("header", ["", "rider,kind,time,section,at_m", "\x00"])
def test_another_header_is_refused(tmp_path: Path, header: str) -> None:
    with pytest.raises(SettingsError, match="1 fault"):
        read_trajectories(file_of(tmp_path, GOOD, header), fork())


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        read_trajectories(tmp_path / "none.csv", fork())
