"""Drawing the path. Pure: a snapshot in, text out. Fits in 80 columns, shrinks with the terminal.

The light shown is proportional to the light of the lamp: a character's ink, or on a screen with
colours the luminance of a block (sRGB, whose transfer function is close to a power of 2.2).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

from firmware_sim.demo import scene
from firmware_sim.people import Kind

INK = " .:-=+*#"

NODE_MARGIN = 2
"""Columns of the border before a node's lamps and the gap after it."""
INDENT = 1
CELLS = range(2, 7)
"""Columns that a lamp takes, the gap after it included."""
NUMBERED_CELL = 4
"""The least columns a lamp needs for its level to be written below it."""
LAMP_COLOUR = (255, 196, 96)
DISPLAY_GAMMA = 2.2
TELLING_WH = 0.2
"""Nodes tell energy in steps of 1 mWh: a share of less than this would be noise."""
BLOCK = "\N{FULL BLOCK}"
SYMBOLS = {(Kind.CYCLIST, True): "oo>", (Kind.CYCLIST, False): "<oo"} | {
    (Kind.PEDESTRIAN, True): "i>",
    (Kind.PEDESTRIAN, False): "<i",
}
"""How somebody looks who goes to the right (True) or to the left."""


@dataclass(frozen=True, slots=True)
class PersonShown:
    """Somebody at `at_m`, going to the right (`eastward`) or to the left."""

    kind: Kind
    at_m: float
    eastward: bool


@dataclass(frozen=True, slots=True)
class NodeShown:
    """A node as heard over MQTT; `power_w` of its lamps is None before the first news."""

    name: str
    online: bool
    power_w: float | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One moment of the show. `levels_pct`: what the lamps do, along the path.

    Energies are sums over all lamps in Wh, `overhead_wh` is what the controllers used themselves.
    `length_s`: when the show will end, None for never.
    """

    elapsed_s: float
    length_s: float | None
    levels_pct: tuple[float, ...]
    people: tuple[PersonShown, ...]
    nodes: tuple[NodeShown, ...]
    active_wh: float
    baseline_wh: float
    overhead_wh: float
    passages: int
    commands: int

    @property
    def saved_pct(self) -> float | None:
        """Share of the conventional energy that was saved, None while there is too little of it."""
        if self.baseline_wh < TELLING_WH:
            return None
        saved = 1.0 - self.active_wh / self.baseline_wh
        return round(100.0 * saved, 1) + 0.0  # adding zero turns -0.0 into 0.0


def ink(level_pct: float) -> str:
    """Return the character whose ink comes next to a level; only off is blank."""
    return INK[min(len(INK) - 1, math.ceil(level_pct / 100.0 * (len(INK) - 1)))]


def colour(level_pct: float) -> str:
    """Return the lamp's colour at a level, as rich understands it."""
    share = (level_pct / 100.0) ** (1.0 / DISPLAY_GAMMA)
    red, green, blue = (round(part * share) for part in LAMP_COLOUR)
    return f"rgb({red},{green},{blue})"


def percent(share_pct: float | None) -> str:
    """Write a saving; `-` stands for one that is not known yet."""
    return "-" if share_pct is None else f"{share_pct:.1f} %"


def plain_line(snapshot: Snapshot) -> str:
    """Return one line for where there is no screen: time, strip, people, saving."""
    strip = "".join(ink(level_pct) for level_pct in snapshot.levels_pct)
    stretches = "|".join(
        strip[first : first + scene.LAMPS_PER_NODE]
        for first in range(0, scene.LAMPS, scene.LAMPS_PER_NODE)
    )
    riders = sum(person.kind is Kind.CYCLIST for person in snapshot.people)
    walkers = len(snapshot.people) - riders
    online = sum(node.online for node in snapshot.nodes)
    return (
        f"{snapshot.elapsed_s:4.0f} s  |{stretches}|  {online} nodes online, "
        f"{riders} riding, {walkers} walking, saved {percent(snapshot.saved_pct)}"
    )


def frame(snapshot: Snapshot, *, width: int, coloured: bool) -> Text:
    """Return the whole screen for a terminal of `width` columns."""
    cell = min(CELLS.stop - 1, max(CELLS.start, (width - 2 * INDENT - _width(0)) // scene.LAMPS))
    strip = _strip(snapshot.levels_pct, cell, coloured=coloured)
    lines = [
        _header(snapshot, min(width - 2 * INDENT, _width(cell))),
        Text(),
        _walk(snapshot.people, cell, eastward=False),
        _walk(snapshot.people, cell, eastward=True),
        strip,
        strip,
        *([_numbers(snapshot.levels_pct, cell)] if cell >= NUMBERED_CELL else []),
        *_nodes(snapshot.nodes, cell),
        Text(),
        *_totals(snapshot),
        Text(),
        Text("oo> rider   i> walker   Ctrl-C ends", style="dim"),
        Text("Full light at first: what is not known to be empty is lit.", style="dim"),
    ]
    text = Text(no_wrap=True, overflow="crop", end="")
    for line in lines:
        text.append(" " * INDENT).append_text(line).append("\n")
    return text


def _header(snapshot: Snapshot, width: int) -> Text:
    title = Text(
        f"cyclelight: {scene.LAMPS} lamps, {len(scene.NODES)} real controllers", style="bold"
    )
    end = "" if snapshot.length_s is None else f" of {snapshot.length_s:.0f}"
    clock = f"{snapshot.elapsed_s:.0f}{end} s"
    return title.append(clock.rjust(max(len(clock) + 1, width - len(title))), style="not bold")


def _width(cell: int) -> int:
    """Return the columns from the first border to the last."""
    return _column(scene.LENGTH_M, cell) + 1


def _column(at_m: float, cell: int) -> int:
    """Return the column of a place, the first border being column 0."""
    cells = at_m / scene.SPACING_M
    margins = min(len(scene.NODES), int(cells / scene.LAMPS_PER_NODE) + 1)
    return margins * NODE_MARGIN + int(cells * cell)


def _by_node(cells: Sequence[Text], border: str) -> Text:
    """Set the lamps' cells side by side with a border before each node and at the end."""
    row = Text()
    for index, text in enumerate(cells):
        if index % scene.LAMPS_PER_NODE == 0:
            row.append(border.ljust(NODE_MARGIN), style="dim")
        row.append_text(text)
    return row.append(border, style="dim")


def _strip(levels_pct: tuple[float, ...], cell: int, *, coloured: bool) -> Text:
    return _by_node([_block(level_pct, cell, coloured=coloured) for level_pct in levels_pct], "|")


def _block(level_pct: float, cell: int, *, coloured: bool) -> Text:
    if coloured:
        return Text(BLOCK * (cell - 1), style=colour(level_pct)).append(" ")
    return Text(ink(level_pct) * (cell - 1) + " ")


def _numbers(levels_pct: tuple[float, ...], cell: int) -> Text:
    cells = [Text(f"{x:.0f}".center(cell - 1) + " ", style="dim") for x in levels_pct]
    return _by_node(cells, " ")


def _walk(people: tuple[PersonShown, ...], cell: int, *, eastward: bool) -> Text:
    """Draw everybody who goes one way above where they are."""
    row = [" "] * _width(cell)
    for person in people:
        if person.eastward is eastward:
            symbol = SYMBOLS[person.kind, eastward]
            first = _column(person.at_m, cell) - len(symbol) // 2
            first = max(0, min(len(row) - len(symbol), first))
            row[first : first + len(symbol)] = symbol
    return Text("".join(row), style="cyan" if eastward else "magenta")


def _nodes(nodes: tuple[NodeShown, ...], cell: int) -> list[Text]:
    """Tell about each node below its lamps, or one below the other where that is too narrow."""
    told = [_node(node) for node in nodes]
    if cell < NUMBERED_CELL:
        return told
    row = Text()
    for text in told:
        text.align("left", scene.LAMPS_PER_NODE * cell + NODE_MARGIN)
        row.append_text(text)
    return [row]


def _node(node: NodeShown) -> Text:
    text = Text(f" {node.name} ")
    if not node.online:
        return text.append("offline", style="bold red")
    text.append("online", style="green")
    return text if node.power_w is None else text.append(f" {node.power_w:.0f} W")


def _totals(snapshot: Snapshot) -> list[Text]:
    saved = Text("saved          ").append(f"{percent(snapshot.saved_pct):>10}", style="bold green")
    return [
        Text(f"lamps used     {snapshot.active_wh:8.2f} Wh"),
        Text(f"conventional   {snapshot.baseline_wh:8.2f} Wh   full light all night"),
        saved,
        Text(f"passages       {snapshot.passages:8d}      lamp commands {snapshot.commands:6d}"),
    ]
