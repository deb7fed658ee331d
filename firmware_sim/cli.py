"""`cyclelight-sim`: the command line of the simulator."""

import argparse
import importlib
import sys
from collections.abc import Sequence
from typing import Protocol, cast

import controller
from controller.settings.faults import SettingsError

INPUT_FAULT = 2
INTERRUPTED = 130


class Command(Protocol):
    """What a subcommand's module offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's arguments."""

    def main(self, args: argparse.Namespace) -> int:
        """Run the command and return its exit status; may raise SettingsError."""


COMMANDS = {
    "night": ("firmware_sim.night", "simulate one night and judge its light"),
    "compare": ("firmware_sim.compare.command", "run the benchmark: all schemes, many nights"),
    "storm": ("firmware_sim.storm.command", "break everything at once, and judge what nodes do"),
    "board": ("firmware_sim.board.command", "run one virtual board"),
    "demo": ("firmware_sim.demo.command", "run real nodes, a broker and a world, live"),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command. Returns 0, or 2 for a fault of what was given, with one message a fault."""
    words = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(
        prog="cyclelight-sim", description="Simulate a lit cycle path, its nodes and its people."
    )
    parser.add_argument("--version", action="version", version=controller.__version__)
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    chosen: Command | None = None
    for name, (module, what) in COMMANDS.items():
        subparser = subparsers.add_parser(name, help=what, description=f"{what.capitalize()}.")
        if words[:1] == [name]:
            # Only the chosen command is loaded: the others bring slow libraries along.
            chosen = cast("Command", importlib.import_module(module))
            chosen.add_arguments(subparser)
    args = parser.parse_args(words)
    if chosen is None:
        parser.error(f"the command comes first: one of {', '.join(COMMANDS)}")
    try:
        return chosen.main(args)
    except SettingsError as error:
        print(f"cyclelight-sim: {error}", file=sys.stderr)
        return INPUT_FAULT
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
