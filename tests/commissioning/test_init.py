import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.commissioning import path_questions
from controller.commissioning.node_questions import even_split
from controller.commissioning.toml_text import toml_text
from controller.settings.check import check_files
from controller.settings.site import load_installation
from tests.commissioning.terminal import on_terminal
from tests.ctl.ran import Ran, run

ANSWERS: dict[str, Any] = {
    "tenant": "soest",
    "id": "ring",
    "latitude": 51.57,
    "longitude": 8.11,
    "timezone": "Europe/Berlin",
    "sections": 140,
}
TWO: dict[str, Any] = ANSWERS | {
    "sections": "s1 west mid 140; s2 mid east 100",
    "nodes": ["n1", "n2"],
    "broker": "broker.example",
}


def init(folder: Path, answers: dict[str, Any], *more: str) -> Ran:
    file = folder / "answers.toml"
    file.write_text(toml_text(answers))
    return run("init", "--answers", str(file), "--out", str(folder / "out"), *more)


def written(folder: Path, name: str) -> dict[str, Any]:
    return tomllib.loads((folder / "out" / name).read_text())


# --- what is written ------------------------------------------------------------------------------


def test_few_answers_make_a_whole_path(tmp_path: Path) -> None:
    ran = init(tmp_path, ANSWERS)
    assert (ran.status, ran.err) == (0, "")
    assert sorted(x.name for x in (tmp_path / "out").iterdir()) == [
        "n1.toml",
        "path.toml",
        "profile.toml",
    ]
    installation = load_installation(tmp_path / "out" / "n1.toml", {})
    path, settings = installation.path, installation.settings
    assert [(x.id, x.section, x.at_m, x.node) for x in path.lamps] == [
        ("L01", "s1", 17.5, "n1"),
        ("L02", "s1", 52.5, "n1"),
        ("L03", "s1", 87.5, "n1"),
        ("L04", "s1", 122.5, "n1"),
    ]
    assert next((x.id, x.at_m, x.reach_m) for x in path.motion_sensors) == ("M01", 17.5, 7.0)
    assert path.name == "ring"
    assert settings.mqtt is None
    assert [x.id for x in path.light_sensors] == ["D1"]
    assert str(settings.state_dir) == "/var/lib/cyclelight"
    assert ran.out.count(": ok (") == 3
    assert "Next: copy path.toml" in ran.out


def test_lamps_are_shared_out_along_the_sections(tmp_path: Path) -> None:
    assert init(tmp_path, TWO).status == 0
    path = written(tmp_path, "path.toml")
    assert [(x["id"], x["section"], x["node"]) for x in path["lamp"]] == [
        ("L01", "s1", "n1"),
        ("L02", "s1", "n1"),
        ("L03", "s1", "n1"),
        ("L04", "s1", "n1"),
        ("L05", "s2", "n2"),
        ("L06", "s2", "n2"),
        ("L07", "s2", "n2"),
    ]
    assert [x["id"] for x in path["junction"]] == ["west", "mid", "east"]
    assert written(tmp_path, "n2.toml")["mqtt"] == {"host": "broker.example"}
    assert written(tmp_path, "n2.toml")["light"] == {"D2": {"kind": "bh1750", "bus": 1}}


def test_every_answer_counts(tmp_path: Path) -> None:
    for name in ("password", "ca.pem", "n.pem", "n.key"):
        (tmp_path / "out").mkdir(exist_ok=True)
        (tmp_path / "out" / name).touch()
    answers = TWO | {
        "name": 'Ring "north"',
        "lamps": [2, 1],
        "spacing_m": 50,
        "rated_w": 20,
        "reach_m": 9,
        "split": [1, 2],
        "light": ["n2"],
        "active_high": False,
        "lamp_pins": [20, 21],
        "motion_pins": [5, 6],
        "username": "soest.ring.{node}",
        "password_file": "password",
        "ca_file": "ca.pem",
        "cert_file": "n.pem",
        "key_file": "n.key",
    }
    ran = init(tmp_path, answers)
    assert ran.status == 0
    node, path = written(tmp_path, "n2.toml"), written(tmp_path, "path.toml")
    assert node["lamps"] == {
        "L02": {"kind": "gpio_pwm", "pin": 20, "active_high": False},
        "L03": {"kind": "gpio_pwm", "pin": 21, "active_high": False},
    }
    assert node["motion"]["M03"] == {"kind": "gpio", "pin": 6}
    assert node["mqtt"] == {
        "host": "broker.example",
        "username": "soest.ring.n2",
        "password_file": "password",
        "ca_file": "ca.pem",
        "cert_file": "n.pem",
        "key_file": "n.key",
    }
    assert "light" not in written(tmp_path, "n1.toml")
    assert [x["at_m"] for x in path["lamp"]] == [45.0, 95.0, 50.0]
    assert path["lamp"][0]["rated_w"] == 20.0
    assert path["path"]["name"] == 'Ring "north"'
    assert "Node    n2: L02 to L03, a light sensor" in ran.out


def test_a_path_without_sensors_stays_lit_and_that_is_said(tmp_path: Path) -> None:
    ran = init(tmp_path, ANSWERS | {"sensors": False, "light": "none"})
    assert ran.status == 0
    assert "no sensors: the lamps stay lit all night" in ran.out
    assert "it will stay lit all night" in ran.out
    assert "motion_sensor" not in written(tmp_path, "path.toml")
    assert "motion" not in written(tmp_path, "n1.toml")


def test_the_time_zone_is_the_systems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    zone = tmp_path / "zoneinfo" / "Europe" / "Vienna"
    zone.parent.mkdir(parents=True)
    zone.touch()
    (tmp_path / "localtime").symlink_to(zone)
    monkeypatch.setattr(path_questions, "LOCAL_TIME", tmp_path / "localtime")
    assert path_questions.system_timezone() == "Europe/Vienna"
    monkeypatch.setattr(path_questions, "LOCAL_TIME", tmp_path / "none")
    assert path_questions.system_timezone() == "Etc/UTC"


@given(st.integers(1, 2000), st.integers(1, 50))
def test_an_even_split_is_even(lamps: int, nodes: int) -> None:
    split = even_split(lamps, nodes)
    assert (len(split), sum(split)) == (nodes, lamps)
    assert max(split) - min(split) <= 1


@pytest.mark.parametrize("lamps", [1, 17, 18, 120])
def test_by_default_there_are_nodes_enough(tmp_path: Path, lamps: int) -> None:
    ran = init(tmp_path, ANSWERS | {"sections": 35 * lamps, "broker": "b"})
    assert (ran.status, ran.err) == (0, "")
    files = sorted((tmp_path / "out").glob("n*.toml"))
    assert all(report.is_sound for report in check_files(files, {}))
    assert sum(len(tomllib.loads(x.read_text())["lamps"]) for x in files) == lamps


_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
_names = st.text("abc_-1", min_size=1, max_size=4)
_scalars = st.booleans() | st.integers(-999, 999) | st.floats(-1e9, 1e9) | _texts
_documents = st.recursive(
    st.dictionaries(_names, _scalars | st.lists(_scalars, max_size=3), max_size=4),
    lambda tables: st.dictionaries(_names, tables | st.lists(tables, min_size=1, max_size=3)),
    max_leaves=8,
)


@given(_documents)
def test_what_is_written_is_what_is_read(document: dict[str, Any]) -> None:
    assert tomllib.loads(toml_text(document)) == document


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "answer", "told"),
    [
        ("tenant", "two words", 'path.tenant: "two words" is not a valid name. Hint: '),
        ("id", "all", 'path.id: is "all", which stands for every node or path'),
        ("name", "x" * 101, "path.name: is too long. Hint: the path's name for people"),
        ("latitude", 91, "path.latitude: 91.0 is above the greatest value, 90. Hint: degrees"),
        ("latitude", "north", "path.latitude: is text, not a number. Hint: degrees north"),
        ("longitude", -200, "path.longitude: -200.0 is below the least value, -180"),
        ("timezone", "Europe/Berlinn", 'is not a time zone. Hint: did you mean "Europe/Berlin"?'),
        ("sections", "s1 west 140", 'sections: "s1 west 140" is no section. Hint: write one'),
        ("sections", 0, 'section "s1" length_m: 0.0 is not above 0. Hint: metres'),
        ("sections", "s 1 a b 3", 'sections: "s 1 a b 3" is no section'),
        ("sections", ";", "sections: there is none. Hint: write one length"),
        ("sections", "s! a b 3", 'section #1 id: "s!" is not a valid name'),
        ("sections", "s a! b 3", 'section "s" from: "a!" is not a valid name'),
        ("lamps", "four", 'lamps: "four" is not a list of whole numbers. Hint: write 1 number'),
        ("lamps", [2, 2], "lamps: has 2 numbers for 1 section. Hint: write one number for each"),
        ("lamps", 0, "lamps: 0 is not a number of lamps. Hint: a path has 1 to 2000"),
        ("spacing_m", 60, 'spacing_m: 4 lamps take 180 m. Hint: section "s1" has 140 m'),
        ("spacing_m", "near", 'spacing_m: "near" is no spacing. Hint: write metres above 0'),
        ("rated_w", 0, 'lamp "L" rated_w: 0.0 is not above 0. Hint: watts at full light'),
        ("sensors", "maybe", 'sensors: "maybe" is neither y nor n. Hint: type y or n'),
        ("reach_m", 200, 'motion_sensor "M" reach_m: 200.0 is above the greatest value, 100'),
        ("nodes", ["n1", "n1"], 'nodes: there is another node "n1". Hint: give each its own id'),
        ("nodes", "path", 'nodes: "path" is the name of another file. Hint: choose another'),
        ("nodes", ["n", "o", "p", "q", "r"], "nodes: 5 nodes for 4 lamps. Hint: each node"),
        ("nodes", "", "nodes: there is none. Hint: name the Raspberry Pis"),
        ("nodes", "n.1", 'node #1 id: "n.1" is not a valid name'),
        ("split", 3, 'split: "3" adds up to 3 of 4 lamps. Hint: share out all of them'),
        ("light", "n7", 'light: there is no node "n7". Hint: the nodes are n1; or none'),
        ("lamp_pins", [12, 13, 18, 28], 'lamp_pins: "28" is no pin. Hint: a GPIO in BCM'),
        ("lamp_pins", [12, 13, 18, 2], "lamp_pins: pin 2 is already used. Hint: wire each"),
        ("lamp_pins", [12, 12, 18, 19], "lamp_pins: pin 12 is already used. Hint: wire each"),
        ("lamp_pins", 12, "lamp_pins: names 1 pin, but a node has 4 of these. Hint: name more"),
        ("motion_pins", [12, 5, 6, 4], "motion_pins: pin 12 is already used"),
        ("broker", "", "mqtt.host: is empty. Hint: the broker's name or address"),
        ("active_high", "low", 'active_high: "low" is neither y nor n'),
    ],
)
def test_an_answer_that_cannot_be_used(tmp_path: Path, key: str, answer: object, told: str) -> None:
    ran = init(tmp_path, ANSWERS | {key: answer})
    assert (ran.status, ran.out) == (2, "")
    assert told in ran.err
    assert not (tmp_path / "out").exists()


def test_all_faults_of_an_answers_file_are_told_at_once(tmp_path: Path) -> None:
    answers = TWO | {"reach_m": -1, "lamp": 3, "ca_file": "none.pem", "username": "x" * 300}
    ran = init(tmp_path, answers)
    assert ran.status == 2
    assert "4 faults" in ran.err
    assert 'lamp: is not a question of init. Hint: did you mean "lamps"?' in ran.err
    assert 'mqtt.ca_file: there is no file "none.pem". Hint: create it' in ran.err
    assert "mqtt.username: is too long" in ran.err


def test_what_has_no_default_must_be_answered(tmp_path: Path) -> None:
    assert (
        "latitude: is missing. Hint: Latitude, degrees north"
        in init(tmp_path, {x: y for x, y in ANSWERS.items() if x != "latitude"}).err
    )
    assert "broker: is missing" in init(tmp_path, ANSWERS | {"nodes": ["n1", "n2"]}).err


def test_an_answers_file_that_is_none(tmp_path: Path) -> None:
    ran = run("init", "--answers", str(tmp_path / "none.toml"), "--out", str(tmp_path))
    assert ran.status == 2
    assert "cannot be read: No such file" in ran.err


def test_files_are_not_overwritten_without_being_told(tmp_path: Path) -> None:
    assert init(tmp_path, ANSWERS).status == 0
    file = tmp_path / "out" / "n1.toml"
    file.write_text("mine")
    ran = init(tmp_path, ANSWERS)
    assert ran.status == 2
    assert "has path.toml, profile.toml, n1.toml already. Hint: add --overwrite" in ran.err
    assert file.read_text() == "mine"
    assert init(tmp_path, ANSWERS, "--overwrite").status == 0
    assert "path_file" in file.read_text()


def test_a_place_that_cannot_be_written_to(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    ran = init(tmp_path, ANSWERS)
    assert ran.status == 2
    assert "cannot be written: File exists. Hint: choose another directory" in ran.err


@pytest.mark.parametrize("stop", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_whatever_stops_the_writing_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stop: BaseException
) -> None:
    synced = []

    def fsync(file: int) -> None:
        synced.append(file)
        if len(synced) == 2:
            raise stop

    monkeypatch.setattr("controller.commissioning.writing.os.fsync", fsync)
    ran = init(tmp_path, ANSWERS)
    assert ran.status == (2 if isinstance(stop, OSError) else 130)
    assert list((tmp_path / "out").iterdir()) == []


# --- on a terminal --------------------------------------------------------------------------------


def test_questions_are_asked_again_until_the_answer_can_be_used(tmp_path: Path) -> None:
    with on_terminal("init", "--out", str(tmp_path / "new")) as terminal:
        for question, answer in (
            ("Tenant: whose path it is, in one word: ", "two words"),
            ('path.tenant: "two words" is not a valid name. Hint: ', ""),
            ("", "soest"),
            ("Id of the path, in one word: ", "ring"),
            ("Name of the path for people [ring]: ", "Ring"),
            ("Latitude, degrees north: ", "95"),
            ("path.latitude: 95.0 is above the greatest value, 90", ""),
            ("", "51.57"),
            ("Longitude, degrees east: ", "8.11"),
            ("Time zone [", "Europe/Berlin"),
            ("Length in metres", "70"),
            ("Number of lamps (of each section) [2]: ", ""),
            ("Metres from lamp to lamp [35]: ", ""),
            ("Watts of a lamp at full light [15]: ", ""),
            ("A motion sensor at each lamp? y or n [y]: ", ""),
            ("Metres that a motion sensor sees [7]: ", ""),
            ("in their order [n1]: ", ""),
            ("How many lamps each drives, along the path [2]: ", ""),
            ("or none [n1]: ", ""),
            ("[y]: ", ""),
            ("GPIO of a node's lamps, in order [12, 13]: ", ""),
            ("GPIO of a node's motion sensors, in order [18, 19]: ", ""),
            ("Name or address of the broker, or none [none]: ", ""),
            (f"Write these files into {tmp_path / 'new'}? [y] ", ""),
        ):
            terminal.until(question)
            if not question.startswith("path."):
                terminal.types(answer)
        assert terminal.ends() == 0
    assert load_installation(tmp_path / "new" / "n1.toml", {}).path.name == "Ring"


def test_ctrl_c_and_the_end_of_input_write_nothing(tmp_path: Path) -> None:
    with on_terminal("init", "--out", str(tmp_path / "new")) as terminal:
        terminal.until("Tenant")
        terminal.interrupts()
        terminal.until("stopped: nothing was written")
        assert terminal.ends() == 130
    with on_terminal("init", "--out", str(tmp_path / "new")) as terminal:
        terminal.until("Tenant")
        terminal.ends_input()
        terminal.until("the input ended here, nothing was written. Hint: answer every question")
        assert terminal.ends() == 2
    assert "Traceback" not in terminal.shown
    assert not (tmp_path / "new").exists()


def test_somebody_is_asked_before_files_are_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed: list[str] = []
    monkeypatch.setattr("builtins.input", lambda _: typed.pop(0))
    given = ["soest", "ring", "", "51", "8", "Etc/UTC", "70", *[""] * 11]
    out = str(tmp_path / "out")
    typed[:] = [*given, "", ""]
    assert run("init", "--out", out).status == 0
    (tmp_path / "out" / "n1.toml").write_text("mine")
    typed[:] = [*given, "", "what", ""]
    ran = run("init", "--out", out)
    assert ran.status == 0
    assert "Please type y or n." in ran.out
    assert ran.lines[-1] == "nothing was written"
    assert (tmp_path / "out" / "n1.toml").read_text() == "mine"
    typed[:] = [*given, "", "y"]
    assert run("init", "--out", out).status == 0
    assert "path_file" in (tmp_path / "out" / "n1.toml").read_text()
