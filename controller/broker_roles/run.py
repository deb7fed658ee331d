"""Carry out `cyclelight broker-roles`."""

import argparse
import json
import sys

from controller.broker_roles.dynsec import Json, commands, document
from controller.broker_roles.granting import Wish, granted
from controller.broker_roles.passwords import password_of
from controller.settings.faults import Fault, SettingsError
from controller.settings.path import load_path


def run(args: argparse.Namespace) -> int:
    """Print roles and logins. Raises SettingsError for what is wrong with files or options."""
    print_commands = args.format == "commands"
    if print_commands:
        _check_for_commands(args)
    wishes = [Wish.read("operator", text) for text in args.operators]
    wishes += [Wish.read("homeassistant", text) for text in args.home_assistant]
    wishes += [Wish.read("reader", text) for text in args.readers]
    wishes += [Wish("admin", name) for name in args.admins]
    grant = granted([load_path(file) for file in args.paths], wishes)
    if print_commands:
        _write(*commands(grant.roles, grant.logins))
        return 0
    people = [login.name for login in grant.logins if login.person]
    secrets = args.secrets
    passwords = {} if secrets is None else {name: password_of(name, secrets) for name in people}
    _write(document(grant.roles, grant.logins, passwords), indent=1)
    return 0


def _check_for_commands(args: argparse.Namespace) -> None:
    hints = {
        "secrets": "set a new password with mosquitto_ctrl dynsec setClientPassword NAME",
        "admins": "whoever gives the commands is one, and would be thrown out by them",
    }
    faults = [
        Fault(f"--{name}", "does not go with commands", hint)
        for name, hint in hints.items()
        if getattr(args, name)
    ]
    if faults:
        raise SettingsError("broker-roles", faults)


def _write(*documents: Json, indent: int | None = None) -> None:
    for one in documents:
        sys.stdout.write(json.dumps(one, indent=indent) + "\n")
