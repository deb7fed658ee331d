"""`cyclelight broker-roles`: the words of the command. What is slow is imported to carry it out."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    # What subcommands are added to has no public name in argparse.
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 as said above

FORMATS: Final = ("dynsec", "commands")

_DESCRIPTION = """\
Print who may say and hear what at the MQTT broker of these paths, for mosquitto's dynamic-security
plugin: every node and the bridge of every path by its certificate, and the people and programs
named here. No clear password is printed. docs/brokers.md says what to do with it.
"""
_WHOM: Final = "WHO"
_PEOPLE: Final = {
    "--operators": (_WHOM, "give orders and profiles, read everything but passages"),
    "--home-assistant": (_WHOM, "switches lamps and shows them"),
    "--readers": (_WHOM, "read records, nights, counts and which node is there"),
    "--admins": ("NAME", "change roles and passwords in the running broker"),
}


def add_broker_roles(commands: "Commands") -> None:
    """Add the command `broker-roles`."""
    roles = commands.add_parser(
        "broker-roles",
        help="print the roles of nodes and people at the MQTT broker",
        description=_DESCRIPTION,
        epilog="WHO is a NAME, who then has every path that is named here; NAME@TENANT, who has "
        "all paths of the tenant, also those to come; or NAME@TENANT/PATH, who has one.",
        allow_abbrev=False,
    )
    roles.add_argument(
        "paths", type=Path, nargs="+", metavar="PATHFILE", help="every path at the broker"
    )
    for option, (metavar, what) in _PEOPLE.items():
        roles.add_argument(
            option, nargs="+", action="extend", default=[], metavar=metavar, help=what
        )
    roles.add_argument(
        "--secrets",
        type=Path,
        metavar="DIR",
        help="the passwords of people and programs, a file each; one that is missing is made. "
        "Without it they need a certificate with their name",
    )
    roles.add_argument(
        "--format",
        choices=FORMATS,
        default="dynsec",
        help="dynsec: the file of the plugin; commands: messages that change a running broker, "
        "one a line, which leave passwords as they are. Default: %(default)s",
    )
    roles.set_defaults(command=_run)


def _run(args: argparse.Namespace) -> int:
    from controller.broker_roles.run import run  # noqa: PLC0415 only this command needs MQTT

    return run(args)
