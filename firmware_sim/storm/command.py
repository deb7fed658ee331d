"""`cyclelight-sim storm`: run storms until an invariant breaks; shrink and replay one that does."""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, wait
from functools import partial
from itertools import islice
from pathlib import Path

from controller.core.energy import SECONDS_PER_HOUR
from controller.settings.faults import Fault, SettingsError
from firmware_sim.storm.drawing import draw
from firmware_sim.storm.outcome import Outcome, of_seed, outcome
from firmware_sim.storm.scenario import LENGTH_S, Scenario, scenario_of
from firmware_sim.storm.shrinking import Shrinker
from firmware_sim.workers import processes

BROKEN = 1
DEFAULT_SEEDS = 100
GREATEST_SEEDS = 10_000_000
AHEAD = 4
"""So many storms a worker are handed out ahead."""
LAST_S = 180.0
"""So much of a storm before the break is replayed, unless it is asked for alone."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's arguments."""
    number = _number
    parser.add_argument(
        "--seeds", type=number, default=DEFAULT_SEEDS, metavar="N", help="default: %(default)s"
    )
    parser.add_argument(
        "--first", type=number, default=0, metavar="K", help="the first seed; default: %(default)s"
    )
    parser.add_argument(
        "--jobs",
        type=number,
        default=os.cpu_count() or 1,
        metavar="J",
        help="storms at a time (default: one a processor, here %(default)s)",
    )
    parser.add_argument(
        "--busy", action="store_true", help="with more people, who rest at sensors and meet"
    )
    parser.add_argument("--seed", type=number, metavar="K", help="run the storm of one seed alone")
    parser.add_argument(
        "--scenario", type=Path, metavar="FILE", help="run one storm that was printed as JSON"
    )
    parser.add_argument(
        "--replay", action="store_true", help="print one storm step by step, with the reasons"
    )


def main(args: argparse.Namespace) -> int:
    """Run the command. Raises SettingsError for what it was given."""
    _check(args)
    one = _one(args)
    if one is not None:
        return _alone(one, replay=args.replay)
    return _many(range(args.first, args.first + args.seeds), max(1, args.jobs), busy=args.busy)


def _check(args: argparse.Namespace) -> None:
    faults = []
    if args.replay and args.scenario is None and args.seed is None:
        faults.append(Fault("--replay", "needs one storm", "add --seed K or --scenario FILE"))
    if args.scenario is not None and (args.busy or args.seed is not None):
        hint = "leave --busy and --seed out"
        faults.append(Fault("--scenario", "is a storm already and is drawn no more", hint))
    if faults:
        raise SettingsError("arguments", faults)


def _one(args: argparse.Namespace) -> Scenario | None:
    if args.scenario is not None:
        try:
            return scenario_of(args.scenario.read_text(encoding="utf-8"))
        except (OSError, ValueError, KeyError, TypeError) as error:
            fault = Fault(str(args.scenario), f"is no storm: {error}", "give one that was printed")
            raise SettingsError("--scenario", [fault]) from error
    return None if args.seed is None else draw(args.seed, busy=args.busy)


def _alone(scenario: Scenario, *, replay: bool) -> int:
    found = outcome(scenario, keep_trace=replay)
    print(scenario)
    for line in found.lines:
        print(line)
    print(f"trace {found.digest}")
    if found.finding is None:
        print("all invariants hold")
        return 0
    _show_finding(found)
    return BROKEN


def _many(seeds: range, jobs: int, *, busy: bool) -> int:
    """Run storms; stop at the first that breaks an invariant, shrink it and replay its end."""
    counts: Counter[str] = Counter()
    longest: dict[str, int] = {}
    begun_s, done = time.monotonic(), 0
    for found in _outcomes(seeds, jobs, busy=busy):
        done += 1
        if found.finding is not None:
            _report_break(found, busy=busy)
            return BROKEN
        counts.update(found.counts)
        longest = {
            name: max(longest.get(name, 0), number) for name, number in found.longest.items()
        }
        _show_progress(done, len(seeds), time.monotonic() - begun_s)
    hours = done * LENGTH_S / SECONDS_PER_HOUR
    print(f"{done} storms of two hours, {hours:g} hours of six nodes: all invariants hold")
    print(f"in {time.monotonic() - begun_s:.0f} s on {jobs} processes. What happened in them:")
    for name, number in sorted(counts.items()):
        print(f"  {number:12}  {name}")
    print("The longest queues:")
    for name, number in sorted(longest.items()):
        print(f"  {number:12}  {name}")
    return 0


def _outcomes(seeds: range, jobs: int, *, busy: bool) -> Iterator[Outcome]:
    """Yield what comes of storms as they end, in no particular order."""
    run = partial(of_seed, busy=busy)
    if jobs == 1:
        yield from map(run, seeds)
        return
    with processes(jobs) as pool:
        left = iter(seeds)
        running = {pool.submit(run, seed) for seed in islice(left, AHEAD * jobs)}
        while running:
            ended, running = wait(running, return_when=FIRST_COMPLETED)
            running |= {pool.submit(run, seed) for seed in islice(left, len(ended))}
            for future in ended:
                yield future.result()


def _report_break(found: Outcome, *, busy: bool) -> None:
    seed = found.scenario.seed
    print(f"\nseed {seed} breaks an invariant. {found.finding}", flush=True)
    small = Shrinker(tried=_show_try).shrunk(found)
    print("\nthe smallest storm found that breaks it:")
    print(small.scenario)
    print("as JSON, for --scenario:")
    print(small.scenario.to_json())
    replayed = outcome(small.scenario, keep_trace=True)
    at_s = 0.0 if replayed.finding is None else replayed.finding.at_s
    print("how it ends:")
    for line in replayed.lines:
        if float(line.split()[0]) > at_s - LAST_S:
            print(line)
    _show_finding(replayed)
    also = " --busy" if busy else ""
    print(f"The whole of the first: cyclelight-sim storm --seed {seed}{also} --replay")


def _show_finding(found: Outcome) -> None:
    print(found.finding)
    for line in found.why:
        print(line)


def _show_try(left: int, scenario: Scenario) -> None:
    if sys.stderr.isatty():
        size = len(scenario.faults) + len(scenario.acts) + len(scenario.walks)
        print(f"\rshrinking: {size} things, {left} tries left ", end="", file=sys.stderr)


def _show_progress(done: int, seeds: int, seconds: float) -> None:
    """Say how far it is: over and over in one line of a terminal, else in twenty lines."""
    left_s = seconds / done * (seeds - done)
    line = f"{done} of {seeds} storms, {seconds / done:.2f} s each, {left_s:.0f} s left"
    if sys.stderr.isatty():
        end = "\n" if done == seeds else ""
        print(f"\r{line}   ", end=end, file=sys.stderr, flush=True)
    elif done % max(1, seeds // 20) == 0:
        print(line, file=sys.stderr, flush=True)


def _number(text: str) -> int:
    if not text.isdecimal() or int(text) > GREATEST_SEEDS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to {GREATEST_SEEDS}")
    return int(text)
