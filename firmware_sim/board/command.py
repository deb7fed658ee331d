"""A virtual board at a Unix socket, which must be the one CYCLELIGHT_BOARD names."""

import argparse
import asyncio
import os
import sys
from functools import partial
from pathlib import Path

from firmware_sim.board.server import serve
from firmware_sim.board.socket_file import BoardError, listening


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `cyclelight-sim board`."""
    parser.add_argument(
        "--socket", metavar="PATH", type=Path, required=True, help="where to listen"
    )
    parser.add_argument(
        "--idle-exit-s",
        metavar="SECONDS",
        type=positive_seconds,
        help="end after this long without any connection (default: never)",
    )
    parser.add_argument(
        "--detach",
        action="store_true",
        help="go to the background as soon as the board listens",
    )


def main(args: argparse.Namespace) -> int:
    """Run a board until it is told to end. Returns the exit status."""
    try:
        claim = listening(args.socket.absolute())
    except BoardError as error:
        print(f"cyclelight-sim board: {error}", file=sys.stderr)
        return 2
    if args.detach and _is_foreground_after_fork():
        claim.listener.close()
        return 0
    asyncio.run(serve(claim.listener, args.idle_exit_s, partial(_announce, args.socket)))
    claim.remove_file()
    return 0


def _announce(path: Path) -> None:
    print(f"board listens at {path}; end it with Ctrl-C", flush=True)


def positive_seconds(text: str) -> float:
    """Read a duration for argparse."""
    seconds = float(text)
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError("must be above 0")
    return seconds


def _is_foreground_after_fork() -> bool:
    """Fork. The child leaves the session and the standard streams of whoever started it."""
    if os.fork() != 0:
        return True
    os.setsid()
    os.chdir("/")
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    os.close(null)
    return False
