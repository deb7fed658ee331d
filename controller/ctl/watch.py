"""`watch`: the status as it changes, redrawn on a terminal, else a line a change."""

import asyncio
import copy
from collections.abc import Callable
from datetime import UTC, datetime

from controller.ctl.access import Access
from controller.ctl.addresses import Place
from controller.ctl.changes import changes
from controller.ctl.console import Console
from controller.ctl.status import node_json, status_lines
from controller.ctl.survey import AVAILABILITY, STATE, Node, Survey
from controller.mqtt.operator import Session
from controller.printable import printable

REDRAW_S = 0.2
"""So often a terminal is drawn anew at most."""

_ENTER, _LEAVE = "\x1b[?1049h", "\x1b[?1049l"
_HOME, _LINE_END, _REST = "\x1b[H", "\x1b[K", "\x1b[J"


def _now() -> datetime:
    return datetime.now(UTC).astimezone()


async def watch(
    session: Session,
    access: Access,
    console: Console,
    *,
    as_json: bool,
    now: Callable[[], datetime] = _now,
) -> None:
    """Tell what happens until cancelled."""
    survey = Survey(access.address())
    await session.subscribe(survey.address.filter(name) for name in (AVAILABILITY, STATE))
    if as_json:
        await _follow(session, survey, lambda place, _: _tell(survey, place, console, now))
    elif console.live:
        await _draw_for_ever(session, survey, console)
    else:
        await _follow(session, survey, lambda place, old: _say(survey, place, old, console, now))


async def _follow(session: Session, survey: Survey, tell: Callable[[Place, Node], None]) -> None:
    while True:
        message = await session.next(None)
        if message is None:
            continue
        heard = survey.address.heard(message.topic)
        before = Node() if heard is None else copy.deepcopy(survey.node(heard[0]))
        place = survey.take(message)
        if place is not None:
            tell(place, before)


def _tell(survey: Survey, place: Place, console: Console, now: Callable[[], datetime]) -> None:
    at = now().isoformat(timespec="seconds")
    console.tell({"at": at, **node_json(place, survey.node(place))}, indent=None)


def _say(
    survey: Survey, place: Place, before: Node, console: Console, now: Callable[[], datetime]
) -> None:
    at, label = now().isoformat(timespec="seconds"), survey.address.label(place)
    for line in changes(before, survey.node(place)):
        console.say(printable(f"{at} {label} {line}"))


async def _draw_for_ever(session: Session, survey: Survey, console: Console) -> None:
    console.write(_ENTER)
    try:
        while True:
            console.write(screen(survey, console))
            await _gather(session, survey)
    finally:
        console.write(_LEAVE)


async def _gather(session: Session, survey: Survey) -> None:
    """Wait for news, and then a moment for more of them."""
    loop, news = asyncio.get_running_loop(), await session.next(None)
    ends_s = loop.time() + REDRAW_S
    while True:
        if news is not None:
            survey.take(news)
        if loop.time() >= ends_s:
            return
        news = await session.next(ends_s - loop.time())


def screen(survey: Survey, console: Console) -> str:
    """Draw everything over what is on the terminal, as far as there is room."""
    lines = status_lines(survey, console)
    lines += ["", "Ctrl-C ends."] if survey.nodes else ["nobody has said anything yet"]
    room = max(1, console.height - 1)
    if len(lines) > room:
        lines = [*lines[: room - 1], f"... {len(lines) - room + 1} more lines; enlarge the window"]
    return _HOME + "".join(f"{line}{_LINE_END}\n" for line in lines) + _REST
