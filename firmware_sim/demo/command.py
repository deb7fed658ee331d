"""Real controllers on virtual boards, a broker and people who pass by, live in the terminal."""

import argparse
import asyncio
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path

import structlog

from firmware_sim.demo import scene
from firmware_sim.demo.broker import HOST, DemoBroker, check_port, choose_broker
from firmware_sim.demo.display import choose_display
from firmware_sim.demo.failure import DemoError
from firmware_sim.demo.show import Show
from firmware_sim.demo.stage import Stage, write_files
from firmware_sim.demo.summary import summary

DEFAULT_PORT = 18830
GREATEST_PORT = 65535
END_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `cyclelight-sim demo`."""
    parser.add_argument(
        "--seconds",
        type=_positive_seconds,
        help="end by itself after this long (default: at Ctrl-C)",
    )
    parser.add_argument(
        "--port",
        type=_port,
        default=DEFAULT_PORT,
        help=f"of the broker, on this machine only (default: {DEFAULT_PORT})",
    )
    parser.add_argument(
        "--broker",
        choices=("auto", "mosquitto", "amqtt"),
        default="auto",
        help="which broker to start (default: mosquitto, without it amqtt)",
    )
    parser.add_argument("--seed", type=int, default=1, help="of who passes by (default: 1)")
    parser.add_argument(
        "--keep", action="store_true", help="keep the folder with all settings, states and logs"
    )


def main(args: argparse.Namespace) -> int:
    """Run the demo. Returns 0, 1 if something broke, 2 if it cannot run with what was given."""
    try:
        broker = choose_broker(args.broker, args.port)
        check_port(args.port)
    except DemoError as error:
        return _report(error)
    show = Show(broker, args.port, args.seconds, args.seed)
    try:
        _run(show, broker, args)
    except DemoError as error:
        return _report(error)
    except BrokenPipeError:
        _let_go_of_output()
    return 0


def _run(show: Show, broker: DemoBroker, args: argparse.Namespace) -> None:
    """Run the show in a folder of its own, which stays if anything fails, and sum up."""
    folder = Path(tempfile.mkdtemp(prefix="cyclelight-demo-"))
    keep = True
    try:
        _announce(broker, args.port)
        asyncio.run(_perform(show, folder, broker, args.port))
        keep = args.keep
    finally:
        _tidy(folder, keep=keep)
    print("ended before the show began" if show.last is None else summary(show.last, show.losses))


def _let_go_of_output() -> None:
    """Whoever read our output has gone, which is a way to end the demo: say nothing more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _report(error: DemoError) -> int:
    print(f"cyclelight-sim demo: {error}", file=sys.stderr)
    return error.status


def _announce(broker: DemoBroker, port: int) -> None:
    print(f"broker {broker.name} at {HOST}:{port}, open to every program here: only for a demo")
    print(f"starting it, {len(scene.NODES)} virtual boards and their controllers ...", flush=True)


def _tidy(folder: Path, *, keep: bool) -> None:
    if keep:
        print(f"settings, states and logs are kept in {folder}", file=sys.stderr)
    else:
        shutil.rmtree(folder)


async def _perform(show: Show, folder: Path, broker: DemoBroker, port: int) -> None:
    write_files(folder, broker, port)
    stage = Stage(folder)
    with (folder / "demo.log").open("w", encoding="utf-8") as log:
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(log))
        try:
            await _until_told_to_end(show.run(stage, choose_display()))
        finally:
            await stage.clear()


async def _until_told_to_end(work: Coroutine[None, None, None]) -> None:
    """Do the work until it is done, a signal asks for the end, or nobody reads our output any more.

    Further signals do nothing, so that nobody can interrupt the tidying up.
    """
    task = asyncio.create_task(work)
    asked = False

    def ask() -> None:
        nonlocal asked
        if not asked:
            asked = True
            task.cancel()

    loop = asyncio.get_running_loop()
    for number in END_SIGNALS:
        loop.add_signal_handler(number, ask)
    with suppress(asyncio.CancelledError, BrokenPipeError):
        await task


def _positive_seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < float("inf"):
        raise argparse.ArgumentTypeError("must be above 0")
    return seconds


def _port(text: str) -> int:
    port = int(text)
    if not 1 <= port <= GREATEST_PORT:
        raise argparse.ArgumentTypeError(f"must be from 1 to {GREATEST_PORT}")
    return port
