"""Claiming the path of a board's Unix socket: a dead board's file goes, a live board's stays."""

import contextlib
import errno
import fcntl
import os
import socket
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

MAX_PATH_BYTES = 107
"""`sun_path` of unix(7) holds 108 bytes with the closing zero."""
LOCK_LIMIT_S = 5.0
PROBE_LIMIT_S = 2.0


class BoardError(Exception):
    """The board cannot be started or reached. The text says why and what to do."""


def connected(path: Path, limit_s: float) -> socket.socket | None:
    """Return a socket connected to the board at `path`, None if none listens there.

    Raises BoardError if `path` is no path of a socket or the board does not answer.
    """
    if len(os.fsencode(path)) > MAX_PATH_BYTES:
        raise BoardError(f"{path}: too long for a Unix socket, {MAX_PATH_BYTES} bytes at most")
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(limit_s)
    try:
        client.connect(str(path))
    except OSError as error:
        client.close()
        if error.errno in (errno.ENOENT, errno.ECONNREFUSED):
            return None
        raise BoardError(f"{path}: cannot connect to the board: {error}") from error
    return client


@dataclass(frozen=True, slots=True)
class Claim:
    """A socket that listens at `path`; `inode` tells its file from a successor's."""

    listener: socket.socket
    path: Path
    inode: int

    def remove_file(self) -> None:
        """Remove the socket's file unless another board has taken the path since."""
        if not self.path.exists():
            return
        with _only_one_claims(self.path.parent), contextlib.suppress(FileNotFoundError):
            if self.path.stat().st_ino == self.inode:
                self.path.unlink()


def listening(path: Path) -> Claim:
    """Listen at `path`, for this user only. Raises BoardError."""
    with _only_one_claims(path.parent):
        _remove_stale(path)
        listener = socket.socket(socket.AF_UNIX)
        try:
            listener.bind(str(path))
            path.chmod(stat.S_IRUSR | stat.S_IWUSR)
            listener.listen()
        except OSError as error:
            listener.close()
            raise BoardError(f"{path}: cannot listen: {error}") from error
        return Claim(listener, path, path.stat().st_ino)


def _remove_stale(path: Path) -> None:
    probe = connected(path, PROBE_LIMIT_S)
    if probe is not None:
        probe.close()
        raise BoardError(f"{path}: a board listens there already; end it or choose another path")
    if not path.exists():
        return
    if not path.is_socket():
        raise BoardError(f"{path}: exists and is not a socket; remove it or choose another path")
    path.unlink()


@contextlib.contextmanager
def _only_one_claims(directory: Path) -> Iterator[None]:
    """Hold the lock of `directory`: of boards that start together one replaces a stale file."""
    try:
        handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise BoardError(f"{directory}: cannot hold a socket: {error}") from error
    try:
        _lock(handle, directory)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, directory: Path) -> None:
    give_up_s = time.monotonic() + LOCK_LIMIT_S
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > give_up_s:
                raise BoardError(f"{directory}: locked by another process") from None
            time.sleep(0.02)
        else:
            return
