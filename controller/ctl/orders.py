"""Commands on the command line: which nodes get what, and how their answers are told."""

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import JsonValue

from controller.ctl.absent import nobody_answered, nobody_there, not_answered
from controller.ctl.access import Access
from controller.ctl.addresses import Address, Place
from controller.ctl.asking import Answers, Question, ask
from controller.ctl.console import Console
from controller.ctl.reading import plain
from controller.ctl.survey import AVAILABILITY, STATE, Survey, surveyed
from controller.ctl.trouble import FINE, INPUT_FAULT, NOBODY_ANSWERED, CtlError, input_fault
from controller.ctl.words import answer_lines
from controller.mqtt.commands import CommandName
from controller.mqtt.operator import Session
from controller.printable import printable
from controller.settings.faults import Fault, nearest, quoted


async def order(
    session: Session, access: Access, args: argparse.Namespace, console: Console, *, as_json: bool
) -> int:
    """Give one command and tell its answers; returns the exit status."""
    address = access.address(getattr(args, "scope", None))
    check(args, address)
    lamps = wanted_lamps(args)
    questions = [Question(address, args.command_name, command_args(args, lamps))]
    survey = Survey(address)
    if lamps and address.exact is None:
        survey = await surveyed(session, address, (AVAILABILITY, STATE), timeout_s=access.timeout_s)
        if not survey.nodes:
            raise await nobody_there(session, survey, access, STATE)
        questions = [
            Question(address.at(place), args.command_name, command_args(args, theirs))
            for place, theirs in owners(survey, lamps).items()
        ]
    answers = await ask(session, questions, timeout_s=access.timeout_s, survey=survey)
    if not answers.given:
        raise await nobody_answered(session, answers, questions[0].address, access)
    _tell(answers, args.command_name, console, as_json=as_json)
    for line in not_answered(answers, address):
        console.complain(printable(line))
    return _status(answers)


def wanted_lamps(args: argparse.Namespace) -> list[str]:
    """Return the lamps that are named, none if every lamp is meant."""
    lamp = getattr(args, "lamp", None) or []
    return [lamp] if isinstance(lamp, str) else list(dict.fromkeys(lamp))


def command_args(args: argparse.Namespace, lamps: Sequence[str]) -> dict[str, JsonValue]:
    """Give what a command says besides its name."""
    name: CommandName = args.command_name
    given: dict[str, JsonValue] = {}
    match name:
        case "override":
            given["level_pct"] = args.level
        case "emergency" if args.end:
            given["active"] = False
        case "explain" | "identify":
            given["lamp"] = lamps[0]
        case _:
            pass
    if lamps and name in ("override", "clear_override"):
        given["lamps"] = list(lamps)
    if getattr(args, "duration_s", None) is not None:
        given["duration_s"] = args.duration_s
    return given


def owners(survey: Survey, lamps: Sequence[str]) -> dict[Place, list[str]]:
    """Find the nodes of lamps by what the nodes told; raises CtlError for unknown ones."""
    known = {
        lamp: place
        for place, node in survey.nodes.items()
        for lamp in (node.state.lamps if node.state else ())
    }
    unknown = [lamp for lamp in lamps if lamp not in known]
    if unknown:
        problem = f"is told of by no node of the {survey.address}"
        faults = [Fault(f"lamp {quoted(x)}", problem, nearest(x, known)) for x in unknown]
        raise CtlError(INPUT_FAULT, *faults)
    found: dict[Place, list[str]] = {}
    for lamp in lamps:
        found.setdefault(known[lamp], []).append(lamp)
    return found


def check(args: argparse.Namespace, address: Address) -> None:
    """Refuse what cannot be meant, before anything is sent."""
    if wanted_lamps(args) and address.layer == "tenant":
        hint = "name a path with --scope path, or take --all"
        raise input_fault("--lamp", "is not clear: paths may have lamps of the same name", hint)


def _tell(answers: Answers, name: CommandName, console: Console, *, as_json: bool) -> None:
    address, now = answers.survey.address, datetime.now(UTC).astimezone()
    if as_json:
        console.tell(answers_json(answers, name))
        return
    for place, answer in sorted(answers.given.items()):
        question, _ = answers.sent[str(answer.reply.id)]
        for line in answer_lines(question, answer, address.label(place), now):
            console.say(printable(line))


def answers_json(answers: Answers, name: CommandName) -> dict[str, object]:
    """Give the replies as they came, and who is missing."""
    return {
        "command": name,
        "replies": [
            {"path": place.path, "node": place.node, **plain(answer.reply)}
            for place, answer in sorted(answers.given.items())
        ],
        "unanswered": [{"path": x.path, "node": x.node} for x in answers.missing],
        "offline": [{"path": x.path, "node": x.node} for x in answers.offline],
    }


def _status(answers: Answers) -> int:
    if not all(answer.reply.ok for answer in answers.given.values()):
        return INPUT_FAULT
    return NOBODY_ANSWERED if answers.missing else FINE
