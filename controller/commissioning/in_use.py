"""Whether the service runs: it keeps the ledger open, and SQLite locks what is open."""

import fcntl
from pathlib import Path

from controller.store.opening import FILE_NAME

# SQLite's "shared" bytes (https://www.sqlite.org/src/file/src/os.h): in WAL mode whoever has a
# database open keeps a lock on them, and the kernel lets go of it when that process ends.
_SHARED_FIRST, _SHARED_SIZE = 0x40000002, 510


def is_in_use(state_dir: Path) -> bool:
    """Whether another process has the ledger in `state_dir` open. Changes nothing in it.

    What cannot be opened for writing counts as not in use: the test of rights tells of it.
    """
    try:
        with (state_dir / FILE_NAME).open("r+b") as ledger:
            try:
                fcntl.lockf(ledger, fcntl.LOCK_EX | fcntl.LOCK_NB, _SHARED_SIZE, _SHARED_FIRST)
            except BlockingIOError:
                return True
            fcntl.lockf(ledger, fcntl.LOCK_UN, _SHARED_SIZE, _SHARED_FIRST)
    except OSError:
        pass
    return False
