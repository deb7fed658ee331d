"""A writer killed at any moment, and the power cut at any byte: what was committed is there."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from controller.core.effects import LampEnergy
from controller.store.store import FILE_NAME, Store
from tests.store.build import ROOT, add, rows, seeded, sums, total_sums
from tests.store.writer import DEAD, KEEP_DAYS, RECORD_S, numbered

POINTS = 200


def whole_up_to(store: Store) -> int:
    """Check that the ledger holds the records 1 to n, each once, folded or not. Return n."""
    there = rows(store)
    last = there[-1].seq if there else 0
    squares = last * (last + 1) * (2 * last + 1) // 6
    expected = LampEnergy(
        "L1", last * (last + 1) / 2, float(squares), float(last), last * (last + 1) // 2
    )
    assert sums(there) == total_sums(store)
    assert sums(there) == (last * RECORD_S, float(last), {"L1": expected} if last else {})
    assert len({x.seq for x in there}) == len(there)
    return last


@contextmanager
def writers(folder: Path) -> Iterator[Callable[[int, Random], int]]:
    """Give a function that kills a writer a moment after it said so many numbers.

    It returns the last number that was said.
    """
    command = [sys.executable, "-m", "tests.store.writer", str(folder)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as nursery:
        assert nursery.stdin is not None
        assert nursery.stdout is not None
        begin, said = nursery.stdin, nursery.stdout

        def killed_after(numbers: int, chance: Random) -> int:
            begin.write("go\n")
            begin.flush()
            process = int(said.readline())
            heard = [said.readline() for _ in range(numbers)]
            for _ in range(chance.randrange(20_000)):
                pass  # the kill falls anywhere within a transaction
            os.kill(process, signal.SIGKILL)
            heard += iter(said.readline, f"{DEAD}\n")
            return int(heard[-1])

        yield killed_after
        begin.close()


def test_a_writer_killed_at_200_moments_loses_and_doubles_nothing(tmp_path: Path) -> None:
    chance, before = seeded(7), 0
    with writers(tmp_path) as killed_after:
        for _ in range(POINTS):
            acknowledged = killed_after(chance.randint(1, 6), chance)
            assert acknowledged > before
            store = Store(tmp_path, keep_days=KEEP_DAYS)
            assert store.set_aside is None
            before = whole_up_to(store)
            assert before in {acknowledged, acknowledged + 1}
            there = len(rows(store))
            store.close()
    assert before > 3 * POINTS
    assert there < before / 2  # most of it was folded in between


# the power


@pytest.fixture
def course(tmp_path: Path) -> Iterator[list[tuple[bytes, bytes]]]:
    """File and log after each of some commits, the log never taken over into the file."""
    folder = tmp_path / "course"
    store = Store(folder, keep_days=KEEP_DAYS)
    store._db.execute("PRAGMA wal_autocheckpoint = 0")
    store._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    seen = [_files(folder)]
    for seq in range(1, 81):
        add(store, numbered(seq), messages=[("count", b"%d" % seq)])
        if seq % 10 == 0:
            store.sent(seq)
        seen.append(_files(folder))
    yield seen
    store.close()


def _files(folder: Path) -> tuple[bytes, bytes]:
    log = folder / f"{FILE_NAME}-wal"
    return (folder / FILE_NAME).read_bytes(), log.read_bytes()


def _opened_from(folder: Path, file: bytes, log: bytes) -> Store:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    (folder / FILE_NAME).write_bytes(file)
    (folder / f"{FILE_NAME}-wal").write_bytes(log)
    store = Store(folder, keep_days=KEEP_DAYS)
    assert store.set_aside is None
    return store


def test_power_cut_at_200_bytes_of_a_write_loses_and_doubles_nothing(
    tmp_path: Path, course: list[tuple[bytes, bytes]]
) -> None:
    chance = seeded(11)
    commits = list(enumerate(pairwise(course)))
    for _ in range(POINTS):
        acknowledged, ((file, before), (_, after)) = chance.choice(commits)
        assert after.startswith(before)
        cut = chance.randint(len(before), len(after))
        log = after[:cut]
        if chance.random() < 0.5:  # blocks that were never written hold anything
            log += chance.randbytes(chance.randint(1, 5000))
        store = _opened_from(tmp_path / "cut", file, log)
        last = acknowledged + (cut == len(after))
        assert whole_up_to(store) == last
        add(store, numbered(last + 1))
        assert whole_up_to(store) == last + 1
        store.close()


def test_power_cut_while_the_log_is_taken_over_loses_nothing(
    tmp_path: Path, course: list[tuple[bytes, bytes]]
) -> None:
    # The log was synchronised before: pages of the file may be old, new or torn.
    chance = seeded(13)
    file, log = course[-1]
    store = _opened_from(tmp_path / "over", file, log)
    store.close()
    taken_over = (tmp_path / "over" / FILE_NAME).read_bytes()
    block = 512
    for _ in range(20):
        size = chance.choice((len(file), len(taken_over)))
        blocks = [
            chance.choice((file[at : at + block] or bytes(block), taken_over[at : at + block]))
            for at in range(0, size, block)
        ]
        store = _opened_from(tmp_path / "torn", b"".join(blocks), log)
        assert whole_up_to(store) == len(course) - 1
        store.close()
