"""`python -m bench.mutants`: would the core's tests notice a small mistake in it?

Mistakes are drawn from all that can be made, and each is made in a process of its own, where the
tests that come to it are run. One that no test noticed is printed with its place. Tests try the
same examples each time, so the same draw has the same outcome.
"""

import argparse
import os
import random
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from bench.mutants.mistakes import Mutant, mutants
from bench.mutants.trying import Bench, Coverage, measure

SEED = 1


def main() -> int:
    """Draw, try and print."""
    if sys.argv[1:2] == ["--measure"]:
        return measure(Path(sys.argv[2]))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=200, metavar="N", help="how many to draw")
    parser.add_argument("--seed", type=int, default=SEED, metavar="N")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N")
    parser.add_argument("--in", dest="module", metavar="MODULE", help="only in this module")
    args = parser.parse_args()
    every = mutants()
    wanted = [x for x in every if args.module in (None, x.module)]
    if not wanted:
        parser.error(f"--in: no mistake can be made in {args.module!r}; say controller.core.reach")
    rng = random.Random(args.seed)  # noqa: S311 a draw
    _try(rng.sample(wanted, min(args.number, len(wanted))), args.jobs)
    print(f"{len(every)} in all")
    return 0


def _try(drawn: list[Mutant], jobs: int) -> None:
    bench, killed = Bench(Coverage.measured(), jobs), 0
    with ThreadPoolExecutor(jobs) as pool:
        for tried, (mutant, seen) in enumerate(
            zip(drawn, pool.map(bench.noticed, drawn), strict=True), 1
        ):
            killed += seen
            if not seen:
                print(f"not noticed: {mutant.place} (number {mutant.number})", flush=True)
            print(f"\r{tried} of {len(drawn)}, {killed} noticed ", end="", file=sys.stderr)
    print(file=sys.stderr)
    print(f"{killed} of {len(drawn)} noticed ({killed / len(drawn):.1%})")


if __name__ == "__main__":
    sys.exit(main())
