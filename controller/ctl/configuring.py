"""`config set`: a profile or a patch for a layer, and what every node makes of it."""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from controller.core.layers import Layer
from controller.ctl.access import Access
from controller.ctl.addresses import Place
from controller.ctl.console import Console
from controller.ctl.profiles import Document, checked, patch_of, read_profile, sendable
from controller.ctl.reading import plain
from controller.ctl.reported import reports, survey_reported
from controller.ctl.survey import AVAILABILITY, REPORTED, Survey, surveyed
from controller.ctl.trouble import FINE, INPUT_FAULT, NOBODY_ANSWERED
from controller.ctl.verdicts import Verdict, verdicts
from controller.ctl.words import trouble_text
from controller.mqtt.config import DesiredConfig, ReportedConfig
from controller.mqtt.operator import Session
from controller.printable import printable
from controller.settings.layers import patched

DESIRED = "config/desired"


@dataclass(frozen=True, slots=True)
class Change:
    """What is wanted of a layer: a whole profile, or a patch of what it is now.

    `layer` None: of the node if one is meant, else of the path. `version` None: the next one.
    """

    source: str
    document: Document
    is_patch: bool = False
    layer: Layer | None = None
    version: int | None = None


def change_of(args: argparse.Namespace, access: Access) -> Change:
    """Read what is wanted; raises SettingsError or CtlError with every fault of a profile."""
    if args.file is None:
        document = patch_of(args.patch)
        return Change("--patch", document, is_patch=True, layer=args.layer, version=args.version)
    document = read_profile(args.file)
    checked(document, str(args.file), access.built)
    return Change(str(args.file), document, layer=args.layer, version=args.version)


async def configure(
    session: Session, access: Access, console: Console, change: Change, *, as_json: bool
) -> int:
    """Publish a change and tell what every node that is online makes of it."""
    address = access.address(change.layer)
    survey = await _known(session, access, change)
    known = reports(survey)
    if change.is_patch:
        for report in known.values():
            checked(patched(report.profile, change.document), change.source, access.built)
    desired = desired_of(change, list(known.values()), address.layer)
    topic = address.topic(DESIRED)
    await session.keep(topic, desired.to_bytes())
    expected = {address.exact} if address.exact else survey.online
    wanted = (address.layer, desired.version)
    found = await verdicts(session, survey, expected, wanted, timeout_s=access.timeout_s)
    missing = sorted(expected - found.keys())
    if as_json:
        console.tell(_json(found, missing, desired, topic))
    else:
        console.say(f"version {desired.version} of layer {address.layer} is on {topic}")
        _tell(found, missing, survey, console)
    if not all(x.applied for x in found.values()):
        return INPUT_FAULT
    return NOBODY_ANSWERED if missing or not found else FINE


async def _known(session: Session, access: Access, change: Change) -> Survey:
    """Gather what nodes report. A whole profile of a given version needs none that does."""
    address = access.address(change.layer)
    if change.version is None or change.is_patch:
        return await survey_reported(session, access, address)
    names = (AVAILABILITY, REPORTED)
    return await surveyed(session, address, names, timeout_s=access.timeout_s)


def desired_of(change: Change, known: Sequence[ReportedConfig], layer: Layer) -> DesiredConfig:
    """Make the message: its version is the next one unless another is wanted."""
    layers = [report.layers[layer] for report in known if layer in report.layers]
    in_use = max((x.version for x in layers), default=0)
    seen = max([in_use, *(x.refused_version or 0 for x in layers)])
    content = sendable(change.document, change.source)
    return DesiredConfig(
        version=change.version or seen + 1,
        profile=None if change.is_patch else content,
        patch=content if change.is_patch else None,
        if_version=in_use if change.is_patch else None,
    )


def _tell(
    found: Mapping[Place, Verdict], missing: Sequence[Place], survey: Survey, console: Console
) -> None:
    address = survey.address
    for place, answer in sorted(found.items()):
        console.say(f"{address.label(place)}: {'applied' if answer.applied else 'refused'}")
        for error in answer.errors:
            console.say(printable(f"  {trouble_text(error)}"))
        if not (answer.applied or answer.errors):
            console.say("  the reasons are in its journal")
    offline = {x for x, node in survey.nodes.items() if node.online is False} - found.keys()
    for place in sorted({*missing, *offline}):
        why = "it is offline and gets this when it is back"
        hint = why if place in offline else "look at its journal"
        console.complain(f"{address.label(place)}: has not reported. Hint: {hint}")
    if not (found or missing or offline):
        console.complain(f"nobody of the {address} has been heard; who comes gets this then")


def _json(
    found: Mapping[Place, Verdict], missing: Sequence[Place], desired: DesiredConfig, topic: str
) -> dict[str, object]:
    return {
        "topic": topic,
        "version": desired.version,
        "nodes": [
            {
                "path": place.path,
                "node": place.node,
                "applied": answer.applied,
                "errors": [plain(error) for error in answer.errors],
            }
            for place, answer in sorted(found.items())
        ],
        "unanswered": [{"path": x.path, "node": x.node} for x in missing],
    }
