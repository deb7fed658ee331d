"""Disks that are full or cannot be written to: a refusal is clear, and nothing is lost by it."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from controller.store.store import Store, StoreError
from tests.shell.fakes import record
from tests.store.build import ROOT, add, quarter, rows, sums, total_sums

NOBODY = 65534


def as_nobody(folder: Path, script: str) -> None:
    """Run a script as somebody whom a folder's permissions bind, the owner of that folder."""
    folder.parent.chmod(0o755)
    folder.mkdir()
    if os.geteuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    whole = f"""
import os
from pathlib import Path
from controller.store.store import Store, StoreError
from tests.store.build import add, quarter, rows
folder = Path({str(folder)!r})
if os.geteuid() == 0:
    os.seteuid({NOBODY})

def refused():
    try:
        Store(folder)
    except StoreError as error:
        assert 'writable directory' in str(error), error
    else:
        raise AssertionError('opened')

{textwrap.dedent(script)}
"""
    subprocess.run([sys.executable, "-c", whole], check=True, cwd=ROOT)


def test_a_full_disk_refuses_records_and_takes_them_all_once_there_is_room(
    tmp_path: Path,
) -> None:
    store = Store(tmp_path)
    waiting = [quarter(number) for number in range(100)]
    (pages,) = store._db.execute("PRAGMA page_count").fetchone()
    store._db.execute(f"PRAGMA max_page_count = {pages + 8}")
    refused = 0
    while waiting:
        try:
            add(store, waiting[0], messages=[("count", b"x")])
        except StoreError as error:
            assert "full" in str(error)  # noqa: PT017 - it may come or not
            assert sums(rows(store)) == total_sums(store)
            refused += 1
            (pages,) = store._db.execute("PRAGMA page_count").fetchone()
            store._db.execute(f"PRAGMA max_page_count = {pages + 8}")
        else:
            waiting.pop(0)
    assert refused >= 3
    assert [x.seq for x in rows(store)] == list(range(1, 101))
    assert len(store.messages(200)) == 100
    assert sums(rows(store)) == total_sums(store)
    store.close()


def test_a_full_disk_still_sends_and_sends_nothing_twice(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for number in range(10):
        add(store, quarter(number))
    (pages,) = store._db.execute("PRAGMA page_count").fetchone()
    store._db.execute(f"PRAGMA max_page_count = {pages}")
    for closed in store.unsent(10):
        store.sent(closed.seq)
    assert store.unsent(10) == []
    with pytest.raises(StoreError, match="full"):
        add(store, record({f"L{number:03}": 1.0 for number in range(999)}))
    assert store.unsent(10) == []
    store.close()


def test_a_folder_that_cannot_be_written_to_is_refused_and_used_once_it_can(
    tmp_path: Path,
) -> None:
    as_nobody(
        tmp_path / "state",
        """
        folder.chmod(0o555)
        refused()
        assert not list(folder.iterdir())
        folder.chmod(0o755)
        store = Store(folder)
        add(store, quarter(0))
        store.close()
        folder.chmod(0o555)
        refused()
        folder.chmod(0o755)
        store = Store(folder)
        add(store, quarter(1))
        assert [x.seq for x in rows(store)] == [1, 2]
        store.close()
        """,
    )


def test_a_ledger_is_read_where_nothing_can_be_written(tmp_path: Path) -> None:
    as_nobody(
        tmp_path / "state",
        """
        store = Store(folder)
        add(store, quarter(0))
        store.close()
        folder.chmod(0o555)
        (folder / 'cyclelight.sqlite').chmod(0o444)
        reader = Store.read_only(folder)
        assert len(rows(reader)) == 1
        reader.close()
        """,
    )
