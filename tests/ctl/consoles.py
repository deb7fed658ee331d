"""Consoles that keep what is printed."""

import io

from controller.ctl.console import Console


def console(
    *, width: int | None = None, height: int = 24, colours: bool = False, live: bool = False
) -> Console:
    return Console(io.StringIO(), io.StringIO(), width, height, colours, live)


def printed(console: Console) -> str:
    assert isinstance(console.out, io.StringIO)
    return console.out.getvalue()
