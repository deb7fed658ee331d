"""The disk of a node: the real store on real files, full disks, failing writes, torn logs.

What a kill or a power cut leaves behind is the file as it was and any beginning of what was being
written to the write-ahead log, after a power cut with blocks behind it that were never written.
"""

import contextlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Protocol
from zoneinfo import ZoneInfo

from controller.core.effects import RecordEnergy
from controller.store.ledger import closed_record
from controller.store.records import ClosedRecord
from controller.store.store import FILE_NAME, Store, StoreError

LOG = f"{FILE_NAME}-wal"
GARBAGE_BYTES = 3000
STEPS = (1, 40)
_NOTHING: Mapping[str, Mapping[str, object]] = {}


class DiskFault(StrEnum):
    """What may be wrong with a disk."""

    FULL = "full"
    FAILING = "failing"
    READ_ONLY = "read_only"


UNUSABLE = (DiskFault.FAILING, DiskFault.READ_ONLY)
"""With these no store can be opened."""


class NodeStore(Store):
    """The real store, on a disk that may fail."""

    def __init__(self, disk: "Disk") -> None:
        """Open it, as far as the disk lets. Raises StoreError."""
        if disk.fault in UNUSABLE:
            raise StoreError(f"{disk.folder}: the disk is {disk.fault}")
        super().__init__(disk.folder)
        self._disk = disk
        disk.open_stores.append(self)
        disk.keeping.opened(self)
        self.suffer(disk.fault, disk.rng)

    def entries(self) -> list[tuple[int, str, float, float]]:
        """Return number, boot, begin and end (monotonic seconds) of every record, in order."""
        return self._db.execute(
            "SELECT seq, boot, start_mono_s, end_mono_s FROM record ORDER BY seq"
        ).fetchall()

    def add(
        self,
        record: RecordEnergy,
        *,
        boot: str,
        zone: ZoneInfo,
        messages: Sequence[tuple[str, bytes]] = (),
        documents: Mapping[str, Mapping[str, object]] = _NOTHING,
    ) -> None:
        """Add a record, and let the disk know of it once it is committed."""
        super().add(record, boot=boot, zone=zone, messages=messages, documents=documents)
        self._disk.committed(record, boot)

    def unfolded(self) -> list[ClosedRecord]:
        """Return every record, as none is old enough to be folded."""
        return [closed_record(row) for row in self._db.execute("SELECT * FROM record ORDER BY seq")]

    def suffer(self, fault: DiskFault | None, rng: Random) -> None:
        """Let every write fail as this fault makes it, None: let everything go well."""
        self._db.set_progress_handler(None, 0)
        self._db.execute("PRAGMA query_only = 0")
        self._db.execute("PRAGMA max_page_count = 1000000")
        match fault:
            case DiskFault.FULL:
                (pages,) = self._db.execute("PRAGMA page_count").fetchone()
                self._db.execute(f"PRAGMA max_page_count = {pages}")
            case DiskFault.FAILING:
                self._db.set_progress_handler(lambda: 1, rng.randint(*STEPS))
            case DiskFault.READ_ONLY:
                self._db.execute("PRAGMA query_only = 1")
            case None:
                pass


class Keeping(Protocol):
    """Who wants to know what is kept."""

    def opened(self, store: "NodeStore") -> None:
        """Look at a store that was just opened."""

    def committed(self, record: RecordEnergy, boot: str, *, sure: bool) -> None:
        """Take note of a record that was committed; not `sure`: or not, as the node was killed."""


class Disk:
    """The folder of one node's store."""

    def __init__(self, folder: Path, rng: Random, keeping: Keeping) -> None:
        """Begin with an empty folder."""
        self.folder = folder
        self.fault: DiskFault | None = None
        self.open_stores: list[NodeStore] = []
        self.keeping = keeping
        self.rng = rng
        self._dying = False
        folder.mkdir()

    def committed(self, record: RecordEnergy, boot: str) -> None:
        """Hear of a record that was committed."""
        self.keeping.committed(record, boot, sure=not self._dying)

    def fail(self, fault: DiskFault | None) -> None:
        """Let something be wrong with the disk from now on, None if nothing is any more."""
        self.fault = fault
        for store in self.open_stores:
            store.suffer(fault, self.rng)

    def killed(self, under_way: Callable[[], object] | None, *, power_cut: bool) -> None:
        """Leave the files as they are when the process dies in the middle of a piece of work."""
        if not self.open_stores:
            return
        file, before = self._files()
        log = before
        if under_way is not None:
            self._dying = True
            with contextlib.suppress(StoreError):
                under_way()
            self._dying = False
            file_after, after = self._files()
            if file_after == file and after.startswith(before):
                log = after[: self.rng.randint(len(before), len(after))]
                if power_cut:
                    log += self.rng.randbytes(self.rng.randint(0, GARBAGE_BYTES))
            else:  # the log was taken over into the file: take it as a whole
                file, log = file_after, after
        for store in self.open_stores:
            store.suffer(None, self.rng)
            store.close()
        self.open_stores.clear()
        shutil.rmtree(self.folder)
        self.folder.mkdir()
        (self.folder / FILE_NAME).write_bytes(file)
        (self.folder / LOG).write_bytes(log)

    def closed(self) -> None:
        """Take note that the process has closed its store."""
        self.open_stores.clear()

    def _files(self) -> tuple[bytes, bytes]:
        log = self.folder / LOG
        file = self.folder / FILE_NAME
        return file.read_bytes(), log.read_bytes() if log.exists() else b""
