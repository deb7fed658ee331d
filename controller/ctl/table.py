"""Aligned tables that fit a terminal."""

from collections.abc import Sequence
from typing import NamedTuple

from controller.ctl.console import Console, Style
from controller.printable import printable

_GAP = "  "
_CUT = ".."


class Column(NamedTuple):
    """A column: its head, and whether it holds numbers or may be cut where space is short."""

    head: str
    right: bool = False
    yields: bool = False


class Cell(NamedTuple):
    """What stands in one column of one row."""

    text: str
    style: Style = ""


Row = Sequence[Cell]


def table(columns: Sequence[Column], rows: Sequence[Row], console: Console) -> list[str]:
    """Lay out a table, a line a row, below a line of heads."""
    heads = tuple(Cell(column.head, "bold") for column in columns)
    clean = [[cell._replace(text=printable(cell.text)) for cell in row] for row in (heads, *rows)]
    widths = [max(len(row[i].text) for row in clean) for i in range(len(columns))]
    if console.width is not None:
        widths = _narrowed(columns, widths, console.width)
    return [_line(columns, row, widths, console) for row in clean]


def _narrowed(columns: Sequence[Column], widths: list[int], limit: int) -> list[int]:
    """Take from the widest of the columns that yield, down to their heads."""
    narrowed = list(widths)
    excess = sum(narrowed) + len(_GAP) * (len(narrowed) - 1) - limit
    while excess > 0:
        spare = [
            narrowed[i] - max(len(column.head), len(_CUT) + 2) if column.yields else 0
            for i, column in enumerate(columns)
        ]
        widest = max(range(len(columns)), key=lambda i: narrowed[i] if spare[i] > 0 else -1)
        if spare[widest] <= 0:
            break
        narrowed[widest] -= 1
        excess -= 1
    return narrowed


def _line(columns: Sequence[Column], row: Row, widths: Sequence[int], console: Console) -> str:
    parts = []
    for column, cell, width in zip(columns, row, widths, strict=True):
        text = _cut(cell.text, width)
        space = " " * (width - len(text))
        styled = console.styled(text, cell.style)
        parts.append(f"{space}{styled}" if column.right else f"{styled}{space}")
    return _GAP.join(parts).rstrip()


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - len(_CUT)] + _CUT
