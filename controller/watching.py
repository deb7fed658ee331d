"""The host of health: shows it every state, lets it examine once a minute, hands on what it finds.

A fault of ours in health must not take the lamps along: it is logged, and health begins anew.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Executor

import structlog

from controller.core.health.alarms import AlarmChange, Vitals
from controller.core.health.examining import EXAMINE_S, Health, examined, healthy, observed
from controller.core.moment import Moment
from controller.core.state import State

_log = structlog.get_logger()


class Watching:
    """Watches over a node's health. Its methods belong to the event loop's thread."""

    def __init__(
        self,
        state: State,
        *,
        moment: Callable[[], Moment],
        vitals: Callable[[], Vitals],
        executor: Executor,
        told: Callable[[AlarmChange], None],
    ) -> None:
        """`vitals` may block, and is called in `executor`. `told` must neither block nor raise."""
        self._moment = moment
        self._vitals = vitals
        self._executor = executor
        self._told = told
        self._health = healthy(state, moment())

    @property
    def alarms(self) -> tuple[str, ...]:
        """The alarms that are raised now, as `code:subject`, sorted."""
        return tuple(sorted(map(str, self._health.alarms)))

    @property
    def health(self) -> Health:
        """All that is known of the node's health; `alarms` of it with since when and why."""
        return self._health

    def changed(self, state: State) -> None:
        """Take a new state. Never raises."""
        try:
            self._health = observed(self._health, state, self._moment())
        except Exception:  # noqa: BLE001 - whatever it is, it must not darken the path
            _log.exception("health_failed")
            self._health = healthy(state, self._moment())

    async def run(self) -> None:
        """Examine once a minute, for ever."""
        while True:
            await self.examine()
            await asyncio.sleep(EXAMINE_S)

    async def examine(self) -> None:
        """Examine once, and tell every alarm that was raised or cleared."""
        loop = asyncio.get_running_loop()
        vitals = await loop.run_in_executor(self._executor, self._vitals)
        health, moment = self._health, self._moment()
        try:
            self._health, changes = examined(health, health.state, moment, vitals)
        except Exception:
            self._health = healthy(health.state, moment)
            raise
        for change in changes:
            log = _log.warning if change.raised else _log.info
            log(
                "alarm_raised" if change.raised else "alarm_cleared",
                alarm=f"{change.code}:{change.subject}",
                **change.evidence,
            )
            self._told(change)
