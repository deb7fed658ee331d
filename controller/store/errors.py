"""What goes wrong with the store, in one word."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class StoreError(Exception):
    """The store cannot be used; the message names the file and the remedy."""


@contextmanager
def explained(file: Path) -> Iterator[None]:
    """Turn whatever the disk or SQLite has against it into a StoreError."""
    try:
        yield
    except (sqlite3.Error, OSError, json.JSONDecodeError) as error:
        raise StoreError(
            f"{file}: {error}. Make state_dir a writable directory with free space on a sound disk."
        ) from error
