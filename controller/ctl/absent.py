"""Nobody answers, or not everybody: who, and where to look."""

from controller.ctl.access import Access
from controller.ctl.addresses import Address, Place
from controller.ctl.asking import COMMAND, REPLY, Answers
from controller.ctl.survey import AVAILABILITY, Survey, surveyed
from controller.ctl.trouble import NOBODY_ANSWERED, CtlError, broker_name
from controller.mqtt.operator import BrokerError, Session
from controller.settings.faults import Fault, nearest

LOOK_AROUND_S = 1.0
"""So long it is looked for others when nobody has answered."""
MOST_NAMED = 12

_SILENT = (
    "{}: may this user publish commands and read replies by the broker's access list? "
    "look at a node's journal"
)


async def nobody_there(session: Session, survey: Survey, access: Access, name: str) -> CtlError:
    """Say that nothing was heard on a topic of anybody who is meant."""
    address = survey.address
    place = f"{broker_name(access.broker)}, {address.filter(name)}"
    problem = f"nothing was heard of the {address} within {access.timeout_s:g} s"
    hint = await _names_heard(session, address) or "may this user read that topic?"
    return CtlError(NOBODY_ANSWERED, Fault(place, problem, hint))


async def nobody_answered(
    session: Session, answers: Answers, address: Address, access: Access
) -> CtlError:
    """Say that a command got no reply at all, and why that may be."""
    place = f"{broker_name(access.broker)}, {address.topic(COMMAND)}"
    problem = f"nobody answered on {address.filter(REPLY)} within {access.timeout_s:g} s"
    hint = await _names_heard(session, address) or _why_nobody(answers.survey, address)
    return CtlError(NOBODY_ANSWERED, Fault(place, problem, hint))


async def _names_heard(session: Session, address: Address) -> str:
    """Compare the names with those of everybody who was ever heard; empty if they are right."""
    everybody = Address(address.tenant, None, None)
    try:
        survey = await surveyed(session, everybody, (AVAILABILITY,), timeout_s=LOOK_AROUND_S)
    except BrokerError:
        return ""
    paths = {place.path for place in survey.nodes}
    if not paths:
        return (
            f"no node of the {everybody} has ever been heard: compare tenant and broker with the "
            "path and node files; may this user read availability?"
        )
    if address.path is not None and address.path not in paths:
        return f"no path of this name has ever been heard: {nearest(address.path, paths)}"
    nodes = [place.node for place in survey.nodes if place.path == address.path]
    if address.node is not None and address.node not in nodes:
        return f"no node of this name has ever been heard: {nearest(address.node, nodes)}"
    return ""


def _why_nobody(survey: Survey, address: Address) -> str:
    """Advise by what the retained availability says."""
    if address.exact is not None:
        return _why_silent(survey, address.exact)
    if survey.online:
        return _SILENT.format("nodes are online")
    named = ", ".join(address.label(place) for place in list(survey.nodes)[:MOST_NAMED])
    return f"every node there is offline ({named}): look at their power and network"


def not_answered(answers: Answers, address: Address) -> list[str]:
    """Name every node that should have answered and has not, and those that could not."""
    survey = answers.survey
    lines = [
        f"{address.label(place)}: did not answer. Hint: {_why_silent(survey, place)}"
        for place in answers.missing
    ]
    lines += [
        f"{address.label(place)}: its answer cannot be read ({why}). Hint: is it another version?"
        for place, why in sorted(answers.unreadable.items())
        if place not in answers.given
    ]
    return lines + [
        f"{address.label(place)}: is offline, so it did not get this" for place in answers.offline
    ]


def _why_silent(survey: Survey, place: Place) -> str:
    if survey.node(place).online:
        return _SILENT.format("it is online")
    return "it is offline: look at its power, its network and its journal"
