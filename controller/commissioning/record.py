"""The record of a self-test: what was tried with what, and where to sign. No secrets in it."""

import getpass
import hashlib
import json
import os
import platform
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Self
from zoneinfo import ZoneInfo

from controller import __version__
from controller.commissioning.bench import Bench
from controller.commissioning.results import WIDTH, Result
from controller.printable import printable
from controller.settings.faults import Fault, SettingsError

_MODEL = Path("/proc/device-tree/model")
_SIGNATURES = ("Tested by", "Accepted by")
_LINE = "_" * 24
_NAME_WIDTH, _PAGE_WIDTH = 10, 96


@dataclass(frozen=True, slots=True)
class Record:
    """One self-test as it is kept. `facts`: what it was and with what it was made, by name."""

    facts: tuple[tuple[str, str], ...]
    verdict: str
    passed: bool
    results: tuple[Result, ...]

    @classmethod
    def of(cls, bench: Bench, node_file: Path, begun: datetime) -> Self:
        """Describe a self-test that is over."""
        facts = tuple(_facts(bench, node_file, begun).items())
        results = bench.results
        return cls(facts, results.verdict, results.passed, tuple(results.found))

    def text(self) -> str:
        """Give the record as a page to print and sign."""
        lines = ["cyclelight: record of a self-test", ""]
        for name, value in self.facts:
            lines += _wrapped(f"{name:<{_NAME_WIDTH}}", value)
        lines.append("")
        for number, result in enumerate(self.results, 1):
            lines += _wrapped(f"{number:>3}  {result.status:<{WIDTH}}  ", result.sentence)
        lines += ["", f"Result: {self.verdict}", ""]
        for who in _SIGNATURES:
            lines += ["", f"{who:<12} {_LINE}   Date {_LINE[:12]}   Signature {_LINE}"]
        return "\n".join(lines) + "\n"

    def json(self) -> str:
        """Give the record for programs."""
        document = {
            **dict(self.facts),
            "passed": self.passed,
            "results": [result._asdict() for result in self.results],
        }
        return json.dumps(document, indent=2, ensure_ascii=False) + "\n"

    def write(self, file: Path) -> None:
        """Write a file that is not there yet; JSON if its name says so. Raises SettingsError."""
        content = self.json() if file.suffix == ".json" else self.text()
        try:
            with file.open("x", encoding="utf-8") as stream:
                stream.write(content)
        except OSError as error:
            raise _unwritable(file, error.strerror or type(error).__name__) from error


def check_place(file: Path) -> None:
    """Refuse a place where no record could be written, before anybody has walked about for it."""
    if file.exists():
        raise _unwritable(file, "it is there already, and a record is not overwritten")
    folder = file.absolute().parent
    if not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)):
        raise _unwritable(file, "its directory is not there or may not be written to")


def _unwritable(file: Path, why: str) -> SettingsError:
    fault = Fault("--record", f"{file} cannot be written: {why}", "choose another name or place")
    return SettingsError("arguments", [fault])


def _facts(bench: Bench, node_file: Path, begun: datetime) -> dict[str, str]:
    path, settings = bench.installation.path, bench.settings
    zone = ZoneInfo(path.timezone)
    files = [node_file, settings.path_file, settings.profile_file]
    facts = {
        "path": f"{path.name} ({path.tenant}/{path.id})",
        "node": settings.node,
        "begun": begun.astimezone(zone).isoformat(sep=" ", timespec="seconds"),
        "ended": datetime.now(UTC).astimezone(zone).isoformat(sep=" ", timespec="seconds"),
        "way": "with somebody at the lamps" if bench.person else "unattended: nobody looked",
        "machine": f"{platform.node()}, {_model()}, {platform.system()} {platform.release()}",
        "user": _user(),
        "versions": f"cyclelight {__version__}, Python {platform.python_version()}, "
        f"gpiozero {version('gpiozero')}",
        "files": _fingerprints([file for file in files if file is not None]),
    }
    return {name: printable(value) for name, value in facts.items()}


def _wrapped(head: str, text: str) -> list[str]:
    """Divide a text into lines that fit on a page, under one another."""
    return textwrap.wrap(text, _PAGE_WIDTH, initial_indent=head, subsequent_indent=" " * len(head))


def _model() -> str:
    """Name the machine, as its firmware does where it is a Pi."""
    try:
        return _MODEL.read_text(encoding="utf-8", errors="replace").strip("\0\n")
    except OSError:
        return platform.machine()


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name
        return str(os.geteuid())


def _fingerprints(files: Sequence[Path]) -> str:
    """Tell which files were tried, so that a later change can be seen."""
    return ", ".join(
        f"{file.name} (sha256 {hashlib.sha256(file.read_bytes()).hexdigest()[:12]})"
        for file in files
    )
