"""How long a winter night on A5 takes to simulate: 14 h, 43 lamps, some 500 people, on one core.

`python -m bench.winter` prints it as JSON, with a digest of all that the lamps were told: a core
that was compiled must decide the same.
"""

import hashlib
import json
import os
import subprocess
import sys
import time
from typing import NamedTuple

from bench.compiled import can_compile, compiled, searched_first
from bench.paths import PATH_FILE, ROOT, TRAFFIC_FILE, one_node
from controller.core.path import Path
from controller.core.profile import Profile
from controller.settings.path import load_path
from firmware_sim.cases import WINTER
from firmware_sim.crowd import typical_crowd
from firmware_sim.sensors import GRADES
from firmware_sim.simulation import simulate
from firmware_sim.span import night_span
from firmware_sim.world import build_world

SEED = 1
REPEATS = 3


class Night(NamedTuple):
    """Processor time in seconds of a night with all lamps at one node, and at four."""

    one_node_s: float
    four_nodes_s: float
    digest: str


def night(*, with_compiled_core: bool) -> Night:
    """Take the time in a process of its own. Raises CalledProcessError."""
    command, environment = [sys.executable, "-P", "-m", "bench.winter"], {"PYTHONPATH": str(ROOT)}
    if with_compiled_core:
        environment = searched_first(compiled())
    ran = subprocess.run(command, env=os.environ | environment, check=True, capture_output=True)
    return Night(*json.loads(ran.stdout))


def report(reference_s: float) -> list[str]:
    """Return lines for people; `reference_s` is what they are compared with."""
    plain = night(with_compiled_core=False)
    lines = _lines("the core as it is", plain, reference_s)
    if not can_compile():
        return [*lines, "the core compiled: skipped, there is no C compiler here"]
    fast = night(with_compiled_core=True)
    same = "the same decisions" if fast.digest == plain.digest else "OTHER DECISIONS"
    return [*lines, *_lines(f"compiled, {same}", fast, reference_s)]


def _lines(which: str, ran: Night, reference_s: float) -> list[str]:
    return [
        f"{f'a winter night, {nodes}':44} {taken_s * 1e3:10.0f} ms  "
        f"{taken_s / reference_s:10.1f} of the reference  ({which})"
        for nodes, taken_s in (("one node", ran.one_node_s), ("four nodes", ran.four_nodes_s))
    ]


def _taken(path: Path, digest: "hashlib._Hash") -> float:
    """Return the shortest of a few runs: what disturbs can only make it longer."""
    span = night_span(path, Profile().daylight, WINTER)
    people = typical_crowd(TRAFFIC_FILE, path, span, SEED).people
    world = build_world(path, span, people, GRADES["nominal"], SEED)
    times_s = []
    for _ in range(REPEATS):
        begun_s = time.process_time()
        log = simulate(world, Profile(), SEED, lambda _: None)
        times_s.append(time.process_time() - begun_s)
    digest.update(repr(log.commands).encode())
    return min(times_s)


def main() -> None:
    """Measure and print."""
    path, digest = load_path(PATH_FILE), hashlib.sha256()
    times_s = [_taken(some, digest) for some in (one_node(path), path)]
    print(json.dumps([*times_s, digest.hexdigest()]))


if __name__ == "__main__":
    main()
