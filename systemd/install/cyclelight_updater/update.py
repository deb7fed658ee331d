"""Switching versions: check, switch, watch, and back if it does not come up."""

import sqlite3
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from cyclelight_updater import trial as trials
from cyclelight_updater.environments import check, is_usable, point, pointed, prune, use
from cyclelight_updater.errors import UpdateError
from cyclelight_updater.places import Places
from cyclelight_updater.service import Systemd
from cyclelight_updater.trial import Trial

PERIODS = 3
"""A version has come up once it has fed its watchdog for so many periods without a restart."""

WATCHDOG_S = 15.0
"""Where the unit has no watchdog."""


def say(text: str) -> None:
    """Tell whoever updates what is going on."""
    sys.stdout.write(f"cyclelight-update: {text}\n")
    sys.stdout.flush()


@dataclass(frozen=True, slots=True)
class Updater:
    """Switches from one version to another."""

    places: Places
    service: Systemd
    sleep: Callable[[float], None]

    def switch(self, new: Path, *, enable: bool = False) -> None:
        """Put a version to use. Raises UpdateError if it is refused or taken back.

        The node's files are checked first; while nothing has been changed nothing has to be
        taken back.
        """
        places = self.places
        former = pointed(places.current)
        with_files = places.next_files.is_dir()
        if former == new and not with_files:
            say(f"{new.name} is in use already")
            self._ensure_running()
            return
        files = places.next_files if with_files else places.files
        has_node = (files / "node.toml").is_file()
        if has_node:
            check(new, files)
        if former is None:
            use(places, new)
            if enable:
                self.service.enable()
        if not (has_node and self.service.is_running() and self.service.is_enabled()):
            self._switch_unproven(former, new)
            return
        self.service.stop()
        try:
            trials.begin(places, former if former is not None and is_usable(former) else None)
            if with_files:
                trials.replace_files(places)
            use(places, new)
        except (OSError, sqlite3.Error) as error:
            self._call_off(former, error)
        self.settle()

    def settle(self) -> None:
        """Watch the version on trial; keep it or go back. Raises UpdateError after going back."""
        trial = trials.read(self.places)
        if trial is None:
            say("nothing is on trial")
            return
        new = pointed(self.places.current)
        if new is not None:
            use(self.places, new)  # the power may have been cut between the unit and the link
        if new is not None and self.places.files.is_dir() and self._comes_up():
            self._keep(new, trial)
        else:
            self._go_back(new, trial)

    def _call_off(self, former: Path | None, error: Exception) -> NoReturn:
        """Start what ran before again, where the disk is full or will not be written to."""
        try:
            if (trial := trials.read(self.places)) is not None and trial.replaces_files:
                trials.restore_files(self.places)
            if former is not None:
                use(self.places, former)
            trials.end(self.places)
        finally:
            self.service.restart()
        raise UpdateError(f"called off, nothing was changed: {error}") from error

    def _switch_unproven(self, former: Path | None, new: Path) -> None:
        if self.places.next_files.is_dir():
            trials.drop_former_files(self.places)
            trials.replace_files(self.places)
        if former is not None and former != new:
            point(self.places.previous, former)
        use(self.places, new)
        if self.service.is_running():
            self.service.reload()
        prune(self.places)
        say(f"{new.name} is in place; it was not started: {self._reason()}")

    def _reason(self) -> str:
        if not self.service.is_running():
            return "systemd does not run here"
        if not (self.places.files / "node.toml").is_file():
            return f"there is no {self.places.files / 'node.toml'} yet"
        return "the service is not enabled"

    def _ensure_running(self) -> None:
        if self.service.is_running() and self.service.is_enabled():
            self.service.reload()
            if not self.service.status().active:
                self.service.restart()

    def _comes_up(self) -> bool:
        self.service.reload()
        if not self.service.restart():
            return False
        first = self.service.status()
        say(f"the lamps are under control; watching for {PERIODS} watchdog periods")
        for _ in range(PERIODS):
            self.sleep(first.watchdog_s or WATCHDOG_S)
            now = self.service.status()
            if not now.active or now.restarts != first.restarts:
                return False
        return True

    def _keep(self, new: Path, trial: Trial) -> None:
        former = None if trial.former is None else self.places.home / trial.former
        if former is not None and former != new:
            point(self.places.previous, former)
        trials.end(self.places)
        prune(self.places)
        say(f"{new.name} has come up and is in use")

    def _go_back(self, new: Path | None, trial: Trial) -> None:
        name = "the version on trial" if new is None else new.name
        words = self.service.last_words()
        if trial.former is None:
            trials.end(self.places)
            raise UpdateError(
                f"{name} did not come up, and there is none before it to go back to; the lamps "
                f"are lit by their wiring. Its last words:\n{words}"
            )
        self.service.stop()
        if trial.replaces_files:
            trials.restore_files(self.places)
        trials.restore_ledger(self.places, trial)
        use(self.places, self.places.home / trial.former)
        self.service.reload()
        is_back = self.service.restart()
        trials.end(self.places)
        prune(self.places)
        state = "is in use again" if is_back else "was put back, but does not come up either"
        raise UpdateError(
            f"{name} did not come up: taken back; {trial.former} {state}. "
            f"Last words of the one taken back:\n{words}"
        )
