"""A node in a temporary directory, versions that are scripts, and a systemd that obeys."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from cyclelight_updater.places import Places
from cyclelight_updater.service import Status, Systemd

UNIT = "cyclelight.service"
LAYOUT = 4


@dataclass
class FakeSystemd(Systemd):
    """A service that comes up unless the version in use is one of `bad`.

    A bad version does not start; one of `hanging` does, and is restarted after `periods` of
    looking at it.
    """

    places: Places
    bad: set[str] = field(default_factory=set)
    hanging: set[str] = field(default_factory=set)
    running: bool = True
    enabled: bool = True
    active: bool = False
    restarts: int = 0
    done: list[str] = field(default_factory=list)

    def _version(self) -> str:
        return self.places.current.resolve().name

    def is_running(self) -> bool:
        return self.running

    def enable(self) -> None:
        self.done.append("enable")
        self.enabled = True

    def is_enabled(self) -> bool:
        return self.enabled

    def reload(self) -> None:
        self.done.append("reload")

    def stop(self) -> None:
        self.done.append("stop")
        self.active = False

    def restart(self) -> bool:
        self.done.append(f"restart {self._version()}")
        self.restarts = 0
        self.active = self._version() not in self.bad
        return self.active

    def status(self) -> Status:
        status = Status(self.active, self.restarts, 15.0)
        if self._version() in self.hanging:
            self.restarts += 1
        return status

    def last_words(self) -> str:
        return f"last words of {self._version()}"


def version(places: Places, name: str, check: str = "exit 0") -> Path:
    """Make an environment. Its command `cyclelight` is a script; `check` is what it does."""
    environment = places.home / name
    (environment / "bin").mkdir(parents=True)
    command = environment / "bin/cyclelight"
    command.write_text(f'#!/bin/sh\n[ "$1" = --version ] && exit 0\n{check}\n')
    command.chmod(0o755)
    (environment / UNIT).write_text(f"# the unit of {name}\n")
    return environment


def wired(places: Places, folder: Path | None = None, text: str = "present") -> None:
    """Write a node file."""
    folder = folder or places.files
    folder.mkdir(parents=True)
    (folder / "node.toml").write_text(text)


def ledger(places: Places, layout: int = LAYOUT) -> None:
    """Make a ledger, or change the layout of the one that is there."""
    places.ledger.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(places.ledger)) as db:
        db.execute(f"PRAGMA user_version = {layout}")
        db.commit()
