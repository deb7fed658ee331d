"""Commands to nodes, and their replies."""

import asyncio
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pydantic import JsonValue

from controller.ctl.addresses import Address, Place
from controller.ctl.reading import read
from controller.ctl.survey import AVAILABILITY, MOST_NODES, QUIET_S, Survey
from controller.mqtt.broker import Inbound
from controller.mqtt.commands import Command, CommandName, Reply
from controller.mqtt.operator import Session
from controller.mqtt.wire import PayloadError

REPLY = "reply"
COMMAND = "command"

_FIRST_RELEASE = datetime(2025, 1, 1, tzinfo=UTC)
_FAR_FUTURE = datetime(2100, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Question:
    """A command to some nodes."""

    address: Address
    name: CommandName
    args: dict[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Answer:
    """A node's reply, and how long it took."""

    reply: Reply
    took_s: float


class Answers:
    """The replies to questions, and who is there to give them."""

    def __init__(self, questions: Sequence[Question], survey: Survey) -> None:
        """`survey`: where the availability of everybody who is asked is gathered."""
        self.survey = survey
        self.given: dict[Place, Answer] = {}
        self.unreadable: dict[Place, str] = {}
        self.sent: dict[str, tuple[Question, float]] = {}
        self._exact = {q.address.exact for q in questions} - {None}
        self._anybody = any(q.address.exact is None for q in questions)

    @property
    def expected(self) -> set[Place]:
        """The nodes that should answer: those named, else those that are online."""
        named = {place for place in self._exact if place is not None}
        return named | self.survey.online if self._anybody else named

    @property
    def missing(self) -> list[Place]:
        """The nodes that should have answered and have not, in the order of their names."""
        return sorted(self.expected - self.given.keys())

    @property
    def offline(self) -> list[Place]:
        """The other nodes that are known not to be there."""
        if not self._anybody:
            return []
        nodes = self.survey.nodes
        return [x for x in nodes if x not in self.given and x not in self.expected]

    def settled(self, quiet: bool) -> bool:  # noqa: FBT001 - a state, not a flag
        """Whether nothing more is to be expected; `quiet`: no more nodes will turn up."""
        return bool(self.given) and not self.missing and (quiet or not self._anybody)

    def take(self, message: Inbound, now_s: float) -> None:
        """Take a reply, or who is there."""
        heard = self.survey.address.heard(message.topic)
        if heard is None or heard[1] != REPLY:
            self.survey.take(message)
            return
        try:
            reply = read(Reply, message.payload)
        except PayloadError as error:
            if len(self.unreadable) < MOST_NODES:
                self.unreadable[heard[0]] = str(error)
            return
        if reply.id in self.sent and heard[0] not in self.given:
            self.given[heard[0]] = Answer(reply, now_s - self.sent[reply.id][1])


async def ask(
    session: Session,
    questions: Sequence[Question],
    *,
    timeout_s: float,
    survey: Survey,
) -> Answers:
    """Send commands and gather the replies, until everybody who is online has answered.

    `survey`: of an address that has all the questions' in it.
    """
    loop, answers = asyncio.get_running_loop(), Answers(questions, survey)
    addresses = {q.address for q in questions}
    names = (REPLY, AVAILABILITY)
    await session.subscribe(sorted({a.filter(name) for a in addresses for name in names}))
    deadline_s = loop.time() + timeout_s
    for question in questions:
        command = new_command(question, timeout_s)
        answers.sent[str(command.id)] = (question, loop.time())
        topic = question.address.topic(COMMAND)
        await session.send(topic, command.to_bytes(), expiry_s=timeout_s)
    quiet_at_s = loop.time() + QUIET_S
    while not answers.settled(loop.time() >= quiet_at_s):
        complete = answers.settled(quiet=True)
        until_s = min(quiet_at_s, deadline_s) if complete else deadline_s
        message, known = await session.next(max(0.0, until_s - loop.time())), survey.topics
        if message is not None:
            answers.take(message, loop.time())
        if survey.topics > known:
            quiet_at_s = loop.time() + QUIET_S
        if loop.time() >= deadline_s:
            break
    return answers


def new_command(question: Question, lasts_s: float, now: datetime | None = None) -> Command:
    """Make a command that expires, unless this machine's clock cannot be right."""
    now = now or datetime.now(UTC)
    return Command(
        id=str(uuid.uuid4()),
        name=question.name,
        args=question.args,
        expires_at=now + timedelta(seconds=lasts_s) if plausible(now) else None,
    )


def plausible(now: datetime) -> bool:
    """Whether a clock may be right: a machine without one starts decades ago."""
    return _FIRST_RELEASE < now < _FAR_FUTURE
