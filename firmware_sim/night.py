"""`cyclelight-sim night`: simulate one night, write its files and print a short report."""

import argparse
import importlib.util
import platform
import sys
from datetime import date
from pathlib import Path as FilePath
from typing import Any

import controller
from controller.core.path import Path
from controller.core.profile import Profile
from controller.settings.faults import Fault, SettingsError
from controller.settings.path import load_path
from controller.settings.profile import load_profile
from firmware_sim.crowd import Crowd, counted_crowd, given_crowd, typical_crowd
from firmware_sim.outputs import write_night
from firmware_sim.report import night_report
from firmware_sim.score import judge
from firmware_sim.sensors import GRADES
from firmware_sim.simulation import simulate
from firmware_sim.span import NightSpan, night_span
from firmware_sim.summary import summarise
from firmware_sim.world import build_world

DEFAULT_DATE = date(2025, 1, 15)
YEARS = (1970, 2100)
FILE_ARGUMENTS = ("path", "profile", "counts", "trajectories", "traffic")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    parser.add_argument(
        "--path", type=FilePath, required=True, metavar="FILE", help="the path file (TOML)"
    )
    crowd = parser.add_mutually_exclusive_group(required=True)
    crowd.add_argument(
        "--counts",
        type=FilePath,
        metavar="CSV",
        help="15-minute counts of the City of Muenster (.csv or .csv.gz); needs --date",
    )
    crowd.add_argument(
        "--trajectories",
        type=FilePath,
        metavar="CSV",
        help="who is where and when: rider,kind,time_s,section,at_m",
    )
    crowd.add_argument(
        "--traffic", type=FilePath, metavar="FILE", help="an hourly profile of config/traffic"
    )
    parser.add_argument(
        "--date",
        type=_date,
        metavar="YYYY-MM-DD",
        help=f"the day on which the night begins (default without --counts: {DEFAULT_DATE})",
    )
    parser.add_argument(
        "--profile", type=FilePath, metavar="FILE", help="operational settings (TOML)"
    )
    parser.add_argument(
        "--sensors", choices=tuple(GRADES), default="nominal", help="default: %(default)s"
    )
    parser.add_argument(
        "--seed", type=int, default=1, metavar="N", help="of all random draws; default: %(default)s"
    )
    parser.add_argument(
        "--out", type=FilePath, required=True, metavar="DIR", help="where the files go"
    )
    parser.add_argument("--plot", action="store_true", help="draw pictures too (needs matplotlib)")


def main(args: argparse.Namespace) -> int:
    """Run the command. Raises SettingsError for what it was given."""
    _check(args)
    path = load_path(args.path)
    profile = Profile() if args.profile is None else load_profile(args.profile)
    span = night_span(path, profile.daylight, args.date or DEFAULT_DATE)
    crowd = _crowd(args, path, span)
    world = build_world(path, span, crowd.people, GRADES[args.sensors], args.seed)
    log = simulate(world, profile, args.seed, _show_progress)
    summary = summarise(world, log, judge(path, span, crowd.people, log.commands))
    try:
        args.out.mkdir(parents=True, exist_ok=True)
        write_night(args.out, world, log, summary, _meta(args, span, crowd))
        if args.plot:
            from firmware_sim.plots import draw_night  # noqa: PLC0415 - loads slowly, rarely asked

            draw_night(args.out, world, log.commands)
    except OSError as error:
        why = error.strerror or type(error).__name__
        fault = Fault(str(args.out), f"cannot be written: {why}", "choose another directory")
        raise SettingsError("--out", [fault]) from error
    print(night_report(world, profile, summary, args.sensors, crowd.attribution))
    return 0


def _date(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date like 2025-01-15") from None
    if not YEARS[0] < day.year < YEARS[1]:
        raise argparse.ArgumentTypeError(f"{text} is not between {YEARS[0]} and {YEARS[1]}")
    return day


def _check(args: argparse.Namespace) -> None:
    faults = []
    if args.counts is not None and args.date is None:
        hint = "say which of the counted nights to take, --date YYYY-MM-DD"
        faults.append(Fault("--counts", "comes without --date", hint))
    if args.plot and importlib.util.find_spec("matplotlib") is None:
        hint = "install cyclelight[sim], or leave --plot out"
        faults.append(Fault("--plot", "needs matplotlib, which is not installed", hint))
    if args.out.exists() and not args.out.is_dir():
        faults.append(Fault("--out", f"{args.out} is not a directory", "choose another name"))
    if faults:
        raise SettingsError("arguments", faults)


def _crowd(args: argparse.Namespace, path: Path, span: NightSpan) -> Crowd:
    if args.counts is not None:
        return counted_crowd(args.counts, path, span, args.seed)
    if args.traffic is not None:
        return typical_crowd(args.traffic, path, span, args.seed)
    return given_crowd(args.trajectories, path)


def _meta(args: argparse.Namespace, span: NightSpan, crowd: Crowd) -> dict[str, Any]:
    """Return what it takes to run this night again; files by their names only."""
    files = {name: getattr(args, name) for name in FILE_ARGUMENTS}
    return {
        "time_zero": span.local(0).isoformat(),
        "start_s": span.start_s,
        "dark_end_s": span.dark_end_s,
        "end_s": span.end_s,
        "seed": args.seed,
        "arguments": {name: file.name for name, file in files.items() if file is not None}
        | {"date": span.date.isoformat(), "sensors": args.sensors},
        "versions": {
            "cyclelight": controller.__version__,
            "python": platform.python_version(),
        },
        "attribution": crowd.attribution,
    }


def _show_progress(share: float) -> None:
    if sys.stderr.isatty():
        end = "\r" if share < 1.0 else "\r    \r"
        print(f"{share:4.0%}", end=end, file=sys.stderr, flush=True)
