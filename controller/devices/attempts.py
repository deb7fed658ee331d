"""Writes to a lamp's hardware that may fail: told once, tried again, and the lamp lit meanwhile."""

import asyncio
from collections.abc import Callable
from contextlib import suppress

import structlog

from controller.core.fade import FULL_PCT
from controller.devices.ports import LampFaultCallback

FIRST_RETRY_S = 1.0
MOST_RETRY_S = 60.0
WRITE_FAILS = "write_fails"

log = structlog.get_logger(__name__)


class Attempts:
    """Writes levels to one lamp. Call it in the event loop; nothing here raises.

    After an error it lights the lamp, if that can be done, and tries the newest level again after
    1, 2, 4 ... 60 seconds.
    """

    def __init__(self, lamp: str, write: Callable[[float], None], tell: LampFaultCallback) -> None:
        """`write` may raise whatever it likes."""
        self._lamp = lamp
        self._write = write
        self._tell = tell
        self._wanted_pct = FULL_PCT
        self._retry_s = FIRST_RETRY_S
        self._retry: asyncio.TimerHandle | None = None
        self._failed = False

    def write(self, level_pct: float) -> None:
        """Set the level; while writing fails, keep it for the next attempt."""
        self._wanted_pct = level_pct
        if self._retry is None:
            self._attempt()

    def stop(self) -> None:
        """Try no more."""
        if self._retry is not None:
            self._retry.cancel()

    def _again(self) -> None:
        self._retry = None
        self._attempt()

    def _attempt(self) -> None:
        try:
            self._write(self._wanted_pct)
        except Exception as error:  # noqa: BLE001 - whatever it is, other lamps must fade on
            self._fail(error)
        else:
            if self._failed:
                log.info("lamp_writable_again", device=self._lamp)
                self._tell(self._lamp, None)
            self._failed, self._retry_s = False, FIRST_RETRY_S

    def _fail(self, error: Exception) -> None:
        if not self._failed:
            log.warning("lamp_write_failed", device=self._lamp, error=str(error))
            self._tell(self._lamp, WRITE_FAILS)
        self._failed = True
        with suppress(Exception):
            self._write(FULL_PCT)
        self._retry = asyncio.get_running_loop().call_later(self._retry_s, self._again)
        self._retry_s = min(2.0 * self._retry_s, MOST_RETRY_S)
