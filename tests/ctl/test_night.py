"""`config validate`: profiles tried out without a broker."""

import json
from datetime import date
from pathlib import Path

import pytest

from controller.core.profile import Profile
from controller.ctl.night import timeline
from controller.settings.path import load_path
from tests.ctl.ran import run

ROOT = Path(__file__).parents[2]
SMALL = ROOT / "config" / "paths" / "small.toml"
DEFAULT = ROOT / "config" / "profiles" / "default.toml"

RULES = """
levels.base_pct = 10
levels.presence_pct = 90

[[rules]]
name = "late"
from = "23:00"
to = "05:00"
base_pct = 5
presence_pct = 60

[[rules]]
name = "weekend"
weekdays = ["fri", "sat"]
from = "23:00"
to = "05:00"
base_pct = 10
"""


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    file = tmp_path / "p.toml"
    file.write_text(RULES)
    return file


def test_a_night_is_shown_from_dusk_to_dawn(profile: Path) -> None:
    ran = run(
        *("ctl", "config", "validate", str(profile)),
        *("--path-file", str(SMALL), "--date", "2026-01-15"),
    )
    assert (ran.status, ran.err) == (0, "")
    assert ran.out == (
        f"{profile}: ok\n"
        "\n"
        "night of 2026-01-15, times of Europe/Berlin\n"
        "\n"
        "section s1\n"
        "  17:00  dusk: base 10 %, presence 90 %\n"
        '  23:00  base 5 % (rule "late"), presence 60 % (rule "late")\n'
        "  05:00  base 10 %, presence 90 %\n"
        "  08:16  dawn: lamps off\n"
        "\n"
        "A light sensor may add up to 30 min at each end.\n"
    )


def test_a_night_belongs_to_the_day_it_begins_on(profile: Path) -> None:
    friday = ("--path-file", str(SMALL), "--date", "2026-01-16")
    ran = run("ctl", "config", "validate", str(profile), *friday, "--json")
    (stretches,) = json.loads(ran.out)["night"]["sections"].values()
    assert [(x["from"][11:16], x["base_pct"], x["base_rule"]) for x in stretches[1:]] == [
        ("23:00", 10.0, "weekend"),
        ("05:00", 10.0, ""),
    ]
    assert stretches[-1]["to"].startswith("2026-01-17T08:16")


def test_without_a_path_a_sound_profile_is_just_ok(profile: Path) -> None:
    ran = run("ctl", "config", "validate", str(profile))
    assert (ran.status, ran.out, ran.err) == (0, f"{profile}: ok\n", "")


def test_every_fault_is_told_with_its_place(profile: Path) -> None:
    profile.write_text("[levels]\nbase_pct = 120\n[presence]\nholds_s = 1\n")
    ran = run("ctl", "config", "validate", str(profile))
    assert (ran.status, ran.out) == (2, "")
    assert "2 faults" in ran.err
    assert "levels.base_pct: 120 is above" in ran.err
    assert 'did you mean "hold_s"' in ran.err


def test_rules_must_fit_the_path(profile: Path) -> None:
    profile.write_text('[[rules]]\nname = "x"\nsections = ["s9"]\nbase_pct = 5\n')
    assert run("ctl", "config", "validate", str(profile)).status == 0
    ran = run("ctl", "config", "validate", str(profile), "--path-file", str(SMALL))
    assert ran.status == 2
    assert '"s9"' in ran.err


def test_a_day_without_a_path_is_half_a_question(profile: Path) -> None:
    ran = run("ctl", "config", "validate", str(profile), "--date", "2026-01-15")
    assert ran.status == 2
    assert "add --path-file" in ran.err
    bad = run("ctl", "config", "validate", str(profile), "--date", "9999-99-99")
    assert (bad.status, "is not a date like 2026-01-15" in bad.err) == (2, True)


@pytest.mark.parametrize(("when", "dark_h"), [(date(2026, 6, 21), 0.0), (date(2026, 12, 21), 24.0)])
def test_where_the_sun_does_not_set_or_rise(tmp_path: Path, when: date, dark_h: float) -> None:
    file = tmp_path / "north.toml"
    file.write_text(SMALL.read_text().replace("latitude = 51.57", "latitude = 75.0"))
    (stretches,) = timeline(Profile(), load_path(file), when).sections.values()
    assert sum(x.end_s - x.begin_s for x in stretches) == dark_h * 3600.0
    where = ("--path-file", str(file), "--date", when.isoformat())
    ran = run("ctl", "config", "validate", str(DEFAULT), *where)
    assert ("never gets dark" in ran.out) == (dark_h == 0.0)
