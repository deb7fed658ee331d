"""Where the show is seen: live on a terminal, else a line a second."""

import sys
from contextlib import ExitStack
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console
from rich.live import Live

from firmware_sim.demo.screen import BLOCK, Snapshot, frame, plain_line

LINE_EVERY_S = 1.0
RICH_COLOURS = ("truecolor", "256")


class Display(Protocol):
    """Shows snapshots between `__enter__` and `__exit__`."""

    def __enter__(self) -> Self:
        """Take the terminal."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        """Give the terminal back as it was."""

    def show(self, snapshot: Snapshot) -> None:
        """Show one moment."""


class LiveDisplay:
    """The whole terminal, drawn anew with every snapshot and at whatever size it has by then."""

    def __init__(self, console: Console) -> None:
        """Prepare; nothing is drawn yet."""
        self._console = console
        self._coloured = _can_colour(console) and _can_write(BLOCK, console)
        self._live = Live(
            console=console,
            screen=True,
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._cleanup = ExitStack()

    def __enter__(self) -> Self:
        """Switch to the alternate screen."""
        self._cleanup.enter_context(self._live)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Switch back to what was on the terminal before."""
        self._cleanup.close()

    def show(self, snapshot: Snapshot) -> None:
        """Draw."""
        text = frame(snapshot, width=self._console.width, coloured=self._coloured)
        self._live.update(text, refresh=True)


class LineDisplay:
    """Plain lines: for files, pipes and terminals that cannot be drawn on."""

    def __init__(self) -> None:
        """Prepare to show the first snapshot at once."""
        self._next_s = 0.0

    def __enter__(self) -> Self:
        """Nothing to take."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing to give back."""

    def show(self, snapshot: Snapshot) -> None:
        """Print a line when a second has passed since the last one."""
        if snapshot.elapsed_s >= self._next_s:
            self._next_s += LINE_EVERY_S
            print(plain_line(snapshot), flush=True)


def choose_display() -> Display:
    """Return the display that standard output can bear."""
    console = Console()
    if sys.stdout.isatty() and console.is_terminal and not console.is_dumb_terminal:
        return LiveDisplay(console)
    return LineDisplay()


def _can_colour(console: Console) -> bool:
    return console.color_system in RICH_COLOURS and not console.no_color


def _can_write(text: str, console: Console) -> bool:
    try:
        text.encode(console.encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True
