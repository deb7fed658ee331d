"""The host's condition: the disk of the store, the Pi's supply, how often we were started.

Reading it never raises: what a machine does not tell is None. The Raspberry Pi's firmware tells of
undervoltage and throttling in a file of sysfs, so no program has to be started and no group joined.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from controller.core.health.alarms import Vitals
from controller.settings.documents import Document

STORED = "starts"
KEPT_STARTS = 20

GET_THROTTLED = Path("/sys/devices/platform/soc/soc:firmware/get_throttled")
"""A hexadecimal number, as the firmware's property `get_throttled`."""
# Now, in the low bits; the same since boot (or since somebody cleared it), 16 bits higher.
UNDERVOLTAGE = 0b0001
THROTTLED = 0b1110  # frequency capped, throttled, soft temperature limit
SINCE_BOOT = 16


class Host:
    """Reads the condition of this machine. Its methods block for as long as the disk does."""

    def __init__(self, state_dir: Path, get_throttled: Path = GET_THROTTLED) -> None:
        """`state_dir`: where the store is."""
        self._state_dir = state_dir
        self._get_throttled = get_throttled
        self._since_boot: int | None = None

    def vitals(self, starts_s: tuple[float, ...], *, store_fails: bool) -> Vitals:
        """Return the vitals; what the machine cannot know itself is given."""
        free_bytes, read_only = self._disk()
        signs = self._signs()
        return Vitals(
            free_bytes=free_bytes,
            read_only=read_only,
            store_fails=store_fails,
            undervoltage=None if signs is None else bool(signs & UNDERVOLTAGE),
            throttled=None if signs is None else bool(signs & THROTTLED),
            starts_s=starts_s,
        )

    def _disk(self) -> tuple[int | None, bool]:
        """Return the free bytes for us, and whether the disk is read-only."""
        try:
            disk = os.statvfs(self._state_dir)
        except OSError:
            return None, False
        return disk.f_bavail * disk.f_frsize, bool(disk.f_flag & os.ST_RDONLY)

    def _signs(self) -> int | None:
        """Return which signs show now, or have shown since the last look; None: not told here."""
        try:
            word = int(self._get_throttled.read_text(encoding="ascii"), 16)
        except (OSError, ValueError):
            return None
        known, self._since_boot = self._since_boot, word >> SINCE_BOOT
        # What was there before the first look may have been long ago.
        news = 0 if known is None else self._since_boot & ~known
        return word | news


def started(document: Mapping[str, object] | None, boot: str, now_s: float) -> Document:
    """Add a start of the controller at `now_s` (monotonic) to those that were stored.

    Those of another boot of the machine, or of an unknown one (empty), are left out.
    """
    starts_s = starts(document) if document and boot and document.get("boot") == boot else ()
    return {"boot": boot, "starts_s": [*starts_s, now_s][-KEPT_STARTS:]}


def starts(document: Mapping[str, object]) -> tuple[float, ...]:
    """Read the starts that `started` wrote; what is something else is left out."""
    entries = document.get("starts_s")
    return tuple(
        float(entry)
        for entry in (entries if isinstance(entries, list) else [])
        if isinstance(entry, int | float) and not isinstance(entry, bool)
    )
