"""`cyclelight init`: ask, show, write, check."""

import argparse
from pathlib import Path

from controller.commissioning.asking import asked, confirmed, read
from controller.commissioning.planning import files_of
from controller.commissioning.questions import questions
from controller.commissioning.summary import summary
from controller.commissioning.writing import there_already, write_all
from controller.ctl.console import Console, process_console
from controller.ctl.trouble import FINE, INPUT_FAULT, INTERRUPTED
from controller.settings.check import check_files
from controller.settings.faults import Fault, SettingsError

_NEXT = """
Next: copy path.toml, profile.toml and its own file to each node, the last one as
/etc/cyclelight/node.toml. Then try everything there with `cyclelight selftest`, as
docs/commissioning.md says."""

_HELLO = """\
A few questions about the path and its nodes. [In brackets] is what Enter takes.
"""


def run(args: argparse.Namespace) -> int:
    """Carry out the command. Raises SettingsError for what it was given."""
    console = process_console()
    try:
        return _run(args, console)
    except KeyboardInterrupt:
        console.complain("\nstopped: nothing was written")
        return INTERRUPTED


def _run(args: argparse.Namespace, console: Console) -> int:
    folder: Path = args.out
    wanted = questions(folder)
    if args.answers is not None:
        texts = read(wanted, args.answers)
    else:
        console.say(_HELLO)
        texts = asked(wanted, console)
    files = files_of(texts)
    console.say("\n" + "\n".join(summary(texts)))
    if not _may_write(args, there_already(folder, files), console):
        console.say("nothing was written")
        return FINE
    write_all(folder, files)
    # What the environment overrides is for a node that runs, not for the files.
    reports = check_files([folder / name for name in files], {})
    console.say("\n" + "\n".join(line for report in reports for line in report.lines()))
    if not all(report.is_sound for report in reports):
        return INPUT_FAULT
    console.say(_NEXT)
    return FINE


def _may_write(args: argparse.Namespace, existing: list[str], console: Console) -> bool:
    """Whether the files may be written. Raises SettingsError where nobody can be asked."""
    if args.answers is None:
        if existing and not args.overwrite:
            named = ", ".join(existing)
            return confirmed(f"Overwrite {named} in {args.out}?", console, usual=False)
        return confirmed(f"Write these files into {args.out}?", console, usual=True)
    if existing and not args.overwrite:
        problem = f"has {', '.join(existing)} already"
        hint = "add --overwrite, or name another directory with --out"
        raise SettingsError("--out", [Fault(str(args.out), problem, hint)])
    return True
