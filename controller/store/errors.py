"""What goes wrong with the store, in one word."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from controller.printable import printable

UNREADABLE = (sqlite3.Error, OSError, UnicodeDecodeError)
"""What reading a file may raise: of a damaged one even SQLite's own words may not be UTF-8."""


class StoreError(Exception):
    """The store cannot be used; the message names the file and the remedy."""


@contextmanager
def explained(file: Path) -> Iterator[None]:
    """Turn whatever the disk or SQLite has against it into a StoreError."""
    try:
        yield
    except UNREADABLE as error:
        # SQLite repeats what stands in the file, and that may be anything.
        said = printable(str(error))
        raise StoreError(
            f"{file}: {said}. Make state_dir a writable directory with free space on a sound disk."
        ) from error
