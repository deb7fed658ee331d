import gzip
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from controller.core.profile import Daylight
from controller.settings.faults import SettingsError
from firmware_sim.counts import read_night, read_rows
from firmware_sim.span import NightSpan, night_span
from tests.sim.scenes import straight

HEADER = (
    'Datetime,"1 (Weg, Teil 5)","2 (Weg, Teil 5 Fahrräder Richtung Ost)",'
    '"3 (Weg, Teil 5 Fahrräder Richtung West)","4 (Weg, Teil 5 Fahrräder Richtung Ost)",'
    '"5 (Weg, Teil 5 [Bike IN])","6 (Weg, Teil 5 PKW Richtung Ost)",1-status,2-status'
)


def span_on(day: date) -> NightSpan:
    return night_span(straight(), Daylight(), day)


def stamps(first: str, hours: int) -> list[str]:
    """Wall times as the city writes them: each once, none that the clock skips."""
    begin = datetime.fromisoformat(first).replace(tzinfo=span_on(date(2025, 1, 1)).timezone)
    utc = [begin.astimezone(UTC) + timedelta(minutes=15 * k) for k in range(4 * hours)]
    return list(dict.fromkeys(f"{t.astimezone(begin.tzinfo):%Y-%m-%d %H:%M}" for t in utc))


def counter_file(folder: Path, rows: list[str], header: str = HEADER) -> Path:
    file = folder / "counts.csv"
    file.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return file


def row(stamp: str, east: str = "1", west: str = "2", east_too: str = "3") -> str:
    return f"{stamp},6,{east},{west},{east_too},,9,0,0"


def faults_of(file: Path, day: date = date(2025, 1, 15)) -> str:
    with pytest.raises(SettingsError) as caught:
        read_night(file, span_on(day))
    return str(caught.value)


def test_columns_of_one_direction_are_added_and_other_columns_left_out(tmp_path: Path) -> None:
    file = counter_file(tmp_path, [row(s) for s in stamps("2025-01-15 12:00", 24)])
    counter, bins = read_night(file, span_on(date(2025, 1, 15)))
    assert counter.directions == ("Richtung Ost", "Richtung West")
    assert {b.cyclists for b in bins} == {(1 + 3, 2)}


def test_plain_packed_and_marked_files_are_the_same(tmp_path: Path) -> None:
    plain = counter_file(tmp_path, [row(s) for s in stamps("2025-01-15 12:00", 24)])
    marked = tmp_path / "marked.csv"
    marked.write_bytes(b"\xef\xbb\xbf" + plain.read_bytes().replace(b"\n", b"\r\n"))
    packed = tmp_path / "packed.csv.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes(), mtime=0))
    span = span_on(date(2025, 1, 15))
    assert read_night(plain, span) == read_night(marked, span) == read_night(packed, span)


def test_the_hour_that_spring_skips_is_not_missed(tmp_path: Path) -> None:
    written = stamps("2025-03-29 12:00", 24)
    assert not any(s.startswith("2025-03-30 02") for s in written)
    _, bins = read_night(
        counter_file(tmp_path, [row(s) for s in written]), span_on(date(2025, 3, 29))
    )
    begins = [b for counted in bins for b in counted.begins_s]
    assert [b - a for a, b in pairwise(begins)] == [900.0] * (len(begins) - 1)


def test_the_double_hour_of_autumn_is_one_count_for_two_times(tmp_path: Path) -> None:
    written = stamps("2025-10-25 12:00", 25)
    span = span_on(date(2025, 10, 25))
    _, bins = read_night(counter_file(tmp_path, [row(s) for s in written]), span)
    doubles = [b for b in bins if len(b.begins_s) > 1]
    assert [f"{span.local(b.begins_s[0]):%H:%M}" for b in doubles] == [
        "02:00",
        "02:15",
        "02:30",
        "02:45",
    ]
    assert all(second - first == 3600 for first, second in (b.begins_s for b in doubles))


def test_missing_quarter_hours_are_counted(tmp_path: Path) -> None:
    rows = [row(s) for s in stamps("2025-01-15 12:00", 24) if not s.startswith("2025-01-16 03")]
    rows = [r.replace(",2,3", ",,3") if r.startswith("2025-01-16 01:15") else r for r in rows]
    text = faults_of(counter_file(tmp_path, rows))
    assert "2025-01-16 01:15: is the first of 5 missing quarter hours" in text
    assert "--date" in text


@pytest.mark.parametrize(
    ("bad", "what"),
    [
        (row("2025-01-15 20:00", east="x"), 'has "x" for a count'),
        (row("2025-01-15 20:00", east="-3"), 'has "-3" for a count'),
        (row("2025-01-15 20:00", west="99999"), 'has "99999" for a count'),
        (row("2025-01-15 19:45"), "a second time"),
    ],
)
def test_a_bad_row_is_named_by_its_line(tmp_path: Path, bad: str, what: str) -> None:
    rows = [row(s) for s in stamps("2025-01-15 12:00", 24)]
    at = next(i for i, r in enumerate(rows) if r.startswith("2025-01-15 20:00"))
    rows[at] = bad
    text = faults_of(counter_file(tmp_path, rows))
    assert f"line {at + 2}: " in text
    assert what in text


def test_a_time_of_another_form_is_refused_when_all_is_read(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="line 2"):
        read_rows(counter_file(tmp_path, [row("15.01.2025 20:00")]))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"rider,kind\n1,2\n",
        b"\x1f\x8bnot really packed",
        b"\xff\xfe\x00\x01",
        gzip.compress(HEADER.encode() + b"\n" + b"2025-01-15 20:00,1\n" * 900, mtime=0)[:60],
        b'Datetime,"1 (Weg)","2 (Weg Fahrr\xc3\xa4der Richtung Ost)"\n',
    ],
)
def test_what_is_no_counter_file_gives_one_clear_fault(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "thing.csv"
    file.write_bytes(content)
    text = faults_of(file)
    assert text.startswith("thing.csv: 1 fault")
    assert "Hint: " in text


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert "cannot be read" in faults_of(tmp_path / "none.csv")
