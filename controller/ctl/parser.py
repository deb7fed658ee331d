"""The words of `cyclelight ctl`. Nothing slow is imported before a command is known."""

import argparse
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from controller.core.layers import LAYERS
from controller.ctl.durations import version
from controller.ctl.leaves import leaf, named, run_lazily
from controller.ctl.options import PREFIX, add_options
from controller.ctl.order_words import add_orders, add_questions

if TYPE_CHECKING:
    from controller.ctl.leaves import Commands


_EPILOG = f"""\
Options may stand before or behind the command. Every one of them can be set in the environment
instead: {PREFIX}BROKER, {PREFIX}TENANT, {PREFIX}PATH, {PREFIX}NODE,
{PREFIX}PASSWORD_FILE and so on; {PREFIX}JSON=1 asks for JSON.

Exit status: 0 fine; 1 nobody answered, not everybody did, or the broker was not there; 2 refused,
or a mistake in what was given.
"""

_COMPLETION = """\
bash: source <(cyclelight ctl completion bash). zsh: put it into a file _cyclelight in a folder of
$fpath. fish: put it into ~/.config/fish/completions/cyclelight.fish.
"""


def add_ctl(commands: "Commands", root: argparse.ArgumentParser) -> None:
    """Add the command `ctl`. `root`: the whole command line, for completion."""
    ctl = named(
        commands,
        "ctl",
        "look at the nodes of a path and give them orders, over MQTT",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_options(ctl)
    inside = ctl.add_subparsers(required=True, metavar="COMMAND")
    leaf(inside, "status", "status", "show every node and every lamp")
    leaf(inside, "watch", "watch", "show every node and lamp as they change; Ctrl-C ends")
    _add_config(inside)
    add_orders(inside)
    add_questions(inside)
    completion = named(
        inside, "completion", "print a script that completes this command line", epilog=_COMPLETION
    )
    completion.add_argument("shell", choices=("bash", "zsh", "fish"))
    completion.set_defaults(command=run_lazily, job="completion", root=root)


def _add_config(inside: "Commands") -> None:
    config = named(inside, "config", "read, change and try out profiles")
    add_options(config)
    commands = config.add_subparsers(required=True, metavar="COMMAND")
    get = leaf(commands, "get", "config get", "print what the nodes run on, as a profile file")
    get.add_argument("--layer", choices=LAYERS, help="only how this layer stands")

    changed = leaf(commands, "set", "config set", "give a layer a profile, or change settings")
    what = changed.add_mutually_exclusive_group(required=True)
    what.add_argument("file", nargs="?", type=Path, metavar="FILE", help="a profile, TOML or .json")
    what.add_argument(
        "--patch", nargs="+", metavar="KEY=VALUE", help="levels.base_pct=20; =null takes one out"
    )
    changed.add_argument(
        "--layer", choices=LAYERS, help="left out: node if there is --node, else path"
    )
    changed.add_argument(
        "--version", type=version, metavar="N", help="left out: the version in use and 1"
    )

    compared = leaf(commands, "diff", "config diff", "show what a profile would change")
    compared.add_argument("file", type=Path, metavar="FILE", help="a profile, TOML or .json")

    what_it_does = "examine a profile without a broker, and show a night under it"
    tried = leaf(commands, "validate", "config validate", what_it_does)
    tried.add_argument("file", type=Path, metavar="FILE", help="a profile, TOML or .json")
    tried.add_argument("--path-file", type=Path, metavar="FILE", help="show a night on this path")
    tried.add_argument(
        "--date", type=_date, metavar="YYYY-MM-DD", help="the day it begins on; left out: today"
    )


def _date(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = date.min
    if not date(1970, 1, 2) <= day <= date(2100, 1, 1):
        raise argparse.ArgumentTypeError(f"{text[:40]!a} is not a date like 2026-01-15")
    return day
