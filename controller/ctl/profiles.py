"""Profiles as operators hold them: files, and single settings to be changed."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path as File

from pydantic import JsonValue

from controller.core.path import Path
from controller.core.profile import Profile
from controller.ctl.trouble import input_fault
from controller.mqtt.config import DESIRED_LIMIT_BYTES
from controller.mqtt.wire import GREATEST_DEPTH, PayloadError, decode_json, encode_json
from controller.settings.documents import read_document
from controller.settings.faults import quoted
from controller.settings.profile import parse_profile

Document = dict[str, object]

_VERSION = "version"


def read_profile(file: File) -> Document:
    """Read a profile file, TOML or (`.json`) JSON. Its version is left out: it stands outside.

    Raises SettingsError or CtlError for a file that is neither.
    """
    document = _read_json(file) if file.suffix.lower() == ".json" else read_document(file)
    return {name: value for name, value in document.items() if name != _VERSION}


def checked(document: Mapping[str, object], source: str, path: Path | None = None) -> Profile:
    """Return the profile that a document alone would give; raises SettingsError with every fault.

    `path`: the one whose sections its rules are to name, if it is known.
    """
    return parse_profile(document, version=1, source=source, path=path)


def sendable(document: Mapping[str, object], source: str) -> dict[str, JsonValue]:
    """Return a sound document as JSON; raises CtlError if it is more than nodes accept."""
    written = encode_json(document)
    if len(written) > DESIRED_LIMIT_BYTES - 1024:
        hint = "shorten it; rules take the most room"
        raise input_fault(source, f"has {len(written)} bytes, more than nodes accept", hint)
    value: dict[str, JsonValue] = json.loads(written)
    return value


def patch_of(assignments: Sequence[str]) -> Document:
    """Make a merge patch of `levels.base_pct=20`; a value `null` takes a setting out."""
    patch: Document = {}
    for assignment in assignments:
        key, equals, written = assignment.partition("=")
        steps = [step.strip() for step in key.split(".")]
        if not equals or not all(steps) or len(steps) > GREATEST_DEPTH:
            hint = "write KEY=VALUE, for instance levels.base_pct=20"
            raise input_fault("--patch", f"{quoted(assignment)} is no assignment", hint)
        here: Document = patch
        for step in steps[:-1]:
            below = here.setdefault(step, {})
            if not isinstance(below, dict):
                hint = "give each setting once"
                raise input_fault("--patch", f"{quoted(key)} is given twice", hint)
            here = below
        here[steps[-1]] = _value(written)
    return patch


def _value(written: str) -> object:
    """Read a value as JSON; what is none is text."""
    try:
        return decode_json(written.strip().encode(), limit_bytes=DESIRED_LIMIT_BYTES)
    except PayloadError:
        return written.strip()


def _read_json(file: File) -> Document:
    try:
        with file.open("rb") as stream:
            data = stream.read(DESIRED_LIMIT_BYTES + 1)
        value = decode_json(data, limit_bytes=DESIRED_LIMIT_BYTES)
    except OSError as error:
        why = error.strerror or type(error).__name__
        hint = "check the name and the permissions"
        raise input_fault(str(file), f"cannot be read: {why}", hint) from None
    except PayloadError as error:
        raise input_fault(str(file), str(error), "mend it, then try again") from None
    if not isinstance(value, dict):
        raise input_fault(str(file), "is not a table of settings", 'begin it with "{"')
    return value
