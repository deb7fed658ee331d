"""How the file of the store is opened: whole, in the present layout, or put aside.

WAL with full synchronisation: what was committed is there after a power cut.
"""

import sqlite3
from pathlib import Path

from controller.store.errors import StoreError, explained
from controller.store.layout import LAYOUT, check_layout, lay_out, size_pages
from controller.store.rotten import text

FILE_NAME = "cyclelight.sqlite"
BUSY_S = 5.0
_WAL = "-wal"
_COMPANIONS = (_WAL, "-shm", "-journal")


def open_for_writing(file: Path) -> tuple[sqlite3.Connection, Path | None]:
    """Open or create a store. Return it, and where a damaged file was put instead of deleted.

    Raises StoreError.
    """
    with explained(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            return _opened(file), None
        except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
            if isinstance(error, sqlite3.OperationalError):
                raise
            aside = _put_aside(file)
            return _opened(file), aside


def open_for_reading(file: Path) -> sqlite3.Connection:
    """Open a store beside the controller that writes it, and create nothing. Raises StoreError.

    Without a write-ahead log nobody has it open: then the file is all there is. SQLite is told so,
    or it would make a log to read it.
    """
    with explained(file):
        if not file.is_file():
            raise StoreError(
                f"{file}: there is no store here. Name the state_dir of a node that has run."
            )
        unused = not file.with_name(file.name + _WAL).exists()
        db = sqlite3.connect(
            f"{file.absolute().as_uri()}?mode=ro{'&immutable=1' if unused else ''}",
            uri=True,
            timeout=BUSY_S,
            check_same_thread=False,
        )
        db.text_factory = text
        try:
            _check_readable(db, file)
        except BaseException:
            db.close()
            raise
    return db


def _check_readable(db: sqlite3.Connection, file: Path) -> None:
    layout = check_layout(db, file)
    if layout < LAYOUT:
        raise StoreError(
            f"{file}: written by an older cyclelight (layout {layout}, this one reads {LAYOUT}). "
            "Start this version's controller once."
        )


def _opened(file: Path) -> sqlite3.Connection:
    db = sqlite3.connect(file, timeout=BUSY_S, check_same_thread=False)
    db.text_factory = text
    try:
        layout = check_layout(db, file)
        _check_whole(db)
        if layout < LAYOUT:
            size_pages(db, layout)
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        if layout < LAYOUT:
            lay_out(db, layout)
    except BaseException:
        db.close()
        raise
    return db


def _check_whole(db: sqlite3.Connection) -> None:
    (answer,) = db.execute("PRAGMA quick_check(1)").fetchone()
    if answer != "ok":
        raise sqlite3.DatabaseError(answer)


def _put_aside(file: Path) -> Path:
    number = 1
    while (aside := file.with_name(f"{file.name}.damaged-{number}")).exists():
        number += 1
    file.rename(aside)
    for tail in _COMPANIONS:
        companion = file.with_name(file.name + tail)
        if companion.exists():
            companion.rename(aside.with_name(aside.name + tail))
    return aside
