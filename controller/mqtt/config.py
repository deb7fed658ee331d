"""The payloads of configuration: what operators desire, layer by layer, and what a node answers.

A node's profile is made of up to four documents, each over the one before: that of its files, the
tenant's, the path's and its own. A layer is replaced as a whole or changed by a merge patch
(RFC 7396).
"""

from collections.abc import Sequence
from typing import Annotated, Self

from pydantic import Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from controller.core.layers import Layer
from controller.mqtt.payloads import Clipped, Count, Payload, parse
from controller.mqtt.wire import GREATEST_INTEGER

DESIRED_LIMIT_BYTES = 64 * 1024
MOST_ERRORS = 20

Version = Annotated[int, Field(ge=1, le=GREATEST_INTEGER)]


class DesiredConfig(Payload):
    """`config/desired`: the envelope. What is inside the profile is for others to judge.

    `profile` replaces the layer's document, `patch` changes it. `if_version`: only if that is the
    version of the layer now; a patch means nothing without it.
    """

    version: Version
    profile: dict[str, JsonValue] | None = None
    patch: dict[str, JsonValue] | None = None
    if_version: Count | None = None

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if (self.profile is None) == (self.patch is None):
            raise PydanticCustomError("one_of", "needs either profile or patch")
        if self.patch is not None and self.if_version is None:
            raise PydanticCustomError(
                "if_version", "a patch needs if_version, the version that it changes"
            )
        return self


class Trouble(Payload):
    """One fault of what was asked for: where, what, and how to mend it."""

    place: Clipped
    problem: Clipped
    hint: Clipped


class LayerReport(Payload):
    """One layer: the version that is in use (0: none), and that of a later one that is not."""

    version: Count
    refused_version: Count | None = None


class ReportedConfig(Payload):
    """`config/reported`: the answer to version `version` of `layer`.

    Both are None where there is nothing to answer: at the start, or if no version could be read.
    `active_version` and `profile` are what the node runs on, whether that is what was desired
    (`applied`) or the last good one.
    """

    layer: Layer | None
    version: Count | None
    applied: bool
    active_version: Count
    layers: dict[Layer, LayerReport]
    profile: dict[str, JsonValue]
    errors: tuple[Trouble, ...] = ()


def bounded_errors(errors: Sequence[Trouble]) -> tuple[Trouble, ...]:
    """Keep the first `MOST_ERRORS`; where there are more, the last one counts the rest."""
    if len(errors) <= MOST_ERRORS:
        return tuple(errors)
    rest = len(errors) - (MOST_ERRORS - 1)
    more = Trouble(
        place="...", problem=f"{rest} more errors", hint="mend those above and send it again"
    )
    return (*errors[: MOST_ERRORS - 1], more)


def parse_desired(data: bytes) -> DesiredConfig:
    """Read the envelope of a desired profile; raises PayloadError for anything else."""
    return parse(DesiredConfig, data, DESIRED_LIMIT_BYTES)
