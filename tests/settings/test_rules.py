"""Rules of a profile: what is accepted, what is refused and why, here and on a path."""

import dataclasses
import json
import pathlib
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.core.path import Path
from controller.core.profile import NightTime, Profile, Rule
from controller.settings.check import check_files
from controller.settings.faults import Fault, SettingsError
from controller.settings.path import load_path
from controller.settings.profile import load_profile, parse_profile, profile_document
from controller.settings.rule_checks import gap_notes
from controller.settings.rules import MOST_RULES, RuleSettings, core_rule, rule_document
from controller.settings.schema import schema
from controller.settings.site import load_installation
from tests.core.build import straight_path

CONFIG = pathlib.Path(__file__).parents[2] / "config"
MUENSTER = load_path(CONFIG / "paths" / "kanalpromenade.toml")
LONGYEARBYEN = dataclasses.replace(
    straight_path(), latitude_deg=78.22, longitude_deg=15.63, timezone="Arctic/Longyearbyen"
)

Given = dict[str, Any]


def ruled(*rules: Given, path: Path | None = None, **tables: object) -> Profile:
    data = {"rules": list(rules), **tables}
    return parse_profile(data, version=1, source="test", path=path)


def faults_of(*rules: Given, path: Path | None = None, **tables: object) -> tuple[Fault, ...]:
    with pytest.raises(SettingsError) as caught:
        ruled(*rules, path=path, **tables)
    return caught.value.faults


def rule(**said: object) -> Given:
    """A rule "a" that sets something; `begin` stands for `from`, which Python reserves."""
    renamed = {"from" if name == "begin" else name: value for name, value in said.items()}
    return {"name": "a", "base_pct": 5, **renamed}


# --- what is accepted -----------------------------------------------------------------------------


def test_every_setting_of_a_rule_reaches_the_core() -> None:
    said = {
        "name": "late",
        "months": [4, 5, 10],
        "dates": ["04-01", "10-31"],
        "weekdays": ["mon", "sun"],
        "from": "sunset+30min",
        "to": "04:30",
        "sections": ["canal"],
        "base_pct": 0,
        "presence_pct": 80,
        "cap_pct": 25,
        "nature": True,
    }
    assert ruled(said).rules == (
        Rule(
            name="late",
            months=(4, 5, 10),
            weekdays=(0, 6),
            dates=((4, 1), (10, 31)),
            begin=NightTime("sunset", 30),
            end=NightTime(None, 270),
            sections=("canal",),
            base_pct=0.0,
            presence_pct=80.0,
            cap_pct=25.0,
            nature=True,
        ),
    )


def test_what_a_rule_does_not_say_is_said_by_nobody() -> None:
    assert ruled({"name": "a", "cap_pct": 30}).rules == (Rule("a", cap_pct=30.0),)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("00:00", NightTime(None, 0)),
        ("23:59", NightTime(None, 1439)),
        ("sunset", NightTime("sunset", 0)),
        ("sunrise-1h", NightTime("sunrise", -60)),
        ("dusk+6h", NightTime("dusk", 360)),
        ("dawn-360min", NightTime("dawn", -360)),
        ("dawn-0min", NightTime("dawn", 0)),
    ],
)
def test_times_of_night(text: str, time: NightTime) -> None:
    assert ruled(rule(begin=text)).rules[0].begin == time


def test_the_order_of_rules_is_kept() -> None:
    names = ["z", "m", "a"]
    rules = [{**rule(), "name": name, "sections": [name]} for name in names]
    assert [one.name for one in ruled(*rules).rules] == names


NAMES = st.from_regex(r"[A-Za-z0-9_-]{1,32}", fullmatch=True)
TIMES = (
    st.none()
    | st.builds(NightTime, st.none(), st.integers(0, 1439))
    | st.builds(
        NightTime, st.sampled_from(["sunset", "sunrise", "dusk", "dawn"]), st.integers(-360, 360)
    )
)
DAYS = st.dates().map(lambda day: (day.month, day.day)) | st.just((2, 29))
PERCENT = st.none() | st.floats(0.0, 100.0)
RULES = st.builds(
    Rule,
    name=NAMES,
    months=st.lists(st.integers(1, 12), max_size=12).map(tuple),
    weekdays=st.lists(st.integers(0, 6), max_size=7).map(tuple),
    dates=st.none() | st.tuples(DAYS, DAYS),
    begin=TIMES,
    end=TIMES,
    sections=st.lists(NAMES, max_size=5).map(tuple),
    base_pct=PERCENT,
    presence_pct=PERCENT,
    cap_pct=PERCENT,
    nature=st.booleans(),
)


@given(RULES)
@settings(deadline=None)
def test_a_rule_survives_json(one: Rule) -> None:
    document = json.loads(json.dumps(rule_document(one)))
    assert core_rule(RuleSettings.model_validate(document)) == one


def test_a_profile_with_rules_survives_json() -> None:
    for file in sorted((CONFIG / "profiles").glob("*.toml")):
        profile = load_profile(file)
        document = json.loads(json.dumps(profile_document(profile)))
        assert parse_profile(document, version=profile.version, source="test") == profile


# --- what is refused ------------------------------------------------------------------------------

NO_TIME = 'write it like "23:00", "sunset+30min" or "dawn-1h"'

FAULTY: list[tuple[list[Given], str, str, str]] = [
    # form
    ([{"base_pct": 5}], "rules #1 name", "is missing", "1 to 32 letters"),
    ([rule(name="a b")], "rules #1 name", "not a valid name", "1 to 32 letters"),
    ([rule(name="x" * 33)], "rules #1 name", "not a valid name", "1 to 32 letters"),
    ([rule(colour=3000)], 'rules "a" colour', "not a known setting", "colour_k"),
    ([rule(begin="24:00")], 'rules "a" from', "is no time of night", NO_TIME),
    ([rule(begin="9:00")], 'rules "a" from', "is no time of night", NO_TIME),
    ([rule(begin="\u0662\u0663:00")], 'rules "a" from', "is no time of night", NO_TIME),
    ([rule(begin="23:00\n")], 'rules "a" from', "is no time of night", NO_TIME),
    ([rule(to="noon")], 'rules "a" to', "is no time of night", NO_TIME),
    ([rule(to="sunset+30")], 'rules "a" to', "is no time of night", NO_TIME),
    ([rule(to=2300)], 'rules "a" to', "is a number, not text", NO_TIME),
    ([rule(to="dawn+361min")], 'rules "a" to', "too far from the sun's event", "360"),
    ([rule(to="dawn-7h")], 'rules "a" to', "too far from the sun's event", "360"),
    ([rule(months=[0])], 'rules "a" months #1', "0 is below the least value, 1", "months"),
    ([rule(months=[1, 13])], 'rules "a" months #2', "13 is above", "months"),
    ([rule(months=[*range(1, 13), 1])], 'rules "a" months', "too many", "months"),
    ([rule(months="may")], 'rules "a" months', "is text, not a list", "months"),
    ([rule(weekdays=["monday"])], 'rules "a" weekdays #1', "not one of the choices", "'mon'"),
    ([rule(dates=["02-30", "03-01"])], 'rules "a" dates #1', "no day of the year", "04-01"),
    ([rule(dates=["01-01", "1-2"])], 'rules "a" dates #2', "no day of the year", "04-01"),
    ([rule(dates=["01-01"])], 'rules "a" dates #2', "is missing", "first and last day"),
    ([rule(sections=["a b"])], 'rules "a" sections #1', "not a valid name", "section"),
    ([rule(base_pct=101)], 'rules "a" base_pct', "101 is above", "0 to 100"),
    ([rule(cap_pct="25")], 'rules "a" cap_pct', "is text, not a number", "0 to 100"),
    ([rule(nature="yes")], 'rules "a" nature', "is text, not true or false", "true or false"),
    # within a rule
    ([{"name": "a"}], 'rules "a"', "sets nothing", "base_pct"),
    ([{"name": "a", "base_pct": None}], 'rules "a"', "sets nothing", "base_pct"),
    (
        [rule(months=[1], dates=["04-01", "05-01"])],
        'rules "a" months',
        "months and dates exclude one another",
        "mend",
    ),
    ([rule(begin="04:30", to="23:00")], 'rules "a" to', "no later than from", "swap"),
    ([rule(begin="23:00", to="23:00")], 'rules "a" to', "no later than from", "swap"),
    ([rule(to="12:00")], 'rules "a" to', "no later than from", "swap"),
    ([rule(begin="11:00", to="13:00")], 'rules "a" to', "no later than from", "swap"),
    ([rule(begin="sunset+1h", to="sunset+30min")], 'rules "a" to', "no later", "swap"),
    ([rule(begin="dusk", to="sunset")], 'rules "a" to', "no later than from", "swap"),
    ([rule(begin="dawn", to="dusk-1h")], 'rules "a" to', "no later than from", "swap"),
    ([rule(base_pct=60, presence_pct=50)], 'rules "a" base_pct', "60 is above presence_pct", ""),
    ([{"name": "a", "presence_pct": 9}], 'rules "a" presence_pct', "below levels.base_pct", ""),
    ([rule(presence_pct=9)], 'rules "a" presence_pct', "below levels.safety_floor_pct (10)", ""),
    ([rule(nature=True, base_pct=26)], 'rules "a" base_pct', "leaves 26 % of light", "Rowse"),
    (
        [{"name": "a", "nature": True, "presence_pct": 50}],
        'rules "a" nature',
        "protects nothing",
        "cap_pct, base_pct or colour_k",
    ),
    # between rules
    ([rule(), rule(sections=["b"])], 'rules "a" name', "another rule of this name", "its own"),
    (
        [rule(months=[6]), {"name": "b", "base_pct": 7}],
        'rules "a"',
        'the later rule "b" sets all that it sets',
        "the general rule first",
    ),
    (
        [rule(dates=["06-02", "06-30"]), {"name": "b", "base_pct": 7, "months": [6, 7]}],
        'rules "a"',
        'the later rule "b"',
        "first",
    ),
    (
        [
            rule(begin="23:00", to="01:00"),
            {"name": "b", "base_pct": 7, "from": "22:00", "to": "01:00"},
        ],
        'rules "a"',
        'the later rule "b"',
        "first",
    ),
    (
        [rule(weekdays=["fri"]), {"name": "b", "base_pct": 7, "weekdays": ["fri", "sat"]}],
        'rules "a"',
        'the later rule "b"',
        "first",
    ),
]


@pytest.mark.parametrize(("rules", "place", "problem", "hint"), FAULTY)
def test_a_fault_has_its_place_and_a_hint(
    rules: list[Given], place: str, problem: str, hint: str
) -> None:
    found = faults_of(*rules)
    assert any(x.place == place and problem in x.problem and hint in x.hint for x in found), found
    assert all(str(x).isprintable() for x in found)


@pytest.mark.parametrize(
    ("rules", "levels", "place"),
    [
        ([rule(base_pct=60)], {"presence_pct": 50}, 'rules "a" base_pct'),
        ([rule(base_pct=60)], {"fail_safe_pct": 50}, 'rules "a" base_pct'),
        ([{"name": "a", "nature": True, "cap_pct": 30}], {"base_pct": 40}, 'rules "a" cap_pct'),
    ],
)
def test_a_rule_is_held_against_the_general_levels(
    rules: list[Given], levels: Given, place: str
) -> None:
    assert [x.place for x in faults_of(*rules, levels=levels)] == [place]


@pytest.mark.parametrize(
    "rules",
    [
        # Caps add up, whatever the order.
        [rule(cap_pct=50, months=[6]), {"name": "b", "base_pct": 7}],
        # What the later rule does not set the earlier one still does.
        [rule(presence_pct=50), {"name": "b", "base_pct": 7}],
        # An exception below the general rule.
        [rule(), {"name": "b", "base_pct": 7, "months": [6]}],
        [rule(weekdays=["fri", "sat"]), {"name": "b", "base_pct": 7, "weekdays": ["fri"]}],
        [rule(sections=["x"]), {"name": "b", "base_pct": 7, "sections": ["y"]}],
        [rule(), {"name": "b", "base_pct": 7, "sections": ["y"]}],
        [rule(begin="23:00"), {"name": "b", "base_pct": 7, "from": "23:01"}],
        [rule(to="01:00"), {"name": "b", "base_pct": 7, "to": "00:59"}],
        # Which of the two is longer the sun decides.
        [rule(begin="dusk"), {"name": "b", "base_pct": 7, "from": "18:00"}],
        [rule(begin="sunset", to="dusk"), {"name": "b", "base_pct": 7, "to": "sunset+2h"}],
    ],
)
def test_rules_that_can_both_count_are_sound(rules: list[Given]) -> None:
    assert [one.name for one in ruled(*rules).rules] == ["a", "b"]


def test_a_nature_rule_may_be_a_cap_alone() -> None:
    assert ruled({"name": "a", "nature": True, "cap_pct": 50}).rules[0].cap_pct == 50.0
    capped = {"name": "a", "nature": True, "cap_pct": 25}
    assert ruled(capped, levels={"base_pct": 40}).rules[0].cap_pct == 25.0


def test_rules_are_bounded() -> None:
    many = [{**rule(), "name": f"r{i}", "sections": [f"s{i}"]} for i in range(MOST_RULES)]
    assert len(ruled(*many).rules) == MOST_RULES
    (fault,) = faults_of(*many, {**rule(), "name": "one-more"})
    assert (fault.place, fault.problem) == ("rules", "has too many entries")
    assert str(MOST_RULES) in fault.hint


def test_a_faulty_rule_hides_nothing_of_the_others() -> None:
    found = faults_of(rule(begin="x"), {"name": "b"}, levels={"base_pct": 60, "presence_pct": 50})
    assert [x.place for x in found] == ['rules "a" from', "levels.base_pct", 'rules "b"']


def test_faulty_general_levels_are_told_once() -> None:
    (fault,) = faults_of(rule(base_pct=50), levels={"presence_pct": "high"})
    assert fault.place == "levels.presence_pct"


@pytest.mark.parametrize("said", ["x", {}, [1], [None], [[]], 5])
def test_rules_that_are_no_list_of_tables_are_refused(said: object) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_profile({"rules": said}, version=1, source="test")
    assert all(fault.place.startswith("rules") for fault in caught.value.faults)


# --- on a path ------------------------------------------------------------------------------------


def test_sections_are_looked_up_on_the_path() -> None:
    known = rule(sections=["s1"])
    assert ruled(known, path=MUENSTER) == ruled(known)
    (fault,) = faults_of(rule(sections=["s1", "s2"]), path=MUENSTER)
    assert fault.place == 'rules "a" sections'
    assert fault.problem == 'the path has no section "s2"'
    assert fault.hint == "known here: s1"


@pytest.mark.parametrize(
    "said",
    [
        {"begin": "12:00", "to": "15:00"},
        {"begin": "15:00", "to": "16:00", "dates": ["12-20", "12-21"]},
        {"begin": "10:00"},
        {"begin": "sunrise+1h"},
        {"to": "sunset-1h"},
        {"begin": "20:00", "to": "21:00", "months": [6]},
        {"begin": "sunset", "to": "17:00", "months": [5, 6, 7]},  # always over before it begins
    ],
)
def test_hours_when_it_is_never_dark_are_refused(said: Given) -> None:
    assert ruled(rule(**said)) is not None
    (fault,) = faults_of(rule(**said), path=MUENSTER)
    assert (fault.place, fault.problem) == (
        'rules "a"',
        "never applies: at its hours it is never dark here",
    )


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"begin": "23:00", "to": "04:30"},
        {"begin": "dusk", "to": "dawn"},
        {"begin": "22:30", "to": "23:00", "months": [6]},
        {"begin": "16:30", "to": "17:00"},  # in winter
        {"begin": "06:30", "to": "08:00", "weekdays": ["mon"]},
        # Seasons shorter than the days between two probes.
        {"begin": "18:00", "dates": ["12-24", "12-24"]},
        {"begin": "18:00", "dates": ["02-29", "02-29"]},
        {"begin": "18:00", "dates": ["12-27", "12-28"]},
        {"begin": "15:00", "to": "16:40", "dates": ["12-22", "12-24"]},
        {"dates": ["12-31", "01-01"]},
        # A light sensor may call it dark before the sun does.
        {"begin": "sunset-30min", "to": "sunset"},
    ],
)
def test_hours_when_it_can_be_dark_are_sound(said: Given) -> None:
    assert ruled(rule(**said), path=MUENSTER) == ruled(rule(**said))


def test_where_the_sun_does_not_set_in_summer_a_rule_for_summer_nights_is_refused() -> None:
    summer = rule(begin="23:00", to="02:00", months=[6, 7])
    (fault,) = faults_of(summer, path=LONGYEARBYEN)
    assert "never dark" in fault.problem
    assert ruled(summer, path=MUENSTER) == ruled(summer)
    noon_in_winter = rule(begin="12:00", to="13:00", months=[12])
    assert ruled(noon_in_winter, path=LONGYEARBYEN) == ruled(noon_in_winter)


def test_what_is_refused_everywhere_is_not_refused_again_on_the_path() -> None:
    never = [rule(begin="04:00", to="23:00"), {**rule(months=[1]), "name": "b"}]
    never[1]["dates"] = ["04-01", "05-01"]
    assert [x.place for x in faults_of(*never, path=MUENSTER)] == [
        'rules "a" to',
        'rules "b" months',
    ]


def test_faulty_daylight_settings_are_told_once() -> None:
    daylight = {"on_elevation_deg": "dusk"}
    (fault,) = faults_of(rule(begin="12:00", to="15:00"), path=MUENSTER, daylight=daylight)
    assert fault.place == "daylight.on_elevation_deg"


def test_a_node_file_is_checked_with_its_rules_on_its_path(tmp_path: pathlib.Path) -> None:
    profile = tmp_path / "profile.toml"
    profile.write_text('[[rules]]\nname = "bats"\nsections = ["canal"]\nbase_pct = 0\n')
    node = (CONFIG / "nodes" / "small-n1.toml").read_text()
    node = re.sub('"../paths/', f'"{CONFIG}/paths/', node)
    node = re.sub('"../profiles/default.toml"', f'"{profile}"', node)
    file = tmp_path / "node.toml"
    file.write_text(node)
    assert load_profile(profile).rules[0].sections == ("canal",)
    with pytest.raises(SettingsError) as caught:
        load_installation(file, {})
    (fault,) = caught.value.faults
    assert fault.place == f'profile_file {profile}: rules "bats" sections'


@given(st.lists(RULES, max_size=4))
@settings(max_examples=30, deadline=None)
def test_whatever_the_rules_they_hold_or_are_refused_with_their_places(those: list[Rule]) -> None:
    rules = [rule_document(one) for one in those]
    try:
        profile = ruled(*rules, path=MUENSTER)
    except SettingsError as error:
        assert all(x.place.startswith("rules") for x in error.faults)  # noqa: PT017
    else:
        assert profile.rules == tuple(those)


# --- remarks --------------------------------------------------------------------------------------


def notes(*rules: Given) -> list[str]:
    return list(gap_notes(ruled(*rules).rules))


def test_a_short_gap_between_two_rules_is_remarked_upon() -> None:
    early = rule(begin="18:00", to="22:00")
    late = {**rule(begin="22:20", to="05:00"), "name": "late"}
    said = ['between the rules "a" and "late" the general levels hold for 20 minutes']
    assert notes(early, late) == notes(late, early)[::-1] == said
    over_midnight = {**rule(begin="00:10", to="05:00"), "name": "late"}
    assert len(notes(rule(begin="18:00", to="23:50"), over_midnight)) == 1
    by_the_sun = {**rule(begin="sunset+80min"), "name": "late"}
    assert len(notes(rule(begin="sunset", to="sunset+1h"), by_the_sun)) == 1


@pytest.mark.parametrize(
    "later",
    [
        {"from": "22:00"},
        {"from": "21:50"},
        {"from": "22:30"},
        {"from": "dusk"},
        {"from": "22:10", "weekdays": ["fri"]},
        {"from": "22:10", "sections": ["canal"]},
    ],
)
def test_other_rules_need_no_remark(later: Given) -> None:
    assert notes(rule(begin="18:00", to="22:00"), {"name": "b", "base_pct": 7, **later}) == []


def test_a_gap_that_a_third_rule_covers_needs_no_remark() -> None:
    general = {"name": "night", "base_pct": 8}
    early, late = rule(begin="18:00", to="22:00"), {**rule(begin="22:20"), "name": "late"}
    assert notes(general, early, late) == []


def test_checking_a_profile_tells_of_gaps(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "profile.toml"
    file.write_text(
        '[[rules]]\nname = "a"\nto = "22:00"\nbase_pct = 5\n'
        '[[rules]]\nname = "b"\nfrom = "22:05"\nbase_pct = 7\n'
    )
    (report,) = check_files([file], {})
    assert report.is_sound
    assert report.lines()[1:] == [
        '  note: between the rules "a" and "b" the general levels hold for 5 minutes'
    ]


# --- schema ---------------------------------------------------------------------------------------


def test_the_schema_says_what_a_rule_may_say() -> None:
    document: Any = schema("profile")
    rules = document["properties"]["rules"]
    assert rules["maxItems"] == MOST_RULES
    (reference,) = rules["items"].values()
    one = document["$defs"][reference.rsplit("/", 1)[1]]
    assert one["additionalProperties"] is False
    assert one["required"] == ["name"]
    assert set(one["properties"]) == {
        "name", "months", "dates", "weekdays", "from", "to", "sections",
        "base_pct", "presence_pct", "cap_pct", "colour_k", "nature",
    }  # fmt: skip
    assert all(field.get("description") for field in one["properties"].values())
    pattern = one["properties"]["from"]["anyOf"][0]["pattern"]
    assert re.search(pattern, "sunset+30min")
    assert re.search(pattern, "04:30")
    assert not re.search(pattern, "4:30")


# --- the profiles that come with it ---------------------------------------------------------------


@pytest.mark.parametrize("file", sorted((CONFIG / "profiles").glob("*.toml")), ids=lambda x: x.stem)
def test_a_ready_profile_holds_at_muenster(file: pathlib.Path) -> None:
    sections = [*MUENSTER.sections, dataclasses.replace(MUENSTER.sections[0], id="canal")]
    load_profile(file, dataclasses.replace(MUENSTER, sections=tuple(sections)))


def test_a_rule_may_set_the_colour_alone() -> None:
    said = {"name": "amber", "colour_k": 1800.0, "nature": True}
    profile = parse_profile({"rules": [said]}, version=1, source="test")
    assert profile.rules == (Rule("amber", colour_k=1800.0, nature=True),)
    assert profile_document(profile)["rules"] == [said]
    for colour_k in (1499, 6501):
        with pytest.raises(SettingsError, match="colour_k"):
            parse_profile({"rules": [said | {"colour_k": colour_k}]}, version=1, source="test")
    later = {"name": "later", "base_pct": 5}
    assert len(parse_profile({"rules": [said, later]}, version=1, source="test").rules) == 2
