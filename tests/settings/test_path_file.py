import copy
import pathlib
import tomllib
from collections.abc import Callable
from typing import Any

import pytest

from controller.core.path import ConstantLight, PowerTable
from controller.settings.coverage import FAR_M, coverage_notes
from controller.settings.faults import MOST_FAULTS, Fault, SettingsError
from controller.settings.path import MOST_ENTRIES, load_path, path_from

PATHS = pathlib.Path(__file__).parents[2] / "config" / "paths"
SMALL = tomllib.loads((PATHS / "small.toml").read_text())

Change = Callable[[dict[str, Any]], object]


def changed(*changes: Change) -> dict[str, Any]:
    document = copy.deepcopy(SMALL)
    for change in changes:
        change(document)
    return document


def faults_of(*changes: Change) -> tuple[Fault, ...]:
    with pytest.raises(SettingsError) as caught:
        path_from(changed(*changes), source="test")
    return caught.value.faults


def power(*points: list[float]) -> Change:
    table = {"standby_w": 0.4, "points": list(points)}
    return lambda doc: doc["lamp"][0].update(power=table)


def clo(*points: list[float], **others: float) -> Change:
    return lambda doc: doc["lamp"][0].update(clo={"points": list(points), **others})


SECTION = 'section "s1" '

# change, place, part of the problem, part of the hint
FAULTY: list[tuple[Change, str, str, str]] = [
    (lambda doc: doc.pop("path"), "path", "missing", "[path]"),
    (lambda doc: doc["path"].pop("tenant"), "path.tenant", "missing", "letters"),
    (lambda doc: doc["path"].update(tenant="all"), "path.tenant", '"all"', "another name"),
    (lambda doc: doc["path"].update(id="a/b"), "path.id", '"a/b" is not a valid name', "letters"),
    (lambda doc: doc["path"].update(id="x" * 33), "path.id", "not a valid name", "32"),
    (lambda doc: doc["path"].update(name=""), "path.name", "is empty", "for people"),
    (lambda doc: doc["path"].update(latitude=91), "path.latitude", "91 is above", "-90 to 90"),
    (lambda doc: doc["path"].update(longitude="8"), "path.longitude", "is text", "degrees east"),
    (lambda doc: doc["path"].update(latitude=True), "path.latitude", "truth value", "degrees"),
    (
        lambda doc: doc["path"].update(timezone="Europe/Berln"),
        "path.timezone",
        "not a time zone",
        '"Europe/Berlin"',
    ),
    (lambda doc: doc["path"].update(timezone="/etc"), "path.timezone", "not a time zone", ""),
    (lambda doc: doc["path"].update(latitud=1), "path.latitud", "not a known", '"latitude"'),
    (lambda doc: doc.update(lamps=[]), "lamps", "not a known setting", '"lamp"'),
    (lambda doc: doc["lamp"].clear(), "lamp", "too few", "[[lamp]]"),
    (lambda doc: doc.update(lamp={}), "lamp", "is a table, not a list", "[[lamp]]"),
    (lambda doc: doc["lamp"].append(7), "lamp #5", "is a number, not a table", "[[lamp]]"),
    (lambda doc: doc["lamp"][1].pop("id"), "lamp #2 id", "missing", "letters"),
    (lambda doc: doc["lamp"][3].update(id="L1"), 'lamp "L1" id', "another lamp", "own id"),
    (lambda doc: doc["node"][1].update(id="all"), 'node "all" id', "every node", "another"),
    (
        lambda doc: doc["motion_sensor"][1].update(id="M1"),
        'motion_sensor "M1" id',
        "another motion sensor",
        "own id",
    ),
    (
        lambda doc: doc["lamp"][3].update(at_m=210),
        'lamp "L4" at_m',
        '210 is beyond the end of section "s1" (140 m)',
        "another section",
    ),
    (lambda doc: doc["lamp"][0].update(at_m=-1), 'lamp "L1" at_m', "-1 is below", "metres"),
    (
        lambda doc: doc["motion_sensor"][0].update(at_m=140.1),
        'motion_sensor "M1" at_m',
        "beyond the end",
        "another section",
    ),
    (lambda doc: doc["section"][0].update(width_m=0), SECTION + "width_m", "0 is not", "unknown"),
    (lambda doc: doc["section"][0].update(width_m="4"), SECTION + "width_m", "is text", "width"),
    (
        lambda doc: doc["section"][0].update(illuminance_lx=1001),
        SECTION + "illuminance_lx",
        "1001 is above",
        "lux",
    ),
    (lambda doc: doc["lamp"][0].update(section="s2"), 'lamp "L1" section', '"s2"', "s1"),
    (lambda doc: doc["lamp"][0].update(node="n7"), 'lamp "L1" node', 'no node "n7"', ""),
    (lambda doc: doc["light_sensor"][0].update(node="x"), 'light_sensor "D1" node', '"x"', "n1"),
    (lambda doc: doc["section"][0].update(to="east2"), 'section "s1" to', '"east2"', '"east"'),
    (lambda doc: doc["section"][0].update(length_m=0), 'section "s1" length_m', "not above 0", ""),
    (lambda doc: doc["lamp"][0].update(rated_w=float("inf")), 'lamp "L1" rated_w', "finite", ""),
    (
        lambda doc: doc["node"].append({"id": "n3"}),
        'node "n3"',
        "neither a lamp nor a sensor",
        "remove",
    ),
    (
        lambda doc: doc["junction"].append({"id": "south"}),
        'junction "south"',
        "no section touches",
        "remove",
    ),
    (
        lambda doc: (
            doc["junction"].extend([{"id": "a"}, {"id": "b"}]),
            doc["section"].append({"id": "s2", "from": "a", "to": "b", "length_m": 5}),
        ),
        'junction "a"',
        'cannot be reached from junction "west"',
        "missing section",
    ),
    (power([0, 1], [90, 9]), 'lamp "L1" power.points', "0 to 90", "100"),
    (power([0, 1], [60, 2], [50, 3], [100, 9]), 'lamp "L1" power.points', "not sorted", "flux"),
    (power([0, 1], [50, 9], [100, 8]), 'lamp "L1" power.points', "falling", "swap"),
    (power([0, 1]), 'lamp "L1" power.points', "too few", "rising"),
    (power([0, 1], [101, 2]), 'lamp "L1" power.points #2 #1', "101 is above", "rising"),
    (clo([0, 82]), 'lamp "L1" clo.points', "too few", "hours burned"),
    (clo([9, 82], [20, 90]), 'lamp "L1" clo.points', "begins at 9 hours", "new lamp"),
    (clo([0, 82], [9, 90], [9, 95]), 'lamp "L1" clo.points', "not sorted", "more hours"),
    (clo([0, 82], [9, 81]), 'lamp "L1" clo.points', "falling", "old lamp"),
    (clo([0, 49], [9, 81]), 'lamp "L1" clo.points #1 #2', "49 is below", "50 to 100"),
    (clo([0, 82], [9, 90], burned_h=1e6), 'lamp "L1" clo.burned_h', "above", "before this"),
    (
        lambda doc: doc.update(lamp=doc["lamp"] * (MOST_ENTRIES // 4 + 1)),
        "lamp",
        "too many",
        str(MOST_ENTRIES),
    ),
]


@pytest.mark.parametrize(("change", "place", "problem", "hint"), FAULTY)
def test_a_fault_has_its_place_and_a_hint(
    change: Change, place: str, problem: str, hint: str
) -> None:
    matching = [fault for fault in faults_of(change) if fault.place == place]
    assert any(problem in fault.problem and hint in fault.hint for fault in matching), matching


def test_one_fault_does_not_hide_another() -> None:
    faults = faults_of(
        lambda doc: doc["path"].update(latitude=91),
        lambda doc: doc["lamp"][0].pop("rated_w"),
        lambda doc: doc["lamp"][0].update(node="n7"),
        lambda doc: doc["lamp"][2].update(at_m=210),
        lambda doc: doc["motion_sensor"][3].update(id="M1"),
    )
    assert {fault.place for fault in faults} == {
        "path.latitude",
        'lamp "L1" rated_w',
        'lamp "L1" node',
        'lamp "L3" at_m',
        'motion_sensor "M1" id',
    }


def test_a_faulty_section_is_still_a_section_to_its_lamps() -> None:
    (fault,) = faults_of(lambda doc: doc["section"][0].update(length_m=-5))
    assert fault.place == 'section "s1" length_m'


def test_a_lamp_whose_node_is_unreadable_makes_no_node_idle() -> None:
    faults = faults_of(
        lambda doc: doc["node"].append({"id": "n3"}),
        lambda doc: doc["lamp"][0].update(node=3),
    )
    assert [fault.place for fault in faults] == ['lamp "L1" node']


def test_the_number_of_faults_is_bounded() -> None:
    faults = faults_of(lambda doc: doc.update(lamp=[{}] * (MOST_FAULTS // 2)))
    assert len(faults) == MOST_FAULTS + 1
    assert faults[-1].place == "file"


def test_the_error_lists_source_and_faults() -> None:
    with pytest.raises(SettingsError) as caught:
        path_from(changed(lambda doc: doc["lamp"][3].update(at_m=210)), source="somewhere.toml")
    first, second = str(caught.value).splitlines()
    assert first == "somewhere.toml: 1 fault"
    assert second.strip() == str(caught.value.faults[0])
    assert ". Hint: " in second


def test_the_kanalpromenade_is_as_published() -> None:
    path = load_path(PATHS / "kanalpromenade.toml")
    (section,) = path.sections
    assert len(path.lamps) == 43
    assert section.length_m == 43 * 35
    assert [lamp.at_m for lamp in path.lamps] == [17.5 + 35 * at for at in range(43)]
    assert [sensor.at_m for sensor in path.motion_sensors] == [lamp.at_m for lamp in path.lamps]
    share = {node.id: sum(lamp.node == node.id for lamp in path.lamps) for node in path.nodes}
    assert share == {"n1": 11, "n2": 11, "n3": 11, "n4": 10}


def test_a_lamp_without_a_table_gets_the_scaled_one_and_with_a_table_its_own() -> None:
    measured = power([0, 1], [10, 2], [100, 14])
    first, second, *_ = path_from(changed(measured), source="test").lamps
    assert first.power == PowerTable(0.4, ((0, 1), (10, 2), (100, 14)))
    assert second.power == PowerTable.for_rated(second.rated_w)


def test_a_lamp_has_constant_light_output_only_if_the_file_says_so() -> None:
    curve = clo([0, 82], [50_000, 90], [100_000, 100], burned_h=-300)
    first, second, *_ = path_from(changed(curve), source="test").lamps
    assert first.clo == ConstantLight(((0, 82), (50_000, 90), (100_000, 100)), -300)
    assert (first.output_pct, second.clo) == (100, None)


def test_width_and_illuminance_of_a_section_are_what_the_file_says_or_unknown() -> None:
    (unknown,) = path_from(changed(), source="test").sections
    assert (unknown.width_m, unknown.illuminance_lx) == (None, None)
    document = changed(lambda doc: doc["section"][0].update(width_m=3, illuminance_lx=5.5))
    (section,) = path_from(document, source="test").sections
    assert (section.length_m, section.width_m, section.illuminance_lx) == (140, 3, 5.5)


def test_lamps_far_from_every_sensor_are_noted_across_junctions() -> None:
    document = changed(
        lambda doc: doc["junction"].append({"id": "far"}),
        lambda doc: doc["section"].append(
            {"id": "s2", "from": "far", "to": "east", "length_m": 500}
        ),
        lambda doc: doc["lamp"].append(
            {"id": "near", "section": "s2", "at_m": 490, "node": "n1", "rated_w": 15}
        ),
        lambda doc: doc["lamp"].append(
            {"id": "lone", "section": "s2", "at_m": 10, "node": "n1", "rated_w": 15}
        ),
    )
    path = path_from(document, source="test")
    distance_m = 490 + 140 - path.motion_sensors[-1].at_m
    assert distance_m > FAR_M
    (note,) = coverage_notes(path)
    assert '"lone"' in note
    assert f"{distance_m:g} m" in note


def test_a_path_without_sensors_is_noted_lamp_by_lamp() -> None:
    path = path_from(changed(lambda doc: doc.pop("motion_sensor")), source="test")
    assert len(list(coverage_notes(path))) == len(path.lamps)
