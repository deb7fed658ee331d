"""Where everything lies on a node."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Places:
    """The folders that an update touches, below a root that is `/` but in tests."""

    root: Path = Path("/")

    @property
    def home(self) -> Path:
        """The folder of the environments, one a version."""
        return self.root / "opt/cyclelight"

    @property
    def current(self) -> Path:
        """A link to the environment in use."""
        return self.home / "current"

    @property
    def previous(self) -> Path:
        """A link to the environment that was in use before."""
        return self.home / "previous"

    @property
    def trial(self) -> Path:
        """A file that exists while a version has still to prove itself."""
        return self.home / "trial.json"

    @property
    def files(self) -> Path:
        """The node's files."""
        return self.root / "etc/cyclelight"

    @property
    def next_files(self) -> Path:
        """Files that take the place of the node's files with the next switch, if there are any."""
        return self.root / "etc/cyclelight.next"

    @property
    def former_files(self) -> Path:
        """The node's files before they were last replaced."""
        return self.root / "etc/cyclelight.before"

    @property
    def ledger(self) -> Path:
        """The node's ledger."""
        return self.root / "var/lib/cyclelight/cyclelight.sqlite"

    @property
    def ledger_copy(self) -> Path:
        """A copy of the ledger for the time of a trial, on the same file system."""
        return self.root / "var/lib/cyclelight/before-update.sqlite"

    @property
    def unit(self) -> Path:
        """The unit in use, a copy of the environment's.

        A link to that will not do: `systemctl enable` follows it and would hold on to one version.
        """
        return self.root / "usr/lib/systemd/system/cyclelight.service"

    @property
    def unit_by_hand(self) -> Path:
        """A unit that somebody copied into systemd's folder hides ours."""
        return self.root / "etc/systemd/system/cyclelight.service"
