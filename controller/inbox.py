"""The one inbox of a node: bounded, with a lane for its own devices that no network can fill."""

import asyncio
from collections import OrderedDict, deque

from controller.core.events import Event, NeighbourReported

DEVICE_LIMIT = 1024
NETWORK_LIMIT = 256


class Inbox:
    """Events on their way to the core. All methods belong to the event loop's thread.

    Own devices come first, then who of the neighbours is there. A full lane loses its oldest
    event: reports are levels, the newest says most. `lost` counts them.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._devices: deque[Event] = deque(maxlen=DEVICE_LIMIT)
        self._neighbours: OrderedDict[str, NeighbourReported] = OrderedDict()
        self._network: deque[Event] = deque(maxlen=NETWORK_LIMIT)
        self._arrived = asyncio.Event()
        self.lost = 0

    def put(self, event: Event) -> None:
        """Add an event of this node's own devices, or an operator's order."""
        self._add(self._devices, event)

    def put_neighbour(self, event: NeighbourReported) -> None:
        """Add whether a neighbour is there, instead of what was said of it before.

        It is said once a change, so the last word on each neighbour must not be lost.
        """
        self._neighbours[event.node] = event
        self._arrived.set()

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
        if not (self._devices or self._neighbours or self._network):
            self._arrived.clear()
            try:
                async with asyncio.timeout(timeout_s):
                    await self._arrived.wait()
            except TimeoutError:
                return None
        if self._devices:
            return self._devices.popleft()
        if self._neighbours:
            return self._neighbours.popitem(last=False)[1]
        return self._network.popleft()
