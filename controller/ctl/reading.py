"""Payloads of nodes, read by somebody who may be older or newer than they are."""

from typing import TypeVar

from pydantic import BaseModel, JsonValue, ValidationError

from controller.mqtt.wire import PayloadError, decode_json, encode_json

LIMIT_BYTES = 256 * 1024
"""The largest payload that is looked at."""

_Model = TypeVar("_Model", bound=BaseModel)


def read(model: type[_Model], payload: bytes) -> _Model:
    """Read a payload, leaving out what a newer node may add. Raises PayloadError."""
    return understood(model, decode_json(payload, limit_bytes=LIMIT_BYTES))


def understood(model: type[_Model], value: object) -> _Model:
    """Make a model of what JSON gave, leaving out what it does not know. Raises PayloadError."""
    try:
        return _validated(model, value)
    except ValidationError as error:
        for fault in error.errors(include_url=False, include_input=False):
            if fault["type"] == "extra_forbidden":
                _leave_out(value, fault["loc"])
    try:
        return _validated(model, value)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(step)[:40] for step in fault["loc"]) or "payload"
        raise PayloadError(f"{place}: {fault['msg']}") from None


def plain(model: BaseModel) -> dict[str, JsonValue]:
    """Give a model as JSON can carry it."""
    return model.model_dump(mode="json")


def _validated(model: type[_Model], value: object) -> _Model:
    # As JSON once more: strict models take times as text from JSON only.
    return model.model_validate_json(encode_json(value))


def _leave_out(value: object, loc: tuple[str | int, ...]) -> None:
    here = value
    for step in loc[:-1]:
        match here:
            case dict():
                here = here.get(step)
            case list() if isinstance(step, int):
                here = here[step]
            case _:
                return
    if isinstance(here, dict):
        here.pop(loc[-1], None)
