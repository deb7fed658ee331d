import csv
import json
import math
import subprocess
import sys
from datetime import date, datetime
from pathlib import Path

import pytest

from controller.core.energy import power_w
from controller.core.fade import Fade
from controller.core.profile import Profile
from controller.settings.path import load_path
from firmware_sim.cli import main
from firmware_sim.crowd import typical_crowd
from firmware_sim.people import Kind
from firmware_sim.score import judge
from firmware_sim.sensors import GRADES
from firmware_sim.simulation import simulate
from firmware_sim.span import night_span
from firmware_sim.summary import baseline_wh, summarise
from firmware_sim.world import build_world
from tests.support.data import ROOT, data_file

KANALPROMENADE = ROOT / "config" / "paths" / "kanalpromenade.toml"
SMALL = ROOT / "config" / "paths" / "small.toml"
QUIET = ROOT / "config" / "traffic" / "a6-winter.toml"
JUNE = ROOT / "config" / "traffic" / "a5-june.toml"
FILES = ("summary.json", "meta.json", "levels.csv", "detections.csv", "trajectories.csv")
PICTURES = ("night.png", "zoom.png", "energy.png")


def night(out: Path, *arguments: str | Path) -> int:
    return main(["night", "--out", str(out), *map(str, arguments)])


def small_night(out: Path, *more: str | Path) -> int:
    return night(out, "--path", SMALL, "--traffic", QUIET, "--date", "2025-06-20", *more)


def contents(out: Path, names: tuple[str, ...] = FILES) -> list[bytes]:
    return [(out / name).read_bytes() for name in names]


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(newline="", encoding="utf-8") as opened:
        return list(csv.DictReader(opened))


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        assert small_night(tmp_path / name, "--seed", str(seed), "--plot") == 0
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert contents(tmp_path / "a", PICTURES) == contents(tmp_path / "b", PICTURES)
    differing = [
        a != c for a, c in zip(contents(tmp_path / "a"), contents(tmp_path / "c"), strict=True)
    ]
    assert all(differing)


def test_trajectories_given_back_make_the_same_night(tmp_path: Path) -> None:
    assert small_night(tmp_path / "a") == 0
    given = tmp_path / "a" / "trajectories.csv"
    people = ["--path", SMALL, "--trajectories", given, "--date", "2025-06-20"]
    assert night(tmp_path / "b", *people) == 0
    assert contents(tmp_path / "a", FILES[2:]) == contents(tmp_path / "b", FILES[2:])
    summaries = [json.loads((tmp_path / n / "summary.json").read_text()) for n in ("a", "b")]
    assert summaries[0] == summaries[1]


def test_files_agree_with_each_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert small_night(tmp_path) == 0
    summary = json.loads((tmp_path / "summary.json").read_text())["cyclelight"]
    meta = json.loads((tmp_path / "meta.json").read_text(encoding="utf-8"))
    kinds = {r["rider"]: r["kind"] for r in rows_of(tmp_path / "trajectories.csv")}
    assert summary["persons"] == len(kinds) == summary["cyclists"] + summary["walkers"]
    assert summary["walkers"] == sum(kind == Kind.PEDESTRIAN for kind in kinds.values())
    assert summary["detections"] == len(rows_of(tmp_path / "detections.csv"))
    times = [float(r["time_s"]) for r in rows_of(tmp_path / "levels.csv")]
    assert times == sorted(times)
    assert meta["start_s"] <= times[0] <= times[-1] <= meta["end_s"]
    assert datetime.fromisoformat(meta["time_zero"]).date() == date(2025, 6, 20)
    assert meta["arguments"]["path"] == "small.toml"
    assert "Stadt Münster" in meta["attribution"]
    report = capsys.readouterr().out
    assert len(report.splitlines()) < 25
    assert f"{summary['saving_pct']:.1f} %" in report
    co2 = Profile().co2_g_per_kwh
    assert f"{co2.value:g} g/kWh, {co2.year}, {co2.source}" in report


def test_the_controllers_account_is_the_integral_of_the_levels_it_wrote(tmp_path: Path) -> None:
    """Integrate levels.csv numerically, knowing only what the file says."""
    assert small_night(tmp_path, "--sensors", "poor") == 0
    meta = json.loads((tmp_path / "meta.json").read_text(encoding="utf-8"))
    path = load_path(SMALL)
    joules = 0.0
    for lamp in path.lamps:
        rows = [r for r in rows_of(tmp_path / "levels.csv") if r["lamp"] == lamp.id]
        ends_s = [*(float(r["time_s"]) for r in rows[1:]), float(meta["end_s"])]
        for row, end_s in zip(rows, ends_s, strict=True):
            begin_s = float(row["time_s"])
            fade = Fade(float(row["from_pct"]), float(row["to_pct"]), begin_s, float(row["fade_s"]))
            ramp_s = min(end_s, fade.end_s) - begin_s
            joules += power_w(lamp.power, fade.to_pct) * max(0.0, end_s - begin_s - ramp_s)
            steps = 400
            for k in range(steps if ramp_s else 0):
                level_pct = fade.level_pct_at(begin_s + ramp_s * (k + 0.5) / steps)
                joules += power_w(lamp.power, level_pct) * ramp_s / steps
    summary = json.loads((tmp_path / "summary.json").read_text())["cyclelight"]
    assert summary["energy_wh"] == pytest.approx(joules / 3600.0 / len(path.lamps), rel=1e-4)


def test_judge_and_controller_agree_on_energy_and_the_account_is_whole() -> None:
    path, profile = load_path(SMALL), Profile()
    span = night_span(path, profile.daylight, date(2025, 6, 20))
    crowd = typical_crowd(QUIET, path, span, seed=1)
    world = build_world(path, span, crowd.people, GRADES["nominal"], seed=1)
    log = simulate(world, profile, 1, lambda _: None)
    verdict = judge(path, span, crowd.people, log.commands)
    summary = summarise(world, log, verdict)
    assert summary.energy_wh == pytest.approx(verdict.energy_wh, rel=1e-9)
    run_s = span.end_s - span.start_s
    assert sum(r.duration_s for r in log.records) == pytest.approx(run_s * len(path.nodes))
    controllers_w = sum(n.controller_w for n in path.nodes)
    overhead_wh = sum(r.overhead_wh for r in log.records)
    assert overhead_wh == pytest.approx(controllers_w * run_s / 3600.0)
    net_wh = (summary.energy_net_wh - summary.energy_wh) * len(path.lamps)
    assert net_wh == pytest.approx(controllers_w * 24.0)
    recorded_wh = sum(lamp.baseline_wh for r in log.records for lamp in r.lamps)
    assert recorded_wh == pytest.approx(baseline_wh(path, span), rel=1e-3)
    assert log.latencies_s


def test_progress_runs_from_none_to_all() -> None:
    path, profile = load_path(SMALL), Profile()
    span = night_span(path, profile.daylight, date(2025, 6, 20))
    world = build_world(path, span, (), GRADES["good"], seed=1)
    shares: list[float] = []
    simulate(world, profile, 1, shares.append)
    assert shares[0] == 0.0
    assert shares[-1] == 1.0
    assert shares == sorted(shares)


def test_a_quiet_night_leaves_lamps_at_base_level_and_judges_nobody(tmp_path: Path) -> None:
    nobody = tmp_path / "nobody.csv"
    nobody.write_text("rider,kind,time_s,section,at_m\n", encoding="utf-8")
    out = tmp_path / "out"
    people = ["--path", SMALL, "--trajectories", nobody, "--sensors", "good"]
    assert night(out, *people, "--plot") == 0
    summary = json.loads((out / "summary.json").read_text())["cyclelight"]
    assert (summary["persons"], summary["s_full"], summary["p5"]) == (0, None, None)
    assert summary["saving_pct"] > 80.0
    assert summary["waste_h"] < 0.1
    assert summary["detections"] == summary["false_alarms"]


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["--path", SMALL, "--counts", "x.csv"], "comes without --date"),
        (["--path", SMALL, "--counts", "x.csv", "--date", "2025-01-15"], "cannot be read"),
        (["--path", "none.toml", "--traffic", QUIET], "none.toml"),
        (["--path", SMALL, "--traffic", "none.toml"], "none.toml"),
        (["--path", SMALL, "--trajectories", QUIET], "is not the header"),
        (["--path", SMALL, "--traffic", QUIET, "--profile", "none.toml"], "none.toml"),
    ],
)
def test_a_bad_input_is_one_clear_message(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str | Path],
    what: str,
) -> None:
    assert night(tmp_path / "out", *arguments) == 2
    said = capsys.readouterr().err
    assert what in said
    assert "Hint: " in said
    assert not (tmp_path / "out").exists()


def test_an_output_that_is_no_directory_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = tmp_path / "taken"
    taken.write_text("precious", encoding="utf-8")
    assert small_night(taken) == 2
    assert "is not a directory" in capsys.readouterr().err
    assert small_night(taken / "below") == 2
    assert "cannot be written" in capsys.readouterr().err
    assert taken.read_text(encoding="utf-8") == "precious"


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["dusk"],
        ["night"],
        ["night", "--path", "x", "--out", "y"],
        ["night", "--path", "x", "--out", "y", "--traffic", "z", "--counts", "z"],
        ["night", "--path", "x", "--out", "y", "--traffic", "z", "--date", "15.1.2025"],
        ["night", "--path", "x", "--out", "y", "--traffic", "z", "--date", "9999-12-31"],
        ["night", "--path", "x", "--out", "y", "--traffic", "z", "--sensors", "perfect"],
        ["night", "--path", "x", "--out", "y", "--traffic", "z", "--seed", "many"],
    ],
)
def test_bad_arguments_end_with_status_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2


def test_help_is_complete_and_quick_to_load() -> None:
    code = (
        "import sys; from firmware_sim.cli import main\n"
        "try: main(['night', '--help'])\n"
        "except SystemExit: print(sorted(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30
    )
    for option in ("--path", "--counts", "--trajectories", "--traffic", "--sensors", "--plot"):
        assert option in done.stdout
    for slow in ("'matplotlib'", "'gpiozero'", "'amqtt'", "'rich'"):
        assert slow not in done.stdout


@pytest.mark.parametrize(
    ("counts", "quiet"),
    [
        ("counts/muenster_100053305_kanalpromenade5_adaptive_pilot_2025.csv.gz", False),
        ("counts/RAW_300037936_2025-01.csv", True),
    ],
)
def test_a_real_night_on_the_kanalpromenade(tmp_path: Path, counts: str, *, quiet: bool) -> None:
    file = data_file(counts)
    arguments = ["--path", KANALPROMENADE, "--counts", file, "--date", "2025-01-15"]
    assert night(tmp_path, *arguments) == 0
    summary = json.loads((tmp_path / "summary.json").read_text())["cyclelight"]
    assert (20 if quiet else 200) < summary["cyclists"] < (200 if quiet else 800)
    assert 15.0 < summary["dark_h"] < 15.7
    assert summary["baseline_wh"] == pytest.approx(15.0 * summary["dark_h"], rel=1e-6)
    assert (75.0 if quiet else 65.0) < summary["saving_pct"] < (82.0 if quiet else 74.0)
    assert summary["s_full"] > 0.98
    assert summary["s_own"] > 0.99
    assert 0.0 < summary["darkness_h"] < 0.5
    assert not math.isnan(summary["latency_ms"]["p99"])
    span_kinds = {r["kind"] for r in rows_of(tmp_path / "trajectories.csv")}
    assert span_kinds == {"cyclist", "pedestrian"}
