"""A clean Debian machine with a systemd of its own, in memory; nothing of it outlasts the test.

The root lies on a tmpfs in a mount namespace of its own, and all processes in a PID namespace that
ends with its first process, at the latest when the time limit kills that.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).parents[2]
ROOTS = ROOT / "build" / "clean-roots"
WANTED = "python3-venv,systemd"
LIFE_LIMIT_S = 420
BOOT_LIMIT_S = 90.0
COMMAND_LIMIT_S = 240
TIDY_LIMIT_S = 20.0
CGROUPS = Path("/sys/fs/cgroup")
SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"

_MAKE_ROOT = """set -e
mount -t tmpfs -o mode=755 tmpfs /mnt
debootstrap --variant=minbase --include={wanted} {release} /mnt
rm -rf /mnt/var/cache/apt/archives/*.deb /mnt/var/lib/apt/lists/*
tar --create --file {tar}.new --directory /mnt .
mv {tar}.new {tar}
"""

_BOOT = """set -e
mount -t tmpfs -o mode=755 tmpfs /mnt
mount -t tmpfs -o mode=755 tmpfs /run
mkdir --mode=755 /mnt/root
tar --extract --file {tar} --directory /mnt/root
exec systemd-nspawn --quiet --register=no --keep-unit --private-network --console=pipe \\
    --boot --directory /mnt/root
"""
# Not /mnt itself: a root is locked by a file beside it, and a machine that has not quite ended
# would hold that of the next.


@dataclass(frozen=True, slots=True)
class Machine:
    """A running machine, known by its first process."""

    pid: int

    def run(self, *command: str, stdin: bytes | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command as root in the machine; return how it ended and what it said."""
        inside = ("nsenter", "--target", str(self.pid), "--all", "env", "--chdir=/", "-i")
        done = subprocess.run(
            (*inside, f"PATH={SYSTEM_PATH}", "DEBIAN_FRONTEND=noninteractive", *command),
            input=stdin,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=COMMAND_LIMIT_S,
            check=False,
        )
        text = done.stdout.decode(errors="replace")
        return subprocess.CompletedProcess(command, done.returncode, text)

    def ask(self, *command: str, stdin: bytes | None = None) -> str:
        """Run a command that must succeed; return what it said."""
        done = self.run(*command, stdin=stdin)
        assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout}"
        return done.stdout.strip()

    def put(self, place: str, content: bytes) -> None:
        """Write a file."""
        self.ask("sh", "-c", f'mkdir -p "$(dirname {place})" && cat > {place}', stdin=content)

    def rights(self, place: str) -> str:
        """Return mode, owner and group of a file."""
        return self.ask("stat", "--format=%a %U:%G", place)


@contextmanager
def machine(release: str) -> Iterator[Machine]:
    """Start a clean machine, or skip the test and say why that is impossible here."""
    _skip_where_impossible()
    tar = _clean_root(release)
    before = set(_cgroups())
    limited = ("timeout", "--signal=KILL", str(LIFE_LIMIT_S))
    process = subprocess.Popen(
        (*limited, *_namespaces(), _BOOT.format(tar=tar)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        process_group=0,
    )
    try:
        with process:
            try:
                yield _booted(process)
            finally:
                with suppress(ProcessLookupError):  # where it did not come up at all
                    os.killpg(process.pid, signal.SIGKILL)
    finally:
        _tidy(before)


def _namespaces() -> tuple[str, ...]:
    own = ("--mount", "--propagation=private", "--pid", "--fork", "--mount-proc")
    return ("unshare", *own, "--kill-child=KILL", "sh", "-c")


def _skip_where_impossible() -> None:
    if os.geteuid() != 0:
        pytest.skip("a clean root needs root")
    for tool in ("debootstrap", "systemd-nspawn", "unshare", "nsenter", "dpkg-deb"):
        if shutil.which(tool, path=SYSTEM_PATH) is None:
            pytest.skip(f"a clean root needs {tool}: apt-get install debootstrap systemd-container")


def _clean_root(release: str) -> Path:
    tar = ROOTS / f"{release}.tar"
    if not tar.is_file():
        ROOTS.mkdir(parents=True, exist_ok=True)
        script = _MAKE_ROOT.format(wanted=WANTED, release=release, tar=tar)
        made = subprocess.run(
            ("timeout", "--signal=KILL", "600", *_namespaces(), script),
            capture_output=True,
            text=True,
            check=False,
        )
        if made.returncode != 0:
            pytest.skip(f"no clean root of {release} can be made here: {made.stdout[-300:]}")
    return tar


def _booted(process: subprocess.Popen[bytes]) -> Machine:
    deadline_s = time.monotonic() + BOOT_LIMIT_S
    while time.monotonic() < deadline_s and process.poll() is None:
        for child in psutil.Process(process.pid).children(recursive=True):
            with suppress(psutil.Error, AssertionError):
                if child.name() == "systemd" and child.parent().name() == "systemd-nspawn":  # type: ignore[union-attr] # it has one
                    started = Machine(child.pid)
                    if started.run("systemctl", "is-system-running").stdout.split() == ["running"]:
                        return started
        time.sleep(0.2)
    process.kill()
    said = process.stdout.read() if process.stdout is not None else b""
    pytest.skip(f"systemd does not run in a container here: {said.decode(errors='replace')[-300:]}")


def _cgroups() -> Iterator[Path]:
    """Give the groups in which systemd-nspawn puts what it starts."""
    for name in ("payload", "supervisor"):
        yield from CGROUPS.glob(name)
        yield from CGROUPS.glob(f"*/{name}")


def _tidy(before: set[Path]) -> None:
    deadline_s = time.monotonic() + TIDY_LIMIT_S
    while (left := set(_cgroups()) - before) and time.monotonic() < deadline_s:
        for top in left:
            for folder in (*sorted(top.rglob("*"), reverse=True), top):
                with suppress(OSError):  # not a folder, or what was killed in it has not ended yet
                    folder.rmdir()
        time.sleep(0.05)
