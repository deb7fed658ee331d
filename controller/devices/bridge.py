"""From threads of libraries into the event loop."""

import asyncio
from collections.abc import Callable
from typing import TypeVarTuple

Args = TypeVarTuple("Args")


class ThreadBridge:
    """Carries calls from any thread into one event loop.

    A call never raises and never waits: an exception in a gpiozero callback would end all edge
    events of lgpio. What the called function raises goes to the loop's exception handler.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Call into `loop`."""
        self._loop = loop

    def call(self, function: Callable[[*Args], object], *args: *Args) -> None:
        """Let the loop call `function(*args)` soon; nothing happens if it is closed by then."""
        try:
            self._loop.call_soon_threadsafe(function, *args)
        except RuntimeError:
            if not self._loop.is_closed():
                raise
