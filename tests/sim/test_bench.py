"""What stands in bench/ names things of the core by strings: they must be there, and come back."""

import ast
from argparse import ArgumentTypeError
from itertools import pairwise
from pathlib import Path

import pytest

from bench import compiled, distance, latency, tune
from bench.constants import Trial, core_with, present, scalable, shown
from bench.knowing import Knowing
from bench.mutants import mistakes
from bench.mutants.trying import Coverage
from controller.core import fitting, reach, track, tracks
from controller.core.profile import Presence
from controller.core.site import build_site
from controller.core.tracks import Tracks
from controller.core.watch import ground_of
from controller.core.ways import Heading
from firmware_sim.compare.plan import Job
from firmware_sim.world import build_world
from tests.sim.scenes import SURE, rider, span_of, straight

SPEED_M_S = 5.0


def test_every_constant_is_there_and_can_be_scaled() -> None:
    assert [scalable(name) for name in tune.CONSTANTS] == list(tune.CONSTANTS)
    for wrong in ("reach.NOTHING", "nowhere.LEAD_S", "LEAD_S", "reach.Planner", "tracks.left"):
        with pytest.raises(ArgumentTypeError, match=wrong):
            scalable(wrong)
    spreads = Trial("track.SPEED_SPREADS", 2.0).values["track.SPEED_SPREADS"]
    assert spreads == {hits: 2.0 * spread for hits, spread in track.SPEED_SPREADS.items()}
    assert shown(0.1 + 0.2) == "0.3"
    assert Trial().values == {}


def test_a_constant_is_set_wherever_it_is_imported_and_comes_back() -> None:
    def now() -> list[float]:
        return [vars(module)["SLACK_S"] for module in (fitting, tracks, reach)]

    before = now()
    with core_with({"fitting.SLACK_S": 99.0}):
        assert now() == [99.0, 99.0, before[2]]
    assert now() == before


def test_a_compiled_core_belongs_to_one_state_of_the_code(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(compiled, "ROOT", tmp_path)
    folder = tmp_path / "controller"
    folder.mkdir()
    found = set()
    for texts in (("a", "b"), ("ab", ""), ("ab", "", "")):
        for number, text in enumerate(texts):
            (folder / f"{number}.py").write_text(text)
        found.add(compiled.fingerprint())
    assert len(found) == len({*found, compiled.fingerprint()}) == 3


SOURCE = """
LIMIT: float = 2.0

def f(x: int = 1) -> bool:
    return not (x < LIMIT and min(x, 3) + 1 > 0)
"""


def test_a_mistake_is_one_change_of_what_a_module_does() -> None:
    counting = mistakes.Mistakes()
    counting.visit(ast.parse(SOURCE))
    changed = {ast.unparse(mistakes.with_mistake(SOURCE, i)) for i in range(10)}
    assert [line for line, _ in counting.found] == [2] + 9 * [5]
    assert len(changed) == 10
    assert ast.unparse(ast.parse(SOURCE)) not in changed
    assert all("x: int=1" in text for text in changed)  # annotations and defaults stay


def test_a_mistake_is_tried_by_the_quickest_tests_that_come_to_it() -> None:
    lines = {"1": [""], "5": ["slow", "quick"], "6": ["", "quick"]}
    duration_s = {"slow": 3.0, "quick": 1.0, "far": 0.5, "tests/core/test_fade.py::its_own": 9.0}
    coverage = Coverage(duration_s, {"controller/core/fade.py": lines})
    tried = {
        line: coverage.tests(mistakes.Mutant("controller.core.fade", 0, line, ""))
        for line in (1, 5, 6, 7)
    }
    # What does not come near the module comes last.
    everything = ["tests/core/test_fade.py::its_own", "quick", "slow", "far"]
    assert tried == {1: everything, 5: ["quick", "slow"], 6: everything, 7: everything}


def test_a_mistake_in_a_constant_is_tried_where_it_is_used() -> None:
    lines = {str(line): ["waits"] for file, line in mistakes.uses("STOP_S") if file.stem == "reach"}
    assert lines
    coverage = Coverage({"waits": 1.0, "other": 0.1}, {"controller/core/reach.py": lines})
    (mutant,) = [x for x in mistakes.mutants() if x.constant == "STOP_S"]
    assert mutant.what == "300.0 plus 1"
    assert coverage.tests(mutant) == ["waits"]


def test_every_latency_is_in_one_bar_of_the_histogram() -> None:
    lines = latency._histogram([0.0005, 0.001, 0.0011, 0.15, 0.2])
    counts = [int(line.split("ms")[1].split()[0]) for line in lines]
    assert counts == [2, 1, 0, 0, 0, 0, 0, 1, 1]
    assert [line.count("#") for line in lines][:2] == [16, 8]


def test_darkness_costs_more_than_it_saves() -> None:
    jobs = [Job(setting, seed) for setting in tune.SETTINGS for seed in (1, 2)]
    served = {"e_over_oracle": 1.1, "s_full": 0.99, "s_own": 0.995, "p5": 0.97}
    darker = served | {"e_over_oracle": 1.09, "s_full": 0.989}
    found = [tune.outcome(jobs, [night] * len(jobs)) for night in (served, darker)]
    assert found[0]["objective"] == pytest.approx(1.1)
    # Poor sensors may serve 98 %; the others miss a tenth of a point.
    others = sum(setting.grade != "poor" for setting in tune.SETTINGS) / len(tune.SETTINGS)
    assert found[1]["objective"] == pytest.approx(1.09 + 0.001 * tune.PENALTY * others)


def test_each_step_makes_one_thing_more_ideal() -> None:
    runs = [distance.Ideal(), *(ideal for _, ideal in distance.steps())]
    for before, after in pairwise(runs):
        assert before != after
        assert before.core.keys() <= after.core.keys()
        assert before.known <= after.known
        with core_with(after.core):
            assert all(present(name) is value for name, value in after.core.items())
    assert runs[-1].profile.presence.calm_s == runs[-1].latency_s == 0.0


@pytest.mark.parametrize("forward", [True, False])
def test_who_is_seen_first_is_known_and_a_false_alarm_is_not(*, forward: bool) -> None:
    path = straight()
    length_m = path.sections[0].length_m
    ends_m = (0.0, length_m) if forward else (length_m, 0.0)
    way = rider((100.0, "s", ends_m[0]), (100.0 + length_m / SPEED_M_S, "s", ends_m[1]))
    world = build_world(path, span_of(600), (way,), SURE, seed=1)
    none = Tracks.none(ground_of(build_site(path, "n0"), Presence()))
    knowing = Knowing(world)
    rise_s = next(change.time_s for change in world.sensed.changes if change.sensor == "M3")
    seen = knowing(none, "M3", rise_s)
    assert seen.headings == (Heading("M3", forward=forward),)
    assert seen.speed_m_s == pytest.approx(SPEED_M_S)
    assert seen.rise_s == pytest.approx(rise_s)
    assert knowing(none, "M3", rise_s + 60.0).speed_m_s is None
