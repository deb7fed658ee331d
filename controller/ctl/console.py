"""Where commands talk to: text for people, JSON for programs, colours only where wanted."""

import json
import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TextIO

Style = Literal["", "bold", "dim", "red", "green", "yellow", "cyan"]

_CODES: Mapping[Style, str] = {
    "": "",
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "cyan": "36",
}


@dataclass(frozen=True, slots=True)
class Console:
    """Standard output and error. `width`: columns to keep to, None where nothing limits them."""

    out: TextIO
    err: TextIO
    width: int | None = None
    height: int = 24
    colours: bool = False
    live: bool = False

    def write(self, text: str) -> None:
        """Print a text as it is, at once."""
        self.out.write(text)
        self.out.flush()

    def say(self, text: str) -> None:
        """Print a line that was asked for."""
        self.write(f"{text}\n")

    def complain(self, text: str) -> None:
        """Print what is wrong."""
        self.err.write(f"{text}\n")
        self.err.flush()

    def tell(self, value: object, *, indent: int | None = 2) -> None:
        """Print JSON."""
        self.say(json.dumps(value, indent=indent, ensure_ascii=False))

    def styled(self, text: str, style: Style) -> str:
        """Colour a text where colours are wanted."""
        return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if self.colours and style else text


def process_console(environ: Mapping[str, str] = os.environ) -> Console:
    """Return the console of this process."""
    terminal = sys.stdout.isatty() and environ.get("TERM") != "dumb"
    size = shutil.get_terminal_size()
    return Console(
        sys.stdout,
        sys.stderr,
        width=size.columns if terminal else None,
        height=size.lines,
        colours=terminal and not environ.get("NO_COLOR"),
        live=terminal,
    )
