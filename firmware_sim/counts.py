"""The City of Muenster's 15-minute counts of bicycles, as the city publishes them.

One row a quarter hour of local wall time; a total column, one or more columns a direction, and
perhaps unused and status columns. In spring the hour that does not exist is absent; in autumn
the rows of the double hour hold the sum of both.
"""

import csv
import gzip
import io
import zlib
from collections.abc import Container, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path as FilePath

from controller.settings.faults import MOST_FAULTS, Fault, SettingsError, counted, quoted
from firmware_sim.span import NightSpan, quarter_hours

GZIP_MAGIC = b"\x1f\x8b"
STAMP = "%Y-%m-%d %H:%M"
QUARTER_S = 900.0
GREATEST_DIGITS = 4
# A packed file of a megabyte may hold a thousand times as much.
MOST_CHARACTERS = 20_000
"""Of a line; the city's have some hundred."""
MOST_LINES = 1_000_000
"""Of a file; a year has 35,040."""
DOWNLOAD = "download the station's 15-minute CSV file from the city again"
ATTRIBUTION = (
    "Stadt Münster, Radverkehrszählstellen, Datenlizenz Deutschland - Namensnennung - 2.0"
    " (https://www.govdata.de/dl-de/by-2-0)"
)


@dataclass(frozen=True, slots=True)
class Bin:
    """Bicycles counted in a quarter hour of wall time, by direction.

    `begins_s`: when it began, seconds after time zero; twice for the double hour in autumn.
    """

    begins_s: tuple[float, ...]
    cyclists: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Counter:
    """Header of a counter file: its station, both directions, and their column numbers."""

    station: str
    directions: tuple[str, str]
    columns: tuple[tuple[int, ...], tuple[int, ...]]


def read_night(file: FilePath, span: NightSpan) -> tuple[Counter, tuple[Bin, ...]]:
    """Read the quarter hours of one night. Raises SettingsError for an unusable file."""
    wanted: dict[str, list[float]] = {}
    for begin in quarter_hours(span):
        stamp = begin.astimezone(span.timezone).strftime(STAMP)
        wanted.setdefault(stamp, []).append(begin.timestamp() - span.zero_utc_s)
    counter, rows = read_rows(file, wanted)
    missing = [stamp for stamp in wanted if stamp not in rows]
    if missing:
        raise _refused(
            file.name,
            missing[0],
            f"is the first of {len(missing)} missing quarter hours among the night's {len(wanted)}",
            "choose another --date, or a file that holds the whole night",
        )
    return counter, tuple(Bin(tuple(begins), rows[stamp]) for stamp, begins in wanted.items())


def read_rows(
    file: FilePath, wanted: Iterable[str] | None = None
) -> tuple[Counter, dict[str, tuple[int, int]]]:
    """Read the counts of both directions by wall time, `YYYY-MM-DD HH:MM`.

    `wanted`: read these rows only. Rows with an empty cell count as missing. Raises SettingsError.
    """
    name = file.name
    try:
        with _opened(file) as text:
            lines = csv.reader(_bounded(text))
            counter = _header(next(lines, []), name)
            return counter, _rows(lines, counter, None if wanted is None else set(wanted), name)
    except (UnicodeDecodeError, csv.Error, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise _refused(
            file.name, "file", f"is not a readable CSV file: {error}", DOWNLOAD
        ) from error
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise _refused(
            file.name, "file", f"cannot be read: {why}", "check the name and the permissions"
        ) from error


@contextmanager
def _opened(file: FilePath) -> Iterator[io.TextIOWrapper]:
    """Open a file that may be packed, whatever its name says."""
    with ExitStack() as stack:
        stored = stack.enter_context(file.open("rb"))
        packed = stored.read(len(GZIP_MAGIC)) == GZIP_MAGIC
        stored.seek(0)
        plain = stack.enter_context(gzip.GzipFile(fileobj=stored)) if packed else stored
        yield stack.enter_context(io.TextIOWrapper(plain, encoding="utf-8-sig", newline=""))


def _bounded(text: io.TextIOWrapper) -> Iterator[str]:
    """Give the lines of a file one by one. Raises csv.Error where one, or the file, has no end."""
    for _ in range(MOST_LINES):
        line = text.readline(MOST_CHARACTERS)
        if not line:
            return
        if len(line) == MOST_CHARACTERS:
            raise csv.Error(f"a line has {MOST_CHARACTERS} characters or more")
        yield line
    raise csv.Error(f"it has more than {MOST_LINES} lines")


def _header(header: list[str], name: str) -> Counter:
    if not header or header[0] != "Datetime" or len(header) < 2:  # noqa: PLR2004 - stamp and total
        raise _refused(name, "line 1", "is not the header of a counter file", DOWNLOAD)
    station = _label(header[1])
    groups: dict[str, list[int]] = {}
    for column, title in enumerate(header[2:], start=2):
        direction = _direction(title, station)
        if direction:
            groups.setdefault(direction, []).append(column)
    match list(groups.items()):
        case [(first, to_first), (second, to_second)]:
            return Counter(header[1], (first, second), (tuple(to_first), tuple(to_second)))
    raise _refused(
        name,
        "line 1",
        f"has bicycles in {counted(len(groups), 'direction')}, and 2 are needed",
        "take the file of a counter that tells both directions apart",
    )


def _refused(name: str, place: str, problem: str, hint: str) -> SettingsError:
    return SettingsError(name, [Fault(place, problem, hint)])


def _label(title: str) -> str:
    """Return what stands in the parentheses of `101053305 (Kanalpromenade, Abschnitt 5 ...)`."""
    return title.partition("(")[2].removesuffix(")").strip()


def _direction(title: str, station: str) -> str:
    """Return the direction that a column counts bicycles in, empty if it does not."""
    if title.endswith("-status"):
        return ""
    rest = _label(title).removeprefix(station).strip()
    if rest.startswith(("[", "PKW")):
        return ""
    return rest.removeprefix("Fahrräder").strip()


def _rows(
    lines: Iterator[list[str]], counter: Counter, wanted: set[str] | None, name: str
) -> dict[str, tuple[int, int]]:
    rows: dict[str, tuple[int, int]] = {}
    faults: list[Fault] = []
    for number, cells in enumerate(lines, start=2):
        if not cells or (wanted is not None and cells[0] not in wanted):
            continue
        if len(faults) >= MOST_FAULTS:
            faults.append(Fault(f"line {number}", "is where reading ended", "mend those above"))
            break
        try:
            row = _row(cells, counter, rows)
        except ValueError as error:
            faults.append(Fault(f"line {number}", str(error), "mend it, or download it again"))
            continue
        if row is not None:
            rows[cells[0]] = row
    if faults:
        raise SettingsError(name, faults)
    return rows


def _row(cells: list[str], counter: Counter, known: Container[str]) -> tuple[int, int] | None:
    """Return a row's cyclists by direction, None if a cell is empty. Raises ValueError."""
    if cells[0] in known:
        raise ValueError(f"holds {quoted(cells[0])} a second time")
    if not _is_stamp(cells[0]):
        raise ValueError(f"has {quoted(cells[0])} for a time like 2025-01-15 16:45")
    first, second = (_sum(cells, columns) for columns in counter.columns)
    return None if first is None or second is None else (first, second)


def _is_stamp(text: str) -> bool:
    try:
        datetime.strptime(text, STAMP)  # noqa: DTZ007 - only its form; the clock is local
    except ValueError:
        return False
    return True


def _sum(cells: list[str], columns: tuple[int, ...]) -> int | None:
    """Add a direction's columns; None if one is empty. Raises ValueError for what is no count."""
    total = 0
    for column in columns:
        cell = cells[column].strip() if column < len(cells) else ""
        if not cell:
            return None
        if not cell.isdecimal() or len(cell) > GREATEST_DIGITS:
            raise ValueError(f"has {quoted(cell)} for a count")
        total += int(cell)
    return total
