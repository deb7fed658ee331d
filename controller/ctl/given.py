"""Options as they were given, one by one: from the environment, and what they name."""

import argparse
from collections.abc import Mapping
from pathlib import Path

from controller.broker_access import read_password
from controller.ctl.options import CONNECTION, OPTIONS, PREFIX, flag, variable
from controller.ctl.trouble import CtlError, input_fault
from controller.settings.documents import is_file
from controller.settings.faults import nearest, quoted

Given = Mapping[str, object]


def from_environment(environ: Mapping[str, str]) -> dict[str, object]:
    """Read the options that are set in the environment; an unknown name is an error."""
    known = {variable(name): name for name in OPTIONS}
    given: dict[str, object] = {}
    for name in sorted(environ):
        if not name.startswith(PREFIX) or name == variable("json"):
            continue
        if name not in known:
            raise input_fault(name, "is not a known option", nearest(name, known))
        if environ[name]:
            try:
                given[known[name]] = OPTIONS[known[name]].read(environ[name])
            except argparse.ArgumentTypeError as error:
                raise input_fault(name, str(error), OPTIONS[known[name]].help) from None
    return given


def text(given: Given, name: str) -> str | None:
    """Return an option's text, None if it was not given."""
    return str(given[name]) if name in given else None


def file(given: Given, name: str) -> Path | None:
    """Return the file that an option names, None if it was not given."""
    if name not in given:
        return None
    named = Path(str(given[name]))
    if not is_file(named):
        raise input_fault(flag(name), f"there is no file {quoted(str(named))}", "name one that is")
    return named


def missing(name: str) -> CtlError:
    """Say that an option is needed."""
    hint = f"add {flag(name)} {OPTIONS[name].metavar} or set {variable(name)}"
    if name in CONNECTION:
        hint += ", or name a node file with --node-file"
    return input_fault(flag(name), "is not given", hint)


def password(named: Path | None) -> str | None:
    """Read the file that --password-file names."""
    try:
        return None if named is None else read_password(named)
    except OSError as error:
        why = error.strerror or error
        raise input_fault("--password-file", f"{named}: {why}", "name a readable file") from None


def host_and_port(written: str, usual_port: int) -> tuple[str, int]:
    """Read HOST, HOST:PORT, an address of IPv6, or one in brackets with a port."""
    host, colon, port = written.rpartition(":")
    if not colon or (":" in host and not host.endswith("]")) or written.endswith("]"):
        return written.strip("[]"), usual_port
    if not (port.isascii() and port.isdigit() and len(port) <= len("65535")):
        raise input_fault("--broker", f"{quoted(port)} is not a port", "write HOST or HOST:PORT")
    return host.strip("[]"), int(port)
