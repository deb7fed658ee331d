"""What drivers complain of. They log it, because a node that runs goes on without the device."""

from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any

from structlog.testing import capture_logs

Entry = MutableMapping[str, Any]

_COMPLAINTS = ("warning", "error", "critical")
_NAMES = ("device", "lamp", "sensor")
"""Under what a driver names what it drives."""


class Complaints:
    """The log of the drivers while a self-test runs, one device at a time."""

    def __init__(self, entries: list[Entry]) -> None:
        """Read from a log that grows."""
        self._entries = entries

    def taken(self, device: str | None = None) -> str:
        """Return the last complaint since the last call, empty if there was none.

        `device`: not those that name another one. All are forgotten.
        """
        found = [entry for entry in self._complaints() if _device(entry) in (None, device)]
        return _reason(found[-1]) if found else ""

    def of_each(self) -> dict[str, str]:
        """Return the last complaint of each device that is named in one. All are forgotten."""
        named = [(_device(entry), entry) for entry in self._complaints()]
        return {device: _reason(entry) for device, entry in named if device is not None}

    def _complaints(self) -> list[Entry]:
        found = [entry for entry in self._entries if entry.get("log_level") in _COMPLAINTS]
        self._entries.clear()
        return found


def _device(entry: Entry) -> str | None:
    """Return which device an entry is about, None where it does not say."""
    return next((str(entry[name]) for name in _NAMES if name in entry), None)


def _reason(entry: Entry) -> str:
    return str(entry.get("error") or str(entry.get("event")).replace("_", " "))


@contextmanager
def overheard() -> Iterator[Complaints]:
    """Keep the log from the screen and for the results."""
    with capture_logs() as entries:
        yield Complaints(entries)
