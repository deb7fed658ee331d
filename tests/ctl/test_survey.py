"""Gathering what is said ends, whoever goes on talking."""

import asyncio
import itertools
from collections.abc import Iterable
from typing import cast

import pytest

from controller.ctl.addresses import Address, Place
from controller.ctl.asking import Question, ask
from controller.ctl.survey import AVAILABILITY, MOST_NODES, STATE, Survey, surveyed
from controller.ctl.verdicts import verdicts
from controller.mqtt.broker import Inbound
from controller.mqtt.operator import Session
from tests.ctl.fake import PATH, TENANT

ADDRESS = Address(TENANT, PATH, None)


class Chatter:
    """A session in which the same message arrives for ever, without a pause."""

    def __init__(self, topic: str) -> None:
        self._message = Inbound(topic, b"online", retained=False, qos=1)

    async def subscribe(self, filters: Iterable[str]) -> None:
        assert list(filters)

    async def send(self, topic: str, payload: bytes, *, expiry_s: float) -> None:
        assert topic
        assert payload
        assert expiry_s > 0.0

    async def next(self, timeout_s: float) -> Inbound:
        assert timeout_s >= 0.0
        await asyncio.sleep(0)
        return self._message


@pytest.mark.parametrize("topic", ["n07/availability", "n07/state", "n07/reply", "other"])
async def test_nobody_can_keep_us_listening(topic: str) -> None:
    session = cast("Session", Chatter(f"cyclelight/v1/{TENANT}/{PATH}/{topic}"))
    async with asyncio.timeout(10.0):
        survey = await surveyed(session, ADDRESS, (AVAILABILITY, STATE), timeout_s=0.4)
        assert len(survey.nodes) <= 1
        questions = [Question(ADDRESS, "ping")]
        answers = await ask(session, questions, timeout_s=0.4, survey=Survey(ADDRESS))
        assert answers.given == {}


@pytest.mark.parametrize("reading_s", [0.03, 0.07, 0.15])
async def test_time_that_passes_between_two_looks_at_the_clock_is_never_waited_for(
    monkeypatch: pytest.MonkeyPatch, reading_s: float
) -> None:
    clock = itertools.count(0.0, reading_s)
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: next(clock))
    topic = f"cyclelight/v1/{TENANT}/{PATH}/n07/state"
    session = cast("Session", Chatter(topic))  # asserts that no wait is negative
    survey = await surveyed(session, ADDRESS, (AVAILABILITY, STATE), timeout_s=0.4)
    expected = {Place(PATH, "n07")}
    assert await verdicts(session, survey, expected, ("path", 1), timeout_s=0.4) == {}


def test_the_number_of_nodes_is_bounded() -> None:
    survey = Survey(ADDRESS)
    for number in range(MOST_NODES + 10):
        topic = f"cyclelight/v1/{TENANT}/{PATH}/n{number}/availability"
        survey.take(Inbound(topic, b"online", retained=True, qos=1))
    assert len(survey.online) == MOST_NODES
