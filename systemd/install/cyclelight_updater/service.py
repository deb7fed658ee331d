"""The service as systemd sees it."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

UNIT = "cyclelight.service"
ANSWER_LIMIT_S = 200
"""Longer than a start (90 s) after a stop (10 s) may take."""


@dataclass(frozen=True, slots=True)
class Status:
    """How the service is: whether it runs, how often systemd restarted it, its watchdog."""

    active: bool
    restarts: int
    watchdog_s: float


class Systemd:
    """Asks systemctl, and does without where systemd does not run."""

    def is_running(self) -> bool:
        """Whether this machine was started by systemd; a root that is being built was not."""
        return Path("/run/systemd/system").is_dir()

    def enable(self) -> None:
        """Let the service start with the machine."""
        _systemctl("enable", "--quiet", UNIT)

    def is_enabled(self) -> bool:
        """Whether the service is to run."""
        return _systemctl("is-enabled", "--quiet", UNIT).returncode == 0

    def reload(self) -> None:
        """Let systemd read the unit again."""
        _systemctl("daemon-reload")

    def stop(self) -> None:
        """Stop the service: the wiring lights the lamps."""
        _systemctl("stop", UNIT)

    def restart(self) -> bool:
        """Start the service and wait until the lamps are under control; say whether they are."""
        _systemctl("reset-failed", UNIT)
        return _systemctl("restart", UNIT).returncode == 0

    def status(self) -> Status:
        """Return how the service is now."""
        asked = "--property=ActiveState,NRestarts,WatchdogUSec"
        lines = _systemctl("show", asked, UNIT).stdout.splitlines()
        told = dict(line.split("=", 1) for line in lines if "=" in line)
        return Status(
            told.get("ActiveState") == "active",
            int(told.get("NRestarts") or 0),
            seconds(told.get("WatchdogUSec", "")),
        )

    def last_words(self) -> str:
        """Return the end of the service's log."""
        command = ("journalctl", "--unit", UNIT, "--lines", "15", "--no-pager", "--output", "cat")
        return _run(*command).stdout.strip()


_UNITS_S = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0}


def seconds(text: str) -> float:
    """Read a time as systemctl shows it, like `1min 30s`; what is no time is 0."""
    total_s = 0.0
    for word in text.split():
        number = word.rstrip("abcdefghijklmnopqrstuvwxyz")
        unit = word[len(number) :]
        if unit not in _UNITS_S:
            return 0.0
        total_s += float(number) * _UNITS_S[unit]
    return total_s


def _systemctl(*words: str) -> subprocess.CompletedProcess[str]:
    return _run("systemctl", *words)


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(  # noqa: S603 the commands are this file's own
            command, capture_output=True, text=True, timeout=ANSWER_LIMIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 1, "", str(error))
