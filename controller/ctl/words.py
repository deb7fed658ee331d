"""What nodes answer, in words."""

from collections.abc import Iterator
from datetime import datetime

from controller.ctl.asking import Answer, Question
from controller.ctl.durations import in_words
from controller.ctl.explain import explain_lines
from controller.ctl.reading import understood
from controller.ctl.status import clock_text
from controller.mqtt.commands import (
    CommandName,
    ExplainResult,
    OrderResult,
    PingResult,
    SelftestResult,
)
from controller.mqtt.config import Trouble
from controller.mqtt.wire import PayloadError

SHORT_S = 60.0
"""Of what ends sooner the minute in which it does says nothing."""
MOST_NAMED = 12
"""Lamps that are named; of more only the number is told."""


def answer_lines(question: Question, answer: Answer, node: str, now: datetime) -> list[str]:
    """Say what a node answered. `now`: the present, for leaving out today's date."""
    reply = answer.reply
    if not reply.ok:
        return [f"{node}: refused", *(f"  {trouble_text(error)}" for error in reply.errors)]
    try:
        return list(_done(question, answer, node, now))
    except PayloadError as error:
        return [f"{node}: done, but its answer cannot be read ({error})"]


def trouble_text(trouble: Trouble) -> str:
    """Give a node's complaint as one line, the way our own are given."""
    return f"{trouble.place}: {trouble.problem}. Hint: {trouble.hint}"


def _done(question: Question, answer: Answer, node: str, now: datetime) -> Iterator[str]:
    result: object = dict(answer.reply.result or {})
    match question.name:
        case "explain":
            explained = understood(ExplainResult, result)
            yield from explain_lines(explained, node, _in_zone_of(explained, now))
        case "selftest":
            yield f"{node}: selftest"
            yield from _selftest(understood(SelftestResult, result))
        case "ping":
            yield f"{node}: {_ping(understood(PingResult, result), answer.took_s)}"
        case "report":
            yield f"{node}: tells its state again"
        case _:
            order = understood(OrderResult, result)
            yield f"{node}: {_ordered(question.name, question, order, now)}"


def _ordered(name: CommandName, question: Question, result: OrderResult, now: datetime) -> str:
    lamps = _named(result.lamps)
    match name:
        case "override":
            done = f"{lamps} at {question.args['level_pct']:g} %"
        case "clear_override":
            return f"{lamps} back to automatic control"
        case "identify":
            done = f"{lamps} pulsing"
        case _:
            if question.args.get("active") is False:
                return f"emergency over, {lamps} back to what was before"
            done = f"emergency light, {lamps} at 100 %"
    return done + _until(result, now)


def _named(lamps: list[str]) -> str:
    match lamps:
        case []:
            return "no lamp"
        case _ if len(lamps) > MOST_NAMED:
            return f"{len(lamps)} lamps"
        case _:
            return ", ".join(lamps)


def _until(result: OrderResult, now: datetime) -> str:
    lasts = "" if result.seconds is None else f" for {in_words(result.seconds)}"
    if result.until is None or (result.seconds or SHORT_S) < SHORT_S:
        return lasts
    local = now.astimezone(result.until.tzinfo)
    return f"{lasts}, until {clock_text(result.until, local)}"


def _in_zone_of(result: ExplainResult, now: datetime) -> datetime:
    untils = [x.until for x in (result.winner, *result.losers) if x.until is not None]
    return now.astimezone(untils[0].tzinfo) if untils else now


def _ping(result: PingResult, took_s: float) -> str:
    clock = "clock not trusted" if result.at is None else f"its clock says {result.at.isoformat()}"
    up = in_words(result.uptime_s)
    return f"answered after {took_s * 1000.0:.0f} ms, version {result.version}, up {up}, {clock}"


def _selftest(result: SelftestResult) -> Iterator[str]:
    parts = (("lamp", result.lamps), ("sensor", result.sensors), ("neighbour", result.neighbours))
    for kind, states in parts:
        for name, state in sorted(states.items()):
            yield f"  {kind} {name}: {state.replace('_', ' ')}"
    yield f"  clock: {'trusted' if result.clock_trusted else 'not trusted'}"
    yield f"  store: {result.store}"
