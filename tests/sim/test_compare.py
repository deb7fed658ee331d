import gc
import json
import math
import os
import signal
import subprocess
import sys
import time
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from controller.core.profile import Profile
from firmware_sim.cases import CASES, HARDER_CASES
from firmware_sim.cli import main
from firmware_sim.compare import contest, pictures, pool
from firmware_sim.compare.averages import T_QUANTILES, average, t_quantile
from firmware_sim.compare.contest import Record, run
from firmware_sim.compare.curve import Swept, at_equal_service
from firmware_sim.compare.document import benchmark_document
from firmware_sim.compare.finished import FILE_NAME, Finished, code_version
from firmware_sim.compare.plan import (
    CYCLELIGHT,
    FAMILIES,
    FIRST_SEED,
    MAIN_CASE,
    ORACLE,
    REFERENCES,
    Job,
    Setting,
    jobs,
    profiles,
    references,
    settings,
)
from firmware_sim.compare.results import as_document, gather
from firmware_sim.compare.targets import THROUGH_A_FAULT, Mark, Target, findings
from firmware_sim.node import Log
from firmware_sim.schemes import Timetable, zone_2
from firmware_sim.world import World

WRITTEN = ("results.json", "results.md")


def compare(out: Path, *arguments: str | Path) -> int:
    return main(["compare", "--out", str(out), *map(str, arguments)])


def short(out: Path, seeds: int, *more: str | Path) -> int:
    """The shortest night there is."""
    return compare(out, "--quick", "--cases", "a5-june", "--seeds", str(seeds), *more)


def lines(out: Path) -> list[str]:
    return (out / FILE_NAME).read_text(encoding="utf-8").splitlines()


def made_up(setting: Setting, seed: int) -> Record:
    """A record with figures that depend on the seed only, but for the own cell's light."""
    number = seed - FIRST_SEED + 1
    figures = {
        "energy_wh": 60.0 + number,
        "saving_pct": 70.0,
        "e_over_oracle": 1.1,
        "excess_ratio": 1.4,
        "s_full": 0.99 + 0.001 * number,
        "s_own": 0.989 if setting.disturbance == "loss-20" else 0.999,
        "p5": 0.97,
        "entry_s_full": 0.9,
        "waste_h": 0.5,
        "up_switches": 100.0,
        "up_over_oracle": 1.0,
        "flicker": 0.0,
        "darkness_h": 0.2,
    }
    points = (point.name for family in FAMILIES.values() for point in family.points)
    names = [CYCLELIGHT, ORACLE, *REFERENCES, *points]
    return Record(
        key=Job(setting, seed).key,
        world={"persons": 100.0},
        schemes={name: dict(figures) for name in names},
    )


def test_an_interrupted_comparison_goes_on(tmp_path: Path) -> None:
    assert short(tmp_path, 1, "--jobs", "1") == 0
    first = lines(tmp_path)
    with (tmp_path / FILE_NAME).open("a", encoding="utf-8") as opened:
        opened.write('{"version": "cut o')
    assert short(tmp_path, 2, "--jobs", "1") == 0
    second = lines(tmp_path)
    assert second[:1] == first
    assert len(second) == 2
    before = [(tmp_path / name).read_bytes() for name in WRITTEN]
    assert short(tmp_path, 2) == 0
    assert lines(tmp_path) == second
    assert [(tmp_path / name).read_bytes() for name in WRITTEN] == before
    results = json.loads(before[0])
    (night,) = results["settings"]
    assert (night["case"], results["seeds"]) == ("a5-june", 2)
    for scheme, measures in night["schemes"].items():
        assert measures["energy_wh"]["seeds"] == 2
        assert measures["e_over_oracle"]["mean"] >= (1.0 if scheme != "off-23-05" else 0.0)
    assert night["schemes"][ORACLE]["s_full"]["mean"] == pytest.approx(1.0)


def test_a_job_is_the_same_in_any_process_and_order(tmp_path: Path) -> None:
    wanted = jobs([Setting("a5-june", "good")], 2)
    here = {job.key: run(job) for job in reversed(wanted)}
    there = {record["key"]: record for record in pool.run_all(wanted, 2)}
    assert there == here
    assert here[wanted[0].key] != here[wanted[1].key]
    finished = Finished(tmp_path, "v")
    finished.add(here[wanted[0].key])
    assert Finished(tmp_path, "v").records == {wanted[0].key: here[wanted[0].key]}
    assert Finished(tmp_path, "w").records == {}


def test_a_spoilt_line_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / FILE_NAME).write_text("[]\n", encoding="utf-8")
    assert short(tmp_path, 1) == 2
    said = capsys.readouterr().err
    assert "line 1: is not a finished night" in said
    assert "Hint: " in said


# Tests that are run in the background of a shell are started with Ctrl-C ignored.
IN_FOREGROUND = """
import signal, sys
from firmware_sim.cli import main
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(main())
"""


def test_ctrl_c_ends_it_at_once_and_keeps_what_is_finished(tmp_path: Path) -> None:
    arguments = ["compare", "--out", str(tmp_path), "--cases", "a5-june", "--seeds", "900"]
    process = subprocess.Popen(
        [sys.executable, "-c", IN_FOREGROUND, *arguments, "--jobs", "2"],
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        deadline_s = time.monotonic() + 60.0
        while not (tmp_path / FILE_NAME).exists() and time.monotonic() < deadline_s:
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGINT)
        _, said = process.communicate(timeout=30.0)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 130
    assert b"Traceback" not in said
    assert Finished(tmp_path, code_version()).records


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["--cases", "a5-wint"], "Hint: "),
        (["--cases", "junction", "--quick"], "leaves nothing to run"),
        (["--docs", __file__], "is not a directory"),
    ],
)
def test_a_bad_argument_is_one_clear_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], what: str
) -> None:
    assert compare(tmp_path / "out", *arguments) == 2
    assert what in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_an_output_that_is_no_directory_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = tmp_path / "taken"
    taken.write_text("precious", encoding="utf-8")
    assert short(taken, 1) == 2
    assert "is not a directory" in capsys.readouterr().err
    assert short(taken / "below", 1) == 2
    assert "cannot be used" in capsys.readouterr().err
    assert taken.read_text(encoding="utf-8") == "precious"


@pytest.mark.parametrize(
    "arguments", [["--seeds", "0"], ["--seeds", "many"], ["--jobs", "-1"], ["--jobs", "100000"]]
)
def test_numbers_have_bounds(tmp_path: Path, arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        compare(tmp_path, *arguments)
    assert ended.value.code == 2


def test_a_worker_that_dies_is_told_with_a_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise BrokenProcessPool

    monkeypatch.setattr("firmware_sim.compare.command.run_all", broken)
    assert short(tmp_path, 1) == 1
    assert "the same command goes on" in capsys.readouterr().err


def test_what_has_two_names_is_run_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The default profile is a swept point, and so are some of the fixed zones."""
    main_case = Setting(MAIN_CASE)
    ran = list[Profile]()

    def simulated(world: World, profile: Profile, *_: object) -> Log:
        ran.append(profile)
        return Log(commands=Timetable().light(world))

    monkeypatch.setattr(contest, "simulate", simulated)
    zones = {"a": zone_2(20.0), "b": zone_2(20.0)}
    monkeypatch.setattr(contest, "references", lambda _: zones)
    record = run(Job(main_case, FIRST_SEED))
    assert ran == [Profile(), *(p for p in profiles(main_case).values() if p != Profile())]
    assert len(ran) == len(FAMILIES[CYCLELIGHT].points)
    assert list(record["schemes"]) == [*zones, *profiles(main_case), ORACLE]
    assert record["schemes"]["a"] == record["schemes"]["b"]
    assert gc.isenabled()


def test_no_reported_night_had_a_part_in_tuning() -> None:
    tuned = range(1, 21)
    assert FIRST_SEED not in tuned
    assert [job.seed for job in jobs([Setting(MAIN_CASE)], 3)] == [21, 22, 23]


def test_every_case_and_disturbance_has_its_rows() -> None:
    everything = settings(CASES, quick=False)
    assert {s.case for s in everything} == set(CASES)
    assert len({job.key for job in jobs(everything, 20)}) == 20 * len(everything)
    broken = [s for s in everything if s.disturbance != "none"]
    assert {s.case for s in broken} == {MAIN_CASE}
    assert all(references(s) == {} for s in broken)
    for case in HARDER_CASES:
        assert ORACLE not in references(Setting(case))
        assert list(profiles(Setting(case))) == [CYCLELIGHT]
    swept = {p.name for family in FAMILIES.values() for p in family.points}
    assert swept <= {*references(Setting(MAIN_CASE)), *profiles(Setting(MAIN_CASE))}
    assert [s.case for s in settings(CASES, quick=True)] == ["a5-winter", "a6-winter", "a5-june"]


def test_intervals_are_student_s() -> None:
    # Gosset's own first example, additional hours of sleep: t = 1.833 for 9 degrees at 95 %.
    hours = [0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0.0, 2.0]
    found = average(hours)
    assert found.mean == pytest.approx(0.75)
    sd = math.sqrt(sum((h - 0.75) ** 2 for h in hours) / 9)
    assert found.ci95 == pytest.approx(2.2622 * sd / math.sqrt(10))
    assert average([3.0]).ci95 is None
    assert average([3.0, 3.0]).ci95 == 0.0


def test_quantiles_fall_towards_the_normal_one() -> None:
    quantiles = [t_quantile(n) for n in range(1, 2000)]
    assert quantiles == sorted(quantiles, reverse=True)
    assert t_quantile(len(T_QUANTILES) + 1) == pytest.approx(2.0395, abs=2e-4)
    assert t_quantile(120) == pytest.approx(1.9799, abs=1e-4)
    assert t_quantile(10**6) == pytest.approx(1.95996, abs=1e-4)


def swept(*points: tuple[float, float, float]) -> list[Swept]:
    return [Swept(v, energy, 100.0 - energy, s_full) for v, energy, s_full in points]


def test_energy_at_equal_service_lies_between_the_points() -> None:
    found = at_equal_service(swept((5, 80.0, 0.97), (10, 90.0, 0.98), (20, 100.0, 1.0)))
    assert found is not None
    assert (found.value_s, found.energy_wh, found.s_full) == pytest.approx((15.0, 95.0, 0.99))
    assert at_equal_service(swept((5, 80.0, 0.97), (10, 90.0, 0.98))) is None
    assert at_equal_service([]) is None
    served = at_equal_service(swept((5, 80.0, 0.995), (10, 90.0, 0.999)))
    assert served is not None
    assert served.energy_wh == 80.0


def test_a_mark_says_how_a_result_stands() -> None:
    more, less = Target("m", 99.0, 99.5), Target("l", 1.15, 1.10, less_is_better=True)
    assert [more.mark(v) for v in (98.9, 99.0, 99.5)] == [Mark.MISSED, Mark.REACHED, Mark.BEYOND]
    assert [less.mark(v) for v in (1.2, 1.15, 1.1)] == [Mark.MISSED, Mark.REACHED, Mark.BEYOND]
    assert Target("z", 0.0, 0.0, less_is_better=True).mark(0.1) is Mark.MISSED


def test_the_main_case_has_pictures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def simulated(world: World, *_: object) -> Log:
        return Log(commands=Timetable().light(world))

    monkeypatch.setattr(pictures, "simulate", simulated)
    for case, names in ((MAIN_CASE, [pictures.CURVE, pictures.NIGHT]), ("a5-june", [])):
        where = [Setting(case)]
        nights = [made_up(job.setting, job.seed) for job in jobs(where, 2)]
        results = gather(where, 2, {night["key"]: night for night in nights})
        drawn = pictures.draw(results, tmp_path)
        assert [file.name for file in drawn] == names
        assert all(file.read_bytes().startswith(b"\x89PNG") for file in drawn)


def test_the_page_states_targets_beside_results_and_what_was_left_out() -> None:
    where = settings(["a5-winter", "a6-winter", "junction"], quick=False)
    nights = [made_up(job.setting, job.seed) for job in jobs(where, 3)]
    results = gather(where, 3, {night["key"]: night for night in nights})
    page = benchmark_document(results, "pictures")
    assert "make benchmark" in page
    assert f"{3 * len(where)} simulated nights: 3 seeds, from 21 on" in page
    assert "chosen on seeds 1 to 20" in page.replace("\n", " ")
    found = list(findings(results))
    missed = [f for f in found if f.mark is Mark.MISSED]
    faults = THROUGH_A_FAULT.what
    assert [f.value for f in found if f.target.what == faults] == [pytest.approx(98.9)]
    in_row = [line.split(" | ")[0] for line in page.splitlines() if line.endswith("**missed** |")]
    assert in_row[-1] == "| loss 20"
    assert len(in_row) == len(missed) + 1
    unmeasured = [f for f in found if f.mark is None]
    assert {f.where for f in unmeasured} == {"A5 June"}
    assert page.count("not measured") == len(unmeasured)
    assert "Not run this time" in page
    assert "a path with a junction" in page
    assert "99.20 ± 0.25" in page
    document = as_document(results)
    assert [s["case"] for s in document["settings"]] == [s.case for s in where]
    assert set(document["curves"]) == set(FAMILIES)
    assert max(len(line) for line in page.splitlines() if not line.startswith("|")) <= 100
