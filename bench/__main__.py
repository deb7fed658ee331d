"""`make bench`: what the controller costs, each figure beside a reference from the same run.

Absolute times belong to this machine. The ratio to the reference, a fixed piece of plain Python,
is what can be compared between machines and between versions.
"""

import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

from bench.broker import carried
from bench.idle import idle_node
from bench.latency import report as latency_report
from bench.paths import PATH_FILE, ROOT, TRAFFIC_FILE, longer, one_node, spread
from bench.service import report as service_report
from bench.winter import report as winter_report
from bench.writing import written_a_day
from controller.core.events import MotionReported, TimePassed
from controller.core.moment import Moment
from controller.core.path import Path
from controller.core.profile import Profile
from controller.core.site import build_site
from controller.core.state import State, begin
from controller.core.step import step
from controller.settings.path import load_path

MIDNIGHT_UTC_S = 1_736_985_600.0  # 2025-01-16 00:00 UTC, a winter night
REPEATS = 5


def main() -> None:
    """Measure and print."""
    path = load_path(PATH_FILE)
    unit_s = best_s(lambda: sum(math.log(i) for i in range(1, 100_001)))
    print(f"reference: 100,000 logarithms in plain Python, {unit_s * 1e3:.1f} ms")
    whole = one_node(path)
    rows = {
        "a detection, 43 lamps at one node": detection_s(whole),
        "a detection, node 1 of 4 (11 lamps)": detection_s(path),
        "a detection, node 1 of 46 (11 of 500 lamps)": detection_s(spread(longer(path, 500), 11)),
        "the reach of 43 lamps": best_s(lambda: build_site(whole, whole.nodes[0].id)),
        "the reach of 500 lamps": best_s(lambda: build_site(longer(whole, 500), "n1")),
        "a winter night of 43 lamps, as a process": night_s(),
    }
    for name, seconds in rows.items():
        print(f"{name:44} {seconds * 1e3:10.3f} ms  {seconds / unit_s:10.4f} of the reference")
    for line in winter_report(unit_s):
        print(line)
    written = written_a_day(ROOT / "out")
    print(f"{'the ledger writes, to the disk, in a day':44} {written.to_disk / 1e6:10.2f} MB")
    print(f"{'the ledger writes, to the kernel, in a day':44} {written.handed_over / 1e6:10.2f} MB")
    most = max((x for x in carried() if x.is_good), key=lambda x: x.nodes, default=None)
    if most is not None:
        print(f"{'nodes that one broker carries in a worst hour':44} {most.nodes:10}")
        print(f"{'99 of 100 passages reach the neighbour within':44} {most.p99_s * 1e3:10.0f} ms")
    print("\n".join(latency_report()))
    print("an idle node, watched for a minute ...", flush=True)
    idle = idle_node()
    print(f"{'start until the lamps are under control':44} {idle.start_s * 1e3:10.0f} ms")
    print(f"{'processor, share of one core':44} {idle.cpu_share * 100:10.2f} %")
    print(f"{'memory (resident)':44} {idle.memory_mb:10.1f} MB")
    for line in service_report():
        print(line)


def best_s(work: Callable[[], object]) -> float:
    """Return the shortest of a few runs: what disturbs can only make it longer."""
    times_s = []
    for _ in range(REPEATS):
        begun_s = time.perf_counter()
        work()
        times_s.append(time.perf_counter() - begun_s)
    return min(times_s)


def detection_s(path: Path) -> float:
    """Return the mean time of a detection at night: a movement and its end."""
    node = path.nodes[0].id
    sensors = [x.id for x in path.motion_sensors if x.node == node]
    state = begin(build_site(path, node), Profile(), _at(0.0))
    state = step(state, TimePassed(), _at(0.0)).state
    for sensor in sensors:
        state = step(state, MotionReported(sensor, active=False, at_s=0.0), _at(0.0)).state
    return best_s(lambda: _walked(state, sensors)) / len(sensors)


def _walked(state: State, sensors: list[str]) -> State:
    now_s = 100.0
    for sensor in sensors:
        for active in (True, False):
            now_s += 3.0
            report = MotionReported(sensor, active=active, at_s=now_s)
            state = step(state, report, _at(now_s)).state
    return state


def _at(mono_s: float) -> Moment:
    return Moment(mono_s, MIDNIGHT_UTC_S + mono_s)


def night_s() -> float:
    """Return the time of `cyclelight-sim night`, from start to exit."""
    with tempfile.TemporaryDirectory() as directory:
        command = [sys.executable, "-m", "firmware_sim.cli", "night", "--path", str(PATH_FILE)]
        command += ["--traffic", str(TRAFFIC_FILE), "--out", directory]
        begun_s = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        return time.perf_counter() - begun_s


if __name__ == "__main__":
    main()
