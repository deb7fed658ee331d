"""Profiles as files and patches, and what sets two apart."""

import tomllib
from pathlib import Path

import pytest

from controller.ctl.profiles import patch_of, read_profile, sendable
from controller.ctl.settings import as_toml, differences, leaves
from controller.ctl.trouble import CtlError
from controller.settings.faults import SettingsError

PROFILE = {
    "levels": {"base_pct": 10.0, "presence_pct": 80.0},
    "rules": [
        {"name": "late", "from": "23:00", "base_pct": 5.0},
        {"name": "bats", "cap_pct": 25.0, "sections": ["s1", "s2"]},
    ],
}


def test_files_may_be_toml_or_json_and_their_version_stays_outside(tmp_path: Path) -> None:
    toml, json = tmp_path / "p.toml", tmp_path / "p.json"
    toml.write_text("version = 7\n[levels]\nbase_pct = 20\n")
    json.write_text('{"version": 7, "levels": {"base_pct": 20}}')
    assert read_profile(toml) == read_profile(json) == {"levels": {"base_pct": 20}}


@pytest.mark.parametrize("content", ["[]", "{", "", '{"a": NaN}', "[" * 999, '{"a": 1, "a": 2}'])
def test_what_is_no_json_is_said_so(tmp_path: Path, content: str) -> None:
    file = tmp_path / "p.json"
    file.write_text(content)
    with pytest.raises(CtlError, match=r"p\.json: .*Hint: "):
        read_profile(file)


@pytest.mark.parametrize("name", ["gone.json", "gone.toml"])
def test_a_file_that_is_not_there_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises((CtlError, SettingsError), match="cannot be read"):
        read_profile(tmp_path / name)


def test_assignments_make_a_merge_patch() -> None:
    assert patch_of(
        ["levels.base_pct=20", "levels.presence_pct = 80.5", "privacy.tell_presence=true"]
    ) == {
        "levels": {"base_pct": 20, "presence_pct": 80.5},
        "privacy": {"tell_presence": True},
    }
    assert patch_of(["rules=null", "co2_g_per_kwh.source=a = b"]) == {
        "rules": None,
        "co2_g_per_kwh": {"source": "a = b"},
    }
    assert patch_of(['rules=[{"name":"x"}]']) == {"rules": [{"name": "x"}]}


@pytest.mark.parametrize(
    "assignments", [["levels"], ["=1"], ["a..b=1"], [".=1"], ["a=1", "a.b=2"], [".".join("a" * 99)]]
)
def test_what_is_no_assignment_is_refused(assignments: list[str]) -> None:
    with pytest.raises(CtlError, match=r"--patch: .*Hint: "):
        patch_of(assignments)


def test_more_than_nodes_accept_is_not_sent() -> None:
    with pytest.raises(CtlError, match="more than nodes accept"):
        sendable({"text": "x" * 65_000}, "p.toml")


def test_every_setting_has_a_place() -> None:
    assert dict(leaves(PROFILE)) == {
        "levels.base_pct": 10.0,
        "levels.presence_pct": 80.0,
        'rules "late".name': "late",
        'rules "late".from': "23:00",
        'rules "late".base_pct': 5.0,
        'rules "bats".name': "bats",
        'rules "bats".cap_pct': 25.0,
        'rules "bats".sections': ["s1", "s2"],
    }


def test_only_what_would_change_is_a_difference() -> None:
    wanted = {"levels": {"base_pct": 10}, "presence": {"hold_s": 30}}
    assert differences(PROFILE, wanted) == ["presence.hold_s: not reported, 30 in the file"]


def test_a_list_is_replaced_as_a_whole() -> None:
    wanted = {"rules": [{"name": "late", "from": "22:00", "base_pct": 5}]}
    assert differences(PROFILE, wanted) == [
        'rules "late".from: "23:00" reported, "22:00" in the file',
        'rules "bats".cap_pct: 25.0 reported, not in the file',
        'rules "bats".name: "bats" reported, not in the file',
        'rules "bats".sections: ["s1", "s2"] reported, not in the file',
    ]
    assert differences(PROFILE, {"rules": []})[0].startswith("rules: not reported, []")


def test_what_is_printed_is_a_profile_file_again() -> None:
    profile = {**PROFILE, "co2": {"source": 'a "quoted" ü \x7f\\', "year": 2024, "on": True}}
    assert tomllib.loads("\n".join(as_toml(profile))) == profile
    assert as_toml({"a": None, "b": {"c": [{}]}}) == ["b.c = [{}]"]
