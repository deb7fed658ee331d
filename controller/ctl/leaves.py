"""Commands that talk to the broker, as argparse takes them."""

import argparse
from typing import TYPE_CHECKING, Any

from controller.ctl.options import add_options

if TYPE_CHECKING:
    # What subcommands are added to has no public name in argparse.
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 as said above


def run_lazily(args: argparse.Namespace) -> int:
    """Carry out a command; what that needs is imported only now."""
    from controller.ctl.run import run  # noqa: PLC0415 only this command needs MQTT

    return run(args)


def named(inside: "Commands", name: str, what: str, **more: Any) -> argparse.ArgumentParser:  # noqa: ANN401 as in argparse
    """Add a command that says what it does, and takes no option but by its full name.

    Shortened, `--password` would be `--password-file`, and a password be told in an error.
    """
    about = {"help": what, "description": f"{what[0].upper()}{what[1:]}.", **more}
    return inside.add_parser(name, allow_abbrev=False, **about)


def leaf(inside: "Commands", name: str, job: str, what: str) -> argparse.ArgumentParser:
    """Add a command that talks to the broker."""
    parser = named(inside, name, what)
    add_options(parser)
    parser.set_defaults(command=run_lazily, job=job)
    return parser
