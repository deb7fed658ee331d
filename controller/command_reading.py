"""Reads commands strictly: what is wrong is refused with every fault by its place."""

from typing import TypeVar

from pydantic import ValidationError

from controller.mqtt.broker import Inbound
from controller.mqtt.commands import COMMAND_LIMIT_BYTES
from controller.mqtt.config import Trouble
from controller.mqtt.payloads import LONGEST_NAME, Payload, place_of
from controller.mqtt.wire import PayloadError, decode_json

_Model = TypeVar("_Model", bound=Payload)

FORM = 'send {"id": "...", "name": "...", "args": {...}, "expires_at": "2026-01-15T17:00:00Z"}'


class RefusedError(Exception):
    """A command that is not carried out, and why."""

    def __init__(self, *troubles: Trouble) -> None:
        """Keep what is wrong."""
        super().__init__(troubles)
        self.troubles = troubles


def refusal(place: str, problem: str, hint: str) -> RefusedError:
    """Refuse for one reason."""
    return RefusedError(Trouble(place=place, problem=problem, hint=hint))


def decoded(message: Inbound) -> object:
    """Read what a message holds, whatever it is; refuses what is no JSON."""
    try:
        return decode_json(message.payload, limit_bytes=COMMAND_LIMIT_BYTES)
    except PayloadError as error:
        raise refusal("message", str(error), FORM) from None


def claimed_id(content: object) -> str | None:
    """Return the id to answer to, also of what is no command otherwise."""
    claimed = content.get("id") if isinstance(content, dict) else None
    return claimed if isinstance(claimed, str) and 0 < len(claimed) <= LONGEST_NAME else None


def read(model: type[_Model], content: object, within: tuple[str, ...], hint: str) -> _Model:
    """Read a part of a command; refuses it with every fault by its place."""
    try:
        return model.model_validate(content)
    except ValidationError as error:
        faults = error.errors(include_url=False, include_input=False, include_context=False)
        raise RefusedError(
            *(
                Trouble(
                    place=place_of((*within, *fault["loc"])) or "message",
                    problem=fault["msg"],
                    hint=hint,
                )
                for fault in faults
            )
        ) from None
