"""A night's timeline as text and as JSON."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

from controller.core.schedule import Orders
from controller.ctl.night import Stretch, Timeline


def night_lines(night: Timeline) -> list[str]:
    """Give the night as text; sections that fare alike stand together."""
    groups: dict[tuple[Stretch, ...], list[str]] = {}
    for section, stretches in night.sections.items():
        groups.setdefault(stretches, []).append(section)
    lines = [f"night of {night.day.isoformat()}, times of {night.zone.key}"]
    for stretches, sections in groups.items():
        lines += ["", f"section {', '.join(sections)}"]
        lines += [f"  {line}" for line in _stretch_lines(stretches, night.zone)]
    return lines


def _stretch_lines(stretches: tuple[Stretch, ...], zone: ZoneInfo) -> Iterator[str]:
    if not stretches:
        yield "it never gets dark enough for light"
        return
    for number, stretch in enumerate(stretches):
        dusk = "" if number else "dusk: "
        yield f"{_clock(stretch.begin_s, zone)}  {dusk}{_levels_text(stretch.orders)}"
    yield f"{_clock(stretches[-1].end_s, zone)}  dawn: lamps off"


def _levels_text(orders: Orders) -> str:
    base, presence = orders.levels.base_pct, orders.levels.presence_pct
    parts = (("base", base, orders.base_rule), ("presence", presence, orders.presence_rule))
    return ", ".join(
        f"{name} {pct:g} %" + (f' (rule "{rule}")' if rule else "") for name, pct, rule in parts
    )


def _clock(at_s: float, zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(round(at_s), zone):%H:%M}"


def night_json(night: Timeline) -> dict[str, object]:
    """Give the night for programs."""
    return {
        "day": night.day.isoformat(),
        "sections": {
            section: [_stretch_json(stretch, night.zone) for stretch in stretches]
            for section, stretches in night.sections.items()
        },
    }


def _stretch_json(stretch: Stretch, zone: ZoneInfo) -> dict[str, object]:
    begin, end = (
        datetime.fromtimestamp(round(at_s), zone).isoformat()
        for at_s in (stretch.begin_s, stretch.end_s)
    )
    orders = stretch.orders
    return {
        "from": begin,
        "to": end,
        "base_pct": orders.levels.base_pct,
        "base_rule": orders.base_rule,
        "presence_pct": orders.levels.presence_pct,
        "presence_rule": orders.presence_rule,
    }
