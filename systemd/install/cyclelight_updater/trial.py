"""A switch to another version on trial: what is needed to take it back survives a power cut."""

import json
import os
import shutil
import sqlite3
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from cyclelight_updater.places import Places


@dataclass(frozen=True, slots=True)
class Trial:
    """What was in use before: the environment's name, whether files were replaced, the layout."""

    former: str | None
    replaces_files: bool
    layout: int | None


def begin(places: Places, former: Path | None) -> None:
    """Copy the ledger and write down what is in use. The service must not run."""
    drop_former_files(places)  # none but this trial's may be restored
    places.ledger_copy.unlink(missing_ok=True)
    layout = ledger_layout(places)
    if layout is not None:
        with (
            closing(sqlite3.connect(places.ledger)) as db,
            closing(sqlite3.connect(places.ledger_copy)) as copy,
        ):
            db.backup(copy)
    trial = Trial(None if former is None else former.name, places.next_files.is_dir(), layout)
    new = places.trial.with_name("trial.new")
    new.write_text(json.dumps(asdict(trial)))
    os.sync()
    new.replace(places.trial)
    os.sync()


def read(places: Places) -> Trial | None:
    """Return the trial that is not over yet."""
    return Trial(**json.loads(places.trial.read_text())) if places.trial.is_file() else None


def end(places: Places) -> None:
    """Forget a trial."""
    places.trial.unlink(missing_ok=True)
    places.ledger_copy.unlink(missing_ok=True)


def drop_former_files(places: Places) -> None:
    """Remove what an earlier switch left, so that files can be replaced again."""
    shutil.rmtree(places.former_files, ignore_errors=True)


def replace_files(places: Places) -> None:
    """Put the next files in the place of the node's files, once the former ones are dropped."""
    if places.files.is_dir():
        present = places.files.stat()
        os.chown(places.next_files, present.st_uid, present.st_gid)
        places.next_files.chmod(present.st_mode)
        places.files.rename(places.former_files)
    places.next_files.rename(places.files)


def restore_files(places: Places) -> None:
    """Undo `replace_files`, however much of it was done; the refused files stay to be mended."""
    if not places.former_files.is_dir():
        return
    if places.files.is_dir():
        places.files.rename(places.next_files)
    places.former_files.rename(places.files)


def restore_ledger(places: Places, trial: Trial) -> None:
    """Give back the ledger if the version on trial changed its layout; the former cannot read it.

    Otherwise what was recorded meanwhile is kept.
    """
    if trial.layout is None or ledger_layout(places) == trial.layout:
        return
    owner = places.ledger.stat()
    os.chown(places.ledger_copy, owner.st_uid, owner.st_gid)
    places.ledger_copy.chmod(owner.st_mode)
    for rest in ("-wal", "-shm"):
        places.ledger.with_name(places.ledger.name + rest).unlink(missing_ok=True)
    places.ledger_copy.replace(places.ledger)


def ledger_layout(places: Places) -> int | None:
    """Return the number of the ledger's layout, None if there is no ledger or none to be read."""
    if not places.ledger.is_file():
        return None
    try:
        with closing(sqlite3.connect(places.ledger)) as db:
            return int(db.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.DatabaseError:
        return None
