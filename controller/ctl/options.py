"""The options that every command over MQTT has, on the command line and in the environment."""

import argparse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from controller.ctl.durations import timeout_s

PREFIX = "CYCLELIGHT_CTL_"
DEFAULT_TIMEOUT_S = 5.0

_YES = ("1", "true", "yes")


@dataclass(frozen=True, slots=True)
class Option:
    """One option: how it is written and read, and what it means."""

    metavar: str
    read: Callable[[str], object]
    help: str
    file: bool = False


OPTIONS: Mapping[str, Option] = {
    "broker": Option("HOST[:PORT]", str, "the broker; port 1883, or 8883 with --ca-file"),
    "tenant": Option("NAME", str, "the tenant of the path file"),
    "path": Option("NAME", str, "the path's id in the path file"),
    "node": Option("NAME", str, "one node; left out: every node of the path"),
    "node_file": Option(
        "FILE", Path, "take broker, tenant, path and credentials from this node file", file=True
    ),
    "username": Option("NAME", str, "the broker's name for you"),
    "password_file": Option(
        "FILE", Path, "a file with your password; a password itself is never an option", file=True
    ),
    "ca_file": Option("FILE", Path, "encrypt, and check the broker by this CA", file=True),
    "cert_file": Option("FILE", Path, "your certificate, if the broker asks for one", file=True),
    "key_file": Option("FILE", Path, "the key of your certificate", file=True),
    "timeout": Option(
        "SECONDS", timeout_s, f"wait so long for answers, {DEFAULT_TIMEOUT_S:g} if left out"
    ),
}
CONNECTION = (
    "broker",
    "tenant",
    "path",
    "username",
    "password_file",
    "ca_file",
    "cert_file",
    "key_file",
)
"""What a node file says instead."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Let a parser take the options; left out they are no attributes, so that none covers another.

    That lets them stand before and behind the command's name.
    """
    group = parser.add_argument_group("the broker and the nodes")
    for name, option in OPTIONS.items():
        group.add_argument(
            flag(name),
            dest=name,
            metavar=option.metavar,
            type=option.read,
            default=argparse.SUPPRESS,
            help=option.help,
        )
    group.add_argument(
        "--json",
        dest="json",
        action="store_true",
        default=argparse.SUPPRESS,
        help="print JSON, for programs",
    )


def flag(name: str) -> str:
    """Return how an option is written on the command line."""
    return f"--{name.replace('_', '-')}"


def variable(name: str) -> str:
    """Return how an option is written in the environment."""
    return PREFIX + name.upper()


def truth(text: str) -> bool:
    """Read yes or no from the environment; anything else is no."""
    return text.lower() in _YES
