"""Finished jobs, one JSON object a line, so that an interrupted comparison goes on."""

import hashlib
import json
from pathlib import Path as FilePath

import controller
import firmware_sim
from controller.settings.faults import Fault, SettingsError
from firmware_sim.cases import TRAFFIC
from firmware_sim.compare.contest import Record
from firmware_sim.compare.measures import Measures

FILE_NAME = "nights.jsonl"
GREATEST_FIGURE = 1e15
"""No measure of a night comes near it, and averages of it are finite."""
# All that decides what a night comes to; how it is told afterwards does not.
SOURCES = (
    (FilePath(controller.__file__).parent / "core", "*.py"),
    (FilePath(firmware_sim.__file__).parent, "*.py"),
    (FilePath(firmware_sim.__file__).parent / "compare", "contest.py"),
    (FilePath(firmware_sim.__file__).parent / "compare", "measures.py"),
    (FilePath(firmware_sim.__file__).parent / "compare", "plan.py"),
    (TRAFFIC, "*.toml"),
)


def code_version() -> str:
    """Return a short digest of everything that decides what a night comes to."""
    digest = hashlib.sha256()
    for folder, pattern in SOURCES:
        for file in sorted(folder.glob(pattern)):
            digest.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


class Finished:
    """The finished jobs of one version of the code. Those of other versions are left alone."""

    def __init__(self, out: FilePath, version: str) -> None:
        """Read what is there already. Raises OSError, and SettingsError for a spoilt line."""
        self._file = out / FILE_NAME
        self._version = version
        self.records: dict[str, Record] = {}
        if self._file.exists():
            self._mend()
            for number, line in enumerate(self._file.read_bytes().splitlines(), start=1):
                self._take(number, line)

    def add(self, record: Record) -> None:
        """Keep a finished job, on disk too. Raises OSError."""
        self.records[record["key"]] = record
        line = json.dumps({"version": self._version, "record": record}, allow_nan=False)
        with self._file.open("a", encoding="utf-8") as opened:
            opened.write(line + "\n")

    def _take(self, number: int, line: bytes) -> None:
        try:
            entry = json.loads(line)
            if entry["version"] == self._version:
                record = _sound(entry["record"])
                self.records[record["key"]] = record
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            hint = "delete the line, and the night is run again"
            fault = Fault(f"line {number}", "is not a finished night", hint)
            raise SettingsError(str(self._file), [fault]) from error

    def _mend(self) -> None:
        """Drop a last line that was cut off when the machine or the program died."""
        content = self._file.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            with self._file.open("r+b") as opened:
                opened.truncate(whole)


def _sound(record: object) -> Record:
    """Return a record that can be counted with. Raises ValueError."""
    match record:
        case {"key": str(key), "world": dict(world), "schemes": dict(schemes)}:
            figures = {name: _figures(one) for name, one in schemes.items()}
            return {"key": key, "world": _figures(world), "schemes": figures}
        case _:
            raise ValueError("a record lacks its parts")


def _figures(found: object) -> Measures:
    if isinstance(found, dict) and all(_is_figure(x) for x in found.values()):
        return found
    raise ValueError("measures are numbers")


def _is_figure(value: object) -> bool:
    return isinstance(value, int | float) and -GREATEST_FIGURE <= value <= GREATEST_FIGURE
