"""Storms as a whole: they hold, the same seed gives the same bytes, one that breaks is shrunk."""

import os
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from firmware_sim.cli import main
from firmware_sim.storm import command
from firmware_sim.storm.drawing import draw
from firmware_sim.storm.judge.bench import Finding
from firmware_sim.storm.judge.light import mixed_s
from firmware_sim.storm.outcome import Outcome, of_seed, outcome
from firmware_sim.storm.people import Walk
from firmware_sim.storm.scenario import Act, ActKind, Fault, FaultKind, Scenario, scenario_of
from firmware_sim.storm.shrinking import Shrinker
from tests.storm.planted import neighbours_count_as_there_without_a_broker

ROOT = Path(__file__).parents[2]
SEEDS = range(6)
FAULT = Fault(FaultKind.CUT, 300.0, 0.0, "n3")


@pytest.mark.parametrize("seed", SEEDS)
def test_all_invariants_hold(seed: int) -> None:
    found = of_seed(seed)
    assert found.finding is None
    assert found.counts["states"] > 0
    assert found.counts["records kept"] > 0
    assert found.counts["nodes judged after the storm"] == 6


@pytest.mark.parametrize("seed", SEEDS)
def test_all_invariants_hold_with_many_people_who_rest_and_meet(seed: int) -> None:
    assert of_seed(seed, busy=True).finding is None


def holds(
    seed: int,
    *,
    walks: tuple[Walk, ...] = (),
    faults: tuple[Fault, ...] = (),
    acts: tuple[Act, ...] = (),
) -> Outcome:
    """Run what was left of a storm that broke, with its seed; all invariants hold."""
    found = outcome(replace(draw(seed), walks=walks, faults=faults, acts=acts))
    assert found.finding is None
    return found


def test_who_broke_a_storm_before_has_light_now() -> None:
    # Of seed 200934: M01 sees the walker and, in between, the rider; nothing is amiss.
    walks = (
        Walk(105.9, 7.51, eastward=True),
        Walk(1504.0, 1.93, eastward=False),
        Walk(2131.5, 5.19, eastward=False, rest_sensor=13, rest_s=498.6),
        Walk(3594.8, 1.46, eastward=False),
        Walk(4006.0, 1.74, eastward=False),
        Walk(4617.0, 0.83, eastward=True, rest_sensor=7, rest_s=319.8),
        Walk(4636.0, 4.1, eastward=True),
    )
    found = holds(200934, walks=walks)
    assert found.counts["cells judged on a healthy path"] > 0


def test_who_broke_another_storm_before_has_light_now() -> None:
    # Of seed 206189: the rider stands at M17 and goes on as the walker is at M18.
    walks = (
        Walk(3564.5, 3.85, eastward=False, rest_sensor=16, rest_s=172.0),
        Walk(3728.9, 0.76, eastward=False),
    )
    found = holds(206189, walks=walks)
    assert found.counts["cells judged on a healthy path"] > 0


def test_who_rests_at_the_first_sensor_and_rides_on_has_light() -> None:
    # Of seed 208731: measured from when M01 began to see them the rider is a walker.
    walk = Walk(1483.2, 5.2, eastward=True, rest_sensor=0, rest_s=20.2)
    assert holds(208731, walks=(walk,)).counts["cells judged on a healthy path"] > 0


def test_who_was_at_a_sensor_as_its_node_crashed_has_light_with_another_beyond() -> None:
    # Of seed 206793: the sensor's node begins while it sees one walker, and M08 another.
    walks = Walk(808.2, 0.73, eastward=False), Walk(1035.3, 0.82, eastward=False)
    crash = Fault(FaultKind.CRASH_AT_WRITE, 532.13, 1476.8, "n4")
    found = holds(206793, walks=walks, faults=(crash,))
    assert found.counts["controllers started"] > 6


def test_who_loses_its_power_is_not_known_where_the_line_is_blocked_without_a_word() -> None:
    # Of seed 207065: the broker gives n6 up while n5 does not know that it hears nothing.
    faults = (
        Fault(FaultKind.POWER, 1620.165, 223.1, "n6"),
        Fault(FaultKind.PARTITION, 1634.881, 88.5, "n5"),
    )
    found = holds(207065, faults=faults)
    assert found.counts["lamps judged where too little is known"] > 0


def test_settings_that_are_taken_late_and_without_a_connection_are_told_when_there_is_one() -> None:
    # Of seed 201000: a disk refuses them, and works again while the broker is away.
    faults = (
        Fault(FaultKind.DISK_FAILING, 1883.219, 934.5, "n1"),
        Fault(FaultKind.BROKER, 3148.768, 178.1),
    )
    patch = Act(ActKind.PATCH, 2182.524, "tenant", '{"levels": {"base_pct": 25.0}}')
    found = holds(201000, faults=faults, acts=(patch,))
    assert found.counts["layers adopted"] == 6
    assert found.counts["settings refused"] == 1


def test_the_same_seed_gives_the_same_bytes() -> None:
    first = outcome(draw(4), keep_trace=True)
    again = outcome(draw(4), keep_trace=True)
    assert first.lines == again.lines
    assert first.digest == again.digest == outcome(draw(4)).digest
    assert len(first.lines) > 1000


def test_the_same_seed_gives_the_same_bytes_in_another_process() -> None:
    script = "from firmware_sim.storm.outcome import of_seed; print(of_seed(5).digest)"
    said = subprocess.run(
        [sys.executable, "-c", script],
        check=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
    )
    assert said.stdout == f"{of_seed(5).digest}\n"


def test_other_seeds_give_other_storms() -> None:
    assert len({draw(seed) for seed in range(50)}) == 50


def test_a_busy_storm_has_more_people_who_rest_and_the_same_faults() -> None:
    usual, busy = ([draw(seed, busy=busy) for seed in range(50)] for busy in (False, True))
    for one, other in zip(usual, busy, strict=True):
        assert (one.faults, one.acts, one.begins_utc_s) == (
            other.faults,
            other.acts,
            other.begins_utc_s,
        )
        assert all(walk.at_s <= 0.9 * other.calm_s for walk in other.walks)
    resting = [[w for storm in storms for w in storm.walks if w.rest_s] for storms in (usual, busy)]
    assert len(resting[1]) > 10 * len(resting[0])
    assert min(walk.rest_s for walk in resting[1]) < 5.0


@pytest.mark.parametrize("busy", [False, True])
def test_a_scenario_is_read_as_it_was_written(*, busy: bool) -> None:
    for seed in range(30):
        assert scenario_of(draw(seed, busy=busy).to_json()) == draw(seed, busy=busy)


def test_every_fault_is_over_when_the_calm_begins() -> None:
    for seed in range(200):
        scenario = draw(seed)
        assert all(fault.until_s <= scenario.calm_s for fault in scenario.faults)
        assert all(act.at_s <= scenario.calm_s for act in scenario.acts)


# --- whom the judge excuses -----------------------------------------------------------------------


@pytest.mark.parametrize(("rest_s", "sensors"), [(0.0, 1), (120.0, 2)])
def test_who_was_near_another_is_told_apart_at_the_next_sensor_but_one_if_that_one_stood(
    rest_s: float, sensors: int
) -> None:
    rider = Walk(1000.0, 5.0, eastward=True)
    begin_s, end_s = rider.stay(9)
    met_s = Walk(0.0, 1.0, eastward=False, rest_sensor=9, rest_s=rest_s).stay(9)[0]
    other = Walk(begin_s - met_s, 1.0, eastward=False, rest_sensor=9, rest_s=rest_s)
    excused = mixed_s(rider, [rider, other])
    onward_s = rider.stay(10)[1] - end_s + rider.stay(10)[1] - rider.stay(10)[0]
    assert any(a < begin_s and b >= end_s + sensors * onward_s - 0.1 for a, b in excused)
    assert not any(a < end_s + (sensors + 1) * onward_s + 7.0 < b for a, b in excused)


def test_who_is_alone_is_never_excused() -> None:
    rider = Walk(1000.0, 5.0, eastward=True)
    assert mixed_s(rider, [rider, Walk(1300.0, 5.0, eastward=True)]) == []


# --- shrinking ------------------------------------------------------------------------------------


def fake(scenario: Scenario, *, broken: bool) -> Outcome:
    finding = Finding("seen", 1000.0, "dark") if broken else None
    return replace(EMPTY, scenario=scenario, finding=finding)


EMPTY = Outcome(draw(0), None, (), "", (), {}, {})  # type: ignore[arg-type]


def needs_the_cut(scenario: Scenario) -> Outcome:
    """A storm breaks with this fault and any act before it."""
    return fake(scenario, broken=FAULT in scenario.faults and len(scenario.acts) > 0)


def test_what_is_not_needed_is_left_out() -> None:
    drawn = next(x for x in map(draw, range(99)) if len(x.acts) > 3 and len(x.faults) > 3)
    small = Shrinker(needs_the_cut).shrunk(
        fake(replace(drawn, faults=(*drawn.faults, FAULT)), broken=True)
    )
    assert small.finding is not None
    assert small.scenario.faults == (FAULT,)
    assert len(small.scenario.acts) == 1
    assert small.scenario.walks == ()
    assert small.scenario.length_s < drawn.length_s


def test_shrinking_ends() -> None:
    tries: list[Scenario] = []
    shrinker = Shrinker(
        needs_the_cut, most_tries=7, tried=lambda _left, scenario: tries.append(scenario)
    )
    shrinker.shrunk(fake(replace(draw(1), faults=(*draw(1).faults, FAULT)), broken=True))
    assert len(tries) == 7


# --- the command ----------------------------------------------------------------------------------


def test_a_storm_that_breaks_is_shrunk_and_replayed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    neighbours_count_as_there_without_a_broker(monkeypatch)
    monkeypatch.setattr(command, "Shrinker", partial(Shrinker, most_tries=12))
    assert main(["storm", "--seeds", "3", "--jobs", "1"]) == 1
    said = capsys.readouterr().out
    assert "breaks an invariant. what is not known is lit" in said
    assert "cyclelight-sim storm --seed 0 --replay" in said
    small = scenario_of(next(x for x in said.splitlines() if x.startswith("{")))
    assert len(small.faults) < len(draw(0).faults)
    assert "and the node is cut off" in said
    assert "wins" in said


def test_storms_that_hold_say_what_happened(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["storm", "--seeds", "2", "--first", "20", "--jobs", "2"]) == 0
    said = capsys.readouterr().out
    assert "2 storms of two hours" in said
    assert "records kept" in said
    assert "The longest queues" in said


def test_one_storm_is_replayed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    calm = tmp_path / "calm.json"
    calm.write_text(replace(draw(3), length_s=300.0, faults=(), acts=(), walks=()).to_json())
    assert main(["storm", "--scenario", str(calm), "--replay"]) == 0
    said = capsys.readouterr().out
    assert "n1       starts" in said
    assert "logs mqtt connected" in said
    assert "all invariants hold" in said


def test_what_is_no_storm_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "none.json"
    file.write_text('{"seed": 1}')
    assert main(["storm", "--scenario", str(file)]) == 2
    assert "is no storm" in capsys.readouterr().err
    assert main(["storm", "--replay"]) == 2
    assert "needs one storm" in capsys.readouterr().err


@pytest.mark.parametrize("more", [["--busy"], ["--seed", "7"]])
def test_a_storm_that_is_given_is_not_drawn_too(
    more: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "storm.json"
    file.write_text(draw(1).to_json())
    assert main(["storm", "--scenario", str(file), *more]) == 2
    assert "--scenario: is a storm already" in capsys.readouterr().err
