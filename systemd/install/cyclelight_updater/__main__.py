"""The command `cyclelight-update`. Exit status: 0 done, 1 refused or taken back, 2 wrong words."""

import argparse
import fcntl
import os
import sys
import time
from pathlib import Path

from cyclelight_updater.environments import Bundle, build, is_usable, pointed
from cyclelight_updater.errors import UpdateError
from cyclelight_updater.places import Places
from cyclelight_updater.service import Systemd
from cyclelight_updater.update import Updater, say

BUNDLE = Path("/usr/lib/cyclelight/bundle")
LOCK = Path("/run/cyclelight-update.lock")


def main() -> int:
    """Carry out one command, one at a time on a machine."""
    args = _parser().parse_args()
    os.umask(0o022)
    places = Places()
    updater = Updater(places, Systemd(), time.sleep)
    try:
        with LOCK.open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            match args.command:
                case "install":
                    _install(updater, enable=args.enable)
                case "rollback":
                    _roll_back(updater)
                case "settle":
                    updater.settle()
                case _:
                    _tell(places)
    except (OSError, UpdateError) as error:
        say(str(error))
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cyclelight-update",
        description="Put the installed package's version to use, or go back to the one before. "
        "A version that does not come up is taken back, with the files and the ledger of before. "
        "Files in /etc/cyclelight.next take the place of those in /etc/cyclelight on the way.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    install = commands.add_parser("install", help="put the package's version to use")
    install.add_argument("--enable", action="store_true", help="on the first installation, too")
    commands.add_parser("rollback", help="go back to the version before")
    commands.add_parser("settle", help="after a power cut: prove what was on trial, or go back")
    commands.add_parser("status", help="say which versions are there")
    return parser


def _install(updater: Updater, *, enable: bool) -> None:
    by_hand = updater.places.unit_by_hand
    if by_hand.is_file():
        raise UpdateError(
            f"{by_hand} was installed by hand and hides the package's unit. Stop it (systemctl "
            "disable --now cyclelight), remove it, and run: cyclelight-update install --enable"
        )
    _finish_trial(updater)
    updater.switch(build(Bundle(BUNDLE), updater.places), enable=enable)


def _roll_back(updater: Updater) -> None:
    _finish_trial(updater)
    former = pointed(updater.places.previous)
    if former is None or not is_usable(former):
        raise UpdateError("there is no version before this one that can be run")
    updater.switch(former)


def _finish_trial(updater: Updater) -> None:
    """End what a power cut left open. That it was taken back is no reason not to go on."""
    if updater.places.trial.is_file():
        try:
            updater.settle()
        except UpdateError as error:
            say(str(error))


def _tell(places: Places) -> None:
    for name, link in (("current", places.current), ("previous", places.previous)):
        environment = pointed(link)
        say(f"{name}: {'none' if environment is None else environment.name}")
    if places.trial.is_file():
        say("the current version is on trial")


if __name__ == "__main__":
    sys.exit(main())
