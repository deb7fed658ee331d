"""What nodes make of a desired profile: applied, or refused with every error."""

import asyncio
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from controller.core.layers import Layer
from controller.ctl.addresses import Place
from controller.ctl.survey import REPORTED, Survey
from controller.mqtt.broker import Inbound
from controller.mqtt.config import ReportedConfig, Trouble
from controller.mqtt.operator import Session


@dataclass(frozen=True, slots=True)
class Verdict:
    """One node's answer to one version of a layer."""

    applied: bool
    errors: tuple[Trouble, ...] = ()


def verdict(report: ReportedConfig, layer: Layer, version: int) -> Verdict | None:
    """Find the answer in a report; None if it is not in it.

    A node may have answered for another layer since: then what it says of each layer tells.
    """
    if (report.layer, report.version) == (layer, version):
        return Verdict(report.applied, report.errors)
    known = report.layers.get(layer)
    if known is None or version not in (known.version, known.refused_version):
        return None
    return Verdict(applied=known.version == version)


async def verdicts(
    session: Session,
    survey: Survey,
    expected: AbstractSet[Place],
    desired: tuple[Layer, int],
    *,
    timeout_s: float,
) -> dict[Place, Verdict]:
    """Gather the answers to a version of a layer until everybody expected has given one.

    To be called when what is retained has been heard: what comes now is an answer.
    """
    loop, found = asyncio.get_running_loop(), dict[Place, Verdict]()
    deadline_s = loop.time() + timeout_s
    while not found.keys() >= expected and (left_s := deadline_s - loop.time()) > 0.0:
        message = await session.next(left_s)
        if message is None:
            break
        place = _reporter(survey, message)
        report = None if place is None else survey.node(place).reported
        answer = None if report is None else verdict(report, *desired)
        if place is not None and answer is not None:
            found.setdefault(place, answer)
    return found


def _reporter(survey: Survey, message: Inbound) -> Place | None:
    """Take a message; returns the node if it has reported."""
    place, heard = survey.take(message), survey.address.heard(message.topic)
    return place if heard is not None and heard[1] == REPORTED else None
