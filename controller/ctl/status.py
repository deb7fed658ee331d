"""What the nodes and their lamps are doing, as tables and as JSON."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from controller.ctl.addresses import Place
from controller.ctl.console import Console, Style
from controller.ctl.reading import plain
from controller.ctl.survey import STATE, Node, Survey
from controller.ctl.table import Cell, Column, Row, table
from controller.mqtt.payloads import DaylightReport, LampReport, StatePayload

_NODE_COLUMNS = (
    Column("node", yields=True),
    Column("online"),
    Column("daylight"),
    Column("clock"),
    Column("profile", right=True),
    Column("alarms", yields=True),
)
_LAMP_COLUMNS = (
    Column("lamp", yields=True),
    Column("node", yields=True),
    Column("level", right=True),
    Column("target", right=True),
    Column("power", right=True),
    Column("reason", yields=True),
    Column("until"),
)
_UNKNOWN = Cell("-", "dim")


def status_lines(survey: Survey, console: Console) -> list[str]:
    """Give a table of the nodes, and one of the lamps of those that are online."""
    address = survey.address
    named = [(address.label(place), node) for place, node in survey.nodes.items()]
    lines = [console.styled(str(address), "bold"), ""]
    rows = [row for name, node in named for row in _node_rows(name, node)]
    lines += table(_NODE_COLUMNS, rows, console)
    rows = [row for name, node in named for row in _lamp_rows(name, node)]
    if rows:
        lines += ["", *table(_LAMP_COLUMNS, rows, console)]
    return lines


def status_json(survey: Survey) -> dict[str, object]:
    """Give what is known of every node, as it told it."""
    return {
        "nodes": [node_json(place, node) for place, node in survey.nodes.items()],
    }


def node_json(place: Place, node: Node) -> dict[str, object]:
    """Give what is known of one node."""
    return {
        "path": place.path,
        "node": place.node,
        "online": node.online,
        "state": None if node.state is None else plain(node.state),
    }


def _node_rows(name: str, node: Node) -> Iterator[Row]:
    """Give one row, and one more for every alarm after the first."""
    alarms = [*_alarms(node)] or [Cell("none" if node.state else "-", "dim")]
    yield (Cell(name), online_cell(node), *_state_cells(node.state), alarms[0])
    for alarm in alarms[1:]:
        yield (*[Cell("")] * (len(_NODE_COLUMNS) - 1), alarm)


def online_cell(node: Node) -> Cell:
    """Say whether a node is there."""
    match node.online:
        case True:
            return Cell("online", "green")
        case False:
            return Cell("offline", "red")
        case None:
            return Cell("unknown", "yellow")


def _alarms(node: Node) -> Iterator[Cell]:
    if STATE in node.unreadable:
        yield Cell(f"state cannot be read: {node.unreadable[STATE]}", "red")
    if node.state is not None:
        yield from (Cell(alarm, "red") for alarm in node.state.alarms)


def _state_cells(state: StatePayload | None) -> Sequence[Cell]:
    if state is None:
        return (_UNKNOWN, _UNKNOWN, _UNKNOWN)
    clock = Cell("trusted") if state.clock_trusted else Cell("untrusted", "yellow")
    return (Cell(daylight_text(state.daylight)), clock, Cell(str(state.profile_version)))


def daylight_text(daylight: DaylightReport) -> str:
    """Say whether it is dark, and who says so."""
    return f"{'dark' if daylight.dark else 'light'} ({daylight.reason})"


def _lamp_rows(name: str, node: Node) -> Iterator[Row]:
    if node.state is None:
        return
    for lamp, report in sorted(node.state.lamps.items()):
        if node.online is False:
            nothing = [_UNKNOWN] * 3
            yield (Cell(lamp), Cell(name), *nothing, Cell("node offline", "red"), Cell(""))
        else:
            yield (Cell(lamp), Cell(name), *_lamp_cells(report, node.state.at))


def _lamp_cells(report: LampReport, told_at: datetime | None) -> Sequence[Cell]:
    return (
        Cell(percent(report.level_pct)),
        Cell(percent(report.target_pct)),
        Cell(f"{report.power_w:.1f} W"),
        Cell(report.reason, _reason_style(report.reason)),
        Cell("" if report.until is None else clock_text(report.until, told_at)),
    )


def percent(level_pct: float) -> str:
    """Write a level."""
    return f"{level_pct:g} %"


def clock_text(moment: datetime, seen_from: datetime | None) -> str:
    """Write a time of day in its own zone, with the date if that is another than `seen_from`."""
    same_day = seen_from is not None and seen_from.date() == moment.date()
    return f"{moment:%H:%M}" if same_day else f"{moment:%Y-%m-%d %H:%M}"


_STYLES: dict[str, Style] = {
    "emergency": "red",
    "fail_safe": "yellow",
    "override": "cyan",
    "presence": "bold",
}


def _reason_style(reason: str) -> Style:
    return _STYLES.get(reason.partition(":")[0], "")
