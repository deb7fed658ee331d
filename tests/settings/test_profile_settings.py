import dataclasses
import json
import pathlib

import pytest

from controller.core.profile import Baseline, NightTime, Profile
from controller.settings.faults import Fault, SettingsError
from controller.settings.profile import (
    ProfileFile,
    ProfileSettings,
    load_profile,
    parse_profile,
    profile_document,
)

PROFILES = pathlib.Path(__file__).parents[2] / "config" / "profiles"


def faults_of(data: object) -> tuple[Fault, ...]:
    with pytest.raises(SettingsError) as caught:
        parse_profile(data, version=1, source="cyclelight/v1/t/p/n/config/desired")
    return caught.value.faults


def test_nothing_said_is_the_core_default() -> None:
    assert parse_profile({}, version=0, source="test") == Profile()


def test_the_default_file_says_every_setting_and_equals_the_default() -> None:
    file = PROFILES / "default.toml"
    assert load_profile(file) == Profile()
    said = file.read_text()
    assert "[[rules]]" in said
    for section in dataclasses.fields(Profile):
        if section.name == "rules":
            continue
        default = getattr(Profile(), section.name)
        names = dataclasses.fields(default) if dataclasses.is_dataclass(default) else [section]
        written = {"begin": "from", "end": "to"}
        assert all(f"{written.get(x.name, x.name)} = " in said for x in names if x.name not in OWN)


OWN = ("level_pct", "lamp_w")
"""Settings of a baseline that only some have."""


def test_the_models_mirror_the_core() -> None:
    assert list(ProfileFile.model_fields) != []
    assert set(ProfileFile.model_fields) == {field.name for field in dataclasses.fields(Profile)}
    for name, field in ProfileSettings.model_fields.items():
        if name == "rules":
            continue
        ours = set(type(field.default).model_fields)
        assert ours == {one.name for one in dataclasses.fields(getattr(Profile(), name))}


def test_a_profile_survives_json() -> None:
    profile = load_profile(PROFILES / "kanalpromenade.toml")
    document = json.loads(json.dumps(profile_document(profile)))
    assert "version" not in document
    assert parse_profile(document, version=profile.version, source="test") == profile


def test_a_part_keeps_the_other_defaults_and_whole_numbers_become_floats() -> None:
    profile = parse_profile({"levels": {"base_pct": 5}}, version=7, source="test")
    levels = dataclasses.replace(Profile().levels, base_pct=5.0)
    assert profile == dataclasses.replace(Profile(), version=7, levels=levels)
    assert isinstance(profile.levels.base_pct, float)


def test_light_need_not_be_held_at_all() -> None:
    presence = {"hold_s": 0, "calm_s": 0}
    profile = parse_profile({"presence": presence}, version=1, source="test")
    assert (profile.presence.hold_s, profile.presence.calm_s) == (0.0, 0.0)


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ({"kind": "part_night"}, Baseline("part_night", level_pct=0.0)),
        ({"kind": "half_night", "version": 7}, Baseline("half_night", 7, level_pct=50.0)),
        (
            {"from": "sunset+2h", "to": "dawn-30min"},
            Baseline(begin=NightTime("sunset", 120), end=NightTime("dawn", -30)),
        ),
        ({"kind": "own"}, Baseline("own")),
        (
            {"kind": "own", "level_pct": 0, "lamp_w": 70},
            Baseline("own", level_pct=0.0, lamp_w=70.0),
        ),
    ],
)
def test_baselines_are_declared(said: dict[str, object], meant: Baseline) -> None:
    profile = parse_profile({"baseline": said}, version=1, source="test")
    assert profile.baseline == meant
    document = json.loads(json.dumps(profile_document(profile)))
    assert parse_profile(document, version=1, source="test") == profile


def test_a_faulty_baseline_hides_no_other_fault() -> None:
    faults = faults_of({"baseline": {"kind": 3, "from": "x", "to": "23:00", "level_pct": 50}})
    assert [fault.place for fault in faults] == ["baseline.kind", "baseline.from"]


FAULTY: list[tuple[object, str, str, str]] = [
    ([], "document", "is a list, not a table", ""),
    (None, "document", "is nothing, not a table", ""),
    ({"level": {}}, "level", "not a known", '"levels"'),
    ({"version": 3}, "version", "not a known", ""),
    ({"levels": {"base": 1}}, "levels.base", "not a known", '"base_pct"'),
    ({"levels": 5}, "levels", "is a number, not a table", ""),
    ({"levels": {"base_pct": "10"}}, "levels.base_pct", "is text, not a number", "0 to 100"),
    ({"levels": {"base_pct": True}}, "levels.base_pct", "truth value", "0 to 100"),
    ({"levels": {"base_pct": None}}, "levels.base_pct", "is nothing", "0 to 100"),
    ({"levels": {"base_pct": -1}}, "levels.base_pct", "-1 is below", "0 to 100"),
    ({"levels": {"presence_pct": 101}}, "levels.presence_pct", "101 is above", "0 to 100"),
    ({"levels": {"base_pct": float("nan")}}, "levels.base_pct", "nan is not a finite", ""),
    ({"levels": {"base_pct": 10**400}}, "levels.base_pct", "", "0 to 100"),
    (
        {"levels": {"base_pct": 60, "presence_pct": 50}},
        "levels.base_pct",
        "60 is above presence_pct (50)",
        "raise presence_pct",
    ),
    ({"levels": {"presence_pct": 5}}, "levels.base_pct", "10 is above presence_pct (5)", "lower"),
    ({"levels": {"presence_pct": 5}}, "levels.safety_floor_pct", "above presence_pct", "lower"),
    ({"levels": {"fail_safe_pct": 5}}, "levels.base_pct", "above fail_safe_pct", "lower"),
    (
        {"levels": {"fail_safe_pct": 5, "base_pct": 0}},
        "levels.safety_floor_pct",
        "above fail_safe_pct",
        "lower",
    ),
    (
        {"levels": {"safety_floor_pct": 4.9}},
        "levels.safety_floor_pct",
        "least value",
        "in the dark",
    ),
    (
        {"daylight": {"on_elevation_deg": -1}},
        "daylight.on_elevation_deg",
        "-1 is above off_elevation_deg (-2)",
        "lower",
    ),
    ({"daylight": {"off_elevation_deg": 1}}, "daylight.off_elevation_deg", "above the", "-18"),
    ({"daylight": {"on_elevation_deg": -19}}, "daylight.on_elevation_deg", "below", "-18"),
    ({"daylight": {"on_lux": 50}}, "daylight.on_lux", "50 is not below off_lux (50)", "room"),
    ({"daylight": {"advance_s": 3601}}, "daylight.advance_s", "above", "3600"),
    ({"presence": {"hold_s": -1}}, "presence.hold_s", "-1 is below the least value, 0", "3600"),
    ({"presence": {"hold_s": 3601}}, "presence.hold_s", "above", "3600"),
    ({"presence": {"calm_s": -0.1}}, "presence.calm_s", "-0.1 is below the least value, 0", "60"),
    ({"presence": {"calm_s": 61}}, "presence.calm_s", "61 is above the greatest value, 60", "60"),
    ({"presence": {"fade_up_s": 61}}, "presence.fade_up_s", "above", "60"),
    ({"presence": {"slowest_m_s": 0.1}}, "presence.slowest_m_s", "below", "0.2"),
    ({"presence": {"fastest_m_s": 16}}, "presence.fastest_m_s", "above", "15"),
    ({"presence": {"slowest_m_s": 9}}, "presence.slowest_m_s", "above fastest_m_s", "raise"),
    ({"override": {"default_s": 100, "greatest_s": 50}}, "override.default_s", "above", "raise"),
    ({"override": {"greatest_s": 86401}}, "override.greatest_s", "above", "86400"),
    ({"privacy": {"least_count": 4}}, "privacy.least_count", "4 is below the least", "5 to 1000"),
    ({"privacy": {"bin_h": 5}}, "privacy.bin_h", "is not one of the choices", "hours"),
    ({"baseline": {"kind": "none"}}, "baseline.kind", "is not one of the choices", "half_night"),
    ({"baseline": {"version": 0}}, "baseline.version", "0 is below", "another one"),
    ({"baseline": {"from": "25:00"}}, "baseline.from", "no time of night", "23:00"),
    ({"baseline": {"from": "05:00", "to": "23:00"}}, "baseline.to", "no later than from", "swap"),
    ({"baseline": {"to": "23:00"}}, "baseline.to", "no later than from", "swap"),
    ({"baseline": {"level_pct": 50}}, "baseline.level_pct", "for kind own only", "remove"),
    (
        {"baseline": {"kind": "half_night", "lamp_w": 70}},
        "baseline.lamp_w",
        "for kind own only",
        "remove",
    ),
    ({"baseline": {"kind": "own", "lamp_w": 0}}, "baseline.lamp_w", "above 0", "watts"),
    ({"co2_g_per_kwh": {"value": 300}}, "co2_g_per_kwh.year", "missing", "year"),
    ({"price_per_kwh": 0.3}, "price_per_kwh", "is a number, not a table", "source = ..."),
]


@pytest.mark.parametrize(("data", "place", "problem", "hint"), FAULTY)
def test_a_fault_has_its_place_and_a_hint(
    data: object, place: str, problem: str, hint: str
) -> None:
    matching = [fault for fault in faults_of(data) if fault.place == place]
    assert any(problem in fault.problem and hint in fault.hint for fault in matching), matching


def test_structure_and_contradictions_are_told_together() -> None:
    faults = faults_of({"levels": {"base_pct": 60, "presence_pct": 50}, "presence": {"hold": 1}})
    assert [fault.place for fault in faults] == ["presence.hold", "levels.base_pct"]


def test_foreign_text_cannot_upset_a_terminal_or_an_encoder() -> None:
    for name in ("\x1b[2J", "\ud800", "x" * 10_000):
        (fault,) = faults_of({name: 1})
        text = str(fault)
        assert text.isprintable()
        assert len(text.encode()) < 300


def test_a_faulty_value_is_not_compared() -> None:
    (fault,) = faults_of({"levels": {"presence_pct": -5}})
    assert fault.place == "levels.presence_pct"


def test_a_file_may_carry_a_version_and_wants_a_whole_number(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "profile.toml"
    file.write_text("version = 4\n")
    assert load_profile(file) == Profile(version=4)
    file.write_text("version = 1.5\n")
    with pytest.raises(SettingsError, match=r"version: is a number, not a whole number"):
        load_profile(file)
