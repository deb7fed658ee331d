"""What the nodes report of their settings: `config get` and `config diff`."""

from collections.abc import Callable, Mapping

from controller.core.layers import LAYERS, Layer
from controller.ctl.absent import nobody_there
from controller.ctl.access import Access
from controller.ctl.addresses import Address, Place
from controller.ctl.console import Console
from controller.ctl.reading import plain
from controller.ctl.settings import as_toml, differences
from controller.ctl.survey import AVAILABILITY, REPORTED, Survey, surveyed
from controller.mqtt.config import ReportedConfig
from controller.mqtt.operator import Session
from controller.printable import printable


async def survey_reported(session: Session, access: Access, address: Address) -> Survey:
    """Gather what the nodes report; raises CtlError if none does."""
    names = (AVAILABILITY, REPORTED)
    survey = await surveyed(session, address, names, timeout_s=access.timeout_s)
    if not reports(survey):
        raise await nobody_there(session, survey, access, REPORTED)
    return survey


def reports(survey: Survey) -> dict[Place, ReportedConfig]:
    """Return the reports that could be read, by node."""
    return {x: node.reported for x, node in survey.nodes.items() if node.reported is not None}


async def get(  # noqa: PLR0913 each has a meaning of its own
    session: Session,
    access: Access,
    console: Console,
    address: Address,
    layer: Layer | None,
    *,
    as_json: bool,
) -> None:
    """Tell what the nodes run on, or how one layer stands with each of them."""
    survey = await survey_reported(session, access, address)
    if as_json:
        console.tell(reported_json(survey))
        return
    text = profile_text if layer is None else layer_text(layer)
    for line in grouped(survey, text):
        console.say(printable(line))


async def diff(
    session: Session,
    access: Access,
    console: Console,
    wanted: Mapping[str, object],
    *,
    as_json: bool,
) -> None:
    """Tell what a profile would change at the nodes."""
    survey = await survey_reported(session, access, access.address())
    if as_json:
        console.tell(
            [
                {
                    "path": place.path,
                    "node": place.node,
                    "differences": differences(x.profile, wanted),
                }
                for place, x in reports(survey).items()
            ]
        )
        return
    for line in grouped(survey, lambda x: differences(x.profile, wanted) or ["no difference"]):
        console.say(printable(line))


def profile_text(report: ReportedConfig) -> list[str]:
    """Give the profile that a node runs on, as TOML below a comment."""
    layers = ", ".join(f"{x} {report.layers[x].version}" for x in LAYERS if x in report.layers)
    head = f"# version {report.active_version} (layers: {layers})"
    refused = [
        f"# version {x.refused_version} of layer {layer} is refused"
        for layer, x in report.layers.items()
        if x.refused_version is not None
    ]
    return [head, *refused, *as_toml(report.profile)]


def layer_text(layer: Layer) -> Callable[[ReportedConfig], list[str]]:
    """Return what to say about one layer."""

    def text(report: ReportedConfig) -> list[str]:
        found = report.layers.get(layer)
        if found is None or not found.version:
            lines = [f"# layer {layer}: nothing in use"]
        else:
            lines = [f"# layer {layer}: version {found.version} in use"]
        if found is not None and found.refused_version is not None:
            lines.append(f"# version {found.refused_version} is refused")
        return lines

    return text


def grouped(survey: Survey, text: Callable[[ReportedConfig], list[str]]) -> list[str]:
    """Say the same of several nodes only once, below their names."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for place, report in reports(survey).items():
        groups.setdefault(tuple(text(report)), []).append(survey.address.label(place))
    lines: list[str] = []
    for said, nodes in groups.items():
        lines += [f"# {', '.join(nodes)}", *said]
    return lines


def reported_json(survey: Survey) -> list[dict[str, object]]:
    """Give every report as it came."""
    return [
        {"path": place.path, "node": place.node, **plain(report)}
        for place, report in reports(survey).items()
    ]
