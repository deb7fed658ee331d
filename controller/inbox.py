"""The one inbox of a node: bounded, with a lane for its own devices that no network can fill."""

import asyncio
from collections import deque

from controller.core.events import Event

DEVICE_LIMIT = 1024
NETWORK_LIMIT = 256


class Inbox:
    """Events on their way to the core. All methods belong to the event loop's thread.

    Own devices come first. A full lane loses its oldest event: reports are levels, the newest
    says most. `lost` counts them.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._devices: deque[Event] = deque(maxlen=DEVICE_LIMIT)
        self._network: deque[Event] = deque(maxlen=NETWORK_LIMIT)
        self._arrived = asyncio.Event()
        self.lost = 0

    def put(self, event: Event) -> None:
        """Add an event of this node's own devices, or an operator's order."""
        self._add(self._devices, event)

    def put_from_network(self, event: Event) -> None:
        """Add an event that another node claims."""
        self._add(self._network, event)

    def _add(self, lane: deque[Event], event: Event) -> None:
        if len(lane) == lane.maxlen:
            self.lost += 1
        lane.append(event)
        self._arrived.set()

    async def get(self, timeout_s: float) -> Event | None:
        """Return the next event, or None when `timeout_s` passes without one."""
        if not self._devices and not self._network:
            self._arrived.clear()
            try:
                async with asyncio.timeout(timeout_s):
                    await self._arrived.wait()
            except TimeoutError:
                return None
        return (self._devices or self._network).popleft()
