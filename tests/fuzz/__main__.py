"""The long run: `python -m tests.fuzz [--minutes M] [--seed N] [TARGET ...]`, or `make fuzz`.

Divides the minutes of processor time among the targets, prints a line a target, and keeps what was
found new, distilled, in the corpus. At the first finding it ends with status 1; the input, made
small, lies in out/fuzz.
"""

import argparse
import logging
import secrets
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import structlog

from tests.fuzz.corpus import inputs_of, keep, name_of
from tests.fuzz.engine import FindingError, Fuzzer, Target, shrunk
from tests.fuzz.targets import TARGETS

FINDINGS = Path("out") / "fuzz"
ENDLESS = sys.maxsize
COLUMNS = "{:14} {:>10} {:>7} {:>9} {:>9} {:>6} {:>5} {:>7}"


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("targets", nargs="*", metavar="TARGET", help="left out: all")
    arguments.add_argument("--minutes", type=float, default=20.0, help="of processor time, in all")
    arguments.add_argument("--seed", type=int, help="to run the same again")
    given = arguments.parse_args()
    if strange := set(given.targets) - TARGETS.keys():
        arguments.error(f"no target {', '.join(strange)}; there are {', '.join(TARGETS)}")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    chosen = [TARGETS[name] for name in given.targets or TARGETS]
    seed = secrets.randbelow(1 << 32) if given.seed is None else given.seed
    print(f"seed {seed}")  # noqa: T201 - a command line talks
    head = ("target", "executions", "s", "lines", "of", "pairs", "kept", "bytes")
    print(COLUMNS.format(*head), flush=True)  # noqa: T201
    for target in chosen:
        _run(target, 60.0 * given.minutes / len(chosen), seed)
    return 0


def _run(target: Target, cpu_s: float, seed: int) -> None:
    with TemporaryDirectory() as folder:
        begin_s = time.thread_time()
        try:
            fuzzer = Fuzzer(target, Path(folder), inputs_of(target.name), seed)
            fuzzer.run(ENDLESS, until_s=begin_s + cpu_s)
            kept = fuzzer.distilled()
        except FindingError as finding:
            _tell(shrunk(target, Path(folder), finding))
            sys.exit(1)
    keep(target.name, kept)
    row = (
        *(target.name, fuzzer.executions, round(time.thread_time() - begin_s)),
        *fuzzer.tracer.reached(fuzzer.features),
        *(len(fuzzer.features), len(kept), sum(map(len, kept))),
    )
    print(COLUMNS.format(*row), flush=True)  # noqa: T201


def _tell(finding: FindingError) -> None:
    FINDINGS.mkdir(parents=True, exist_ok=True)
    file = FINDINGS / f"{finding.target}-{name_of(finding.data)}"
    file.write_bytes(finding.data)
    print(f"FOUND {finding}\nthe input is in {file}")  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
