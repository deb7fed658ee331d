import pathlib

import pytest

from controller.settings.faults import Fault, SettingsError
from controller.settings.node import NodeSettings, load_node
from controller.settings.site import load_installation
from controller.settings.wiring import Bh1750Light, PinMotion, PwmLamp

CONFIG = pathlib.Path(__file__).parents[2] / "config"
SECRET = "correct-horse-battery"  # noqa: S105 - a stand-in to look for in error texts

NODE = """
path_file = "path.toml"
profile_file = "profile.toml"
node = "n1"
state_dir = "state"

[mqtt]
host = "localhost"

[lamps.L1]
kind = "gpio_pwm"
pin = 12

[lamps.L2]
kind = "none"

[motion.M1]
kind = "gpio"
pin = 17

[motion.M2]
kind = "gpio"
pin = 27

[light.D1]
kind = "bh1750"
"""


@pytest.fixture
def node_file(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "path.toml").write_text((CONFIG / "paths" / "small.toml").read_text())
    (tmp_path / "profile.toml").write_text("version = 3\n")
    (tmp_path / "password").write_text(SECRET)
    file = tmp_path / "node.toml"
    file.write_text(NODE)
    return file


def faults_of(file: pathlib.Path, **environ: str) -> tuple[Fault, ...]:
    with pytest.raises(SettingsError) as caught:
        load_installation(file, environ)
    assert SECRET not in str(caught.value)
    return caught.value.faults


def test_a_node_is_loaded_with_its_path_and_profile(node_file: pathlib.Path) -> None:
    installation = load_installation(node_file, {})
    settings = installation.settings
    assert (installation.path.id, installation.profile.version) == ("small", 3)
    assert settings.state_dir == node_file.parent / "state"
    assert settings.path_file == node_file.parent / "path.toml"
    lamp, motion, light = settings.lamps["L1"], settings.motion["M1"], settings.light["D1"]
    assert isinstance(lamp, PwmLamp)
    assert isinstance(motion, PinMotion)
    assert isinstance(light, Bh1750Light)
    assert (lamp.pin, lamp.active_high, motion.debounce_s) == (12, True, 0.05)
    assert (light.bus, light.address, settings.clock.trust) == (1, 0x23, "kernel")


def test_without_tables_there_is_no_broker_and_the_built_in_profile(
    node_file: pathlib.Path,
) -> None:
    node_file.write_text(NODE.replace('[mqtt]\nhost = "localhost"\n', "").replace("profile_f", "#"))
    installation = load_installation(node_file, {})
    assert installation.settings.mqtt is None
    assert installation.profile.version == 0


# text to replace, replacement, place, part of the problem, part of the hint
FAULTY: list[tuple[str, str, str, str, str]] = [
    ('node = "n1"', "", "node", "missing", "path file"),
    ('node = "n1"', 'node = "n9"', "node", 'no node "n9"', "n1, n2"),
    ('path_file = "path.toml"', "", "path_file", "missing", "file name"),
    ('"path.toml"', '"gone.toml"', "path_file gone.toml: file", "No such file", "name"),
    ('"path.toml"', '"profile.toml"', "path_file profile.toml: lamp", "missing", "[[lamp]]"),
    ('"profile.toml"', '"gone.toml"', "profile_file gone.toml: file", "No such file", "name"),
    ("state_dir", "stat_dir", "stat_dir", "not a known", '"state_dir"'),
    ("state_dir", "_env_file", "_env_file", "not a known", ""),
    ("pin = 12", "pin = 28", "lamps.L1.pin", "28 is above the greatest value, 27", "BCM"),
    ("pin = 12", "pin = true", "lamps.L1.pin", "truth value", "BCM"),
    ("pin = 12", 'pin = "12"', "lamps.L1.pin", "is text, not a whole number", "BCM"),
    ("pin = 12", "", "lamps.L1.pin", "missing", "BCM"),
    ("pin = 12", "pin = 12\nbus = 1", "lamps.L1.bus", "not a known", "frequency_hz"),
    ("pin = 12", "pin = 12\nfrequency_hz = 20000", "lamps.L1.frequency_hz", "above", "10000"),
    ('"gpio_pwm"', '"gpio_pmw"', "lamps.L1", '"gpio_pmw"', "'gpio_pwm'"),
    ('kind = "gpio_pwm"', "", "lamps.L1", "no kind", "gpio_pwm, sysfs_pwm"),
    ("pin = 27", "pin = 12", "motion.M2.pin", "pin 12 is already used by lamps.L1", "own"),
    ("pin = 27", "pin = 17", "motion.M2.pin", "pin 17 is already used by motion.M1", "own"),
    ("pin = 12", "pin = 3", "lamps.L1.pin", "pin 3 is already used by light.D1", "own"),
    ("[lamps.L2]", "[lamps.L3]", "lamps.L2", "not wired", 'kind = "none"'),
    ("[lamps.L2]", "[lamps.L3]", "lamps.L3", 'belongs to node "n2"', "that node's file"),
    ("[lamps.L2]", "[lamps.LL2]", "lamps.LL2", "has none of this id", '"L2"'),
    ("[motion.M2]", "[motion.M7]", "motion.M2", "not wired", 'kind = "none"'),
    ("[light.D1]", "[light.D2]", "light.D1", "not wired", 'kind = "none"'),
    ('"bh1750"', '"bh1750"\naddress = 0x24', "light.D1.address", "choices", "0x5C"),
    ('"bh1750"', '"bh1750"\ninterval_s = 0', "light.D1.interval_s", "below", "600"),
    (
        '"bh1750"',
        '"bh1750"\n[light.D2]\nkind = "bh1750"\nbus = 1',
        "light.D2",
        "same bus and address as light.D1",
        "0x5C",
    ),
    (
        '"bh1750"',
        '"bh1750"\nbus = 0\n[motion.M9]\nkind = "gpio"\npin = 1',
        "motion.M9.pin",
        "light.D1",
        "",
    ),
    ('host = "localhost"', "", "mqtt.host", "missing", "broker"),
    ('host = "localhost"', 'host = "h"\nport = 0', "mqtt.port", "0 is below", "1883"),
    ('host = "localhost"', 'host = "h"\nprotocol = 5', "mqtt.protocol", "choices", "quotes"),
    (
        'host = "localhost"',
        f'host = "h"\npassword = "{SECRET}"',
        "mqtt.password",
        "not a known",
        '"password_file"',
    ),
    (
        'host = "localhost"',
        'host = "h"\npassword_file = "password"',
        "mqtt.password_file",
        "without username",
        "user",
    ),
    (
        'host = "localhost"',
        'host = "h"\nusername = "u"\npassword_file = "gone"',
        "mqtt.password_file",
        'no file "gone"',
        "create",
    ),
    (
        'host = "localhost"',
        'host = "h"\ncert_file = "password"',
        "mqtt.cert_file",
        "without key_file",
        "private key",
    ),
    (
        'host = "localhost"',
        'host = "h"\nkey_file = "password"',
        "mqtt.key_file",
        "without cert_file",
        "certificate",
    ),
    ("[motion.M2]", "[motion.M1]", "file", "not TOML", "line"),
    ('host = "localhost"', "host = ", "file", "line 8", "line"),
    ("pin = 12", f"pin = {'9' * 5000}", "file", "impossible value", "correct"),
    ("pin = 12", f"pin = {'[' * 2000}", "file", "nested", "levels"),
]


@pytest.mark.parametrize("row", FAULTY)
def test_a_fault_has_its_place_and_a_hint(
    node_file: pathlib.Path, row: tuple[str, str, str, str, str]
) -> None:
    old, new, place, problem, hint = row
    assert old in NODE
    node_file.write_text(NODE.replace(old, new, 1))
    matching = [fault for fault in faults_of(node_file) if fault.place == place]
    assert any(problem in fault.problem and hint in fault.hint for fault in matching), matching


def test_one_fault_does_not_hide_another(node_file: pathlib.Path) -> None:
    path = node_file.parent / "path.toml"
    path.write_text(path.read_text().replace("latitude = 51.57", "latitude = 151.57"))
    text = NODE.replace('"localhost"', "5").replace("pin = 27", "pin = 17")
    node_file.write_text(text)
    assert {fault.place for fault in faults_of(node_file, CYCLELIGHT_FOO="1")} == {
        "CYCLELIGHT_FOO",
        "mqtt.host",
        "motion.M2.pin",
        "path_file path.toml: path.latitude",
    }


def test_wiring_is_compared_although_the_structure_is_at_fault(node_file: pathlib.Path) -> None:
    node_file.write_text(NODE.replace('"localhost"', "5").replace("[lamps.L2]", "[lamps.L3]"))
    places = {fault.place for fault in faults_of(node_file)}
    assert places == {"mqtt.host", "lamps.L2", "lamps.L3"}


def test_a_file_that_is_missing_a_folder_or_too_big_is_one_fault(tmp_path: pathlib.Path) -> None:
    big = tmp_path / "big.toml"
    big.write_bytes(b"#" * (1024 * 1024 + 1))
    latin = tmp_path / "latin.toml"
    latin.write_bytes("# Münster".encode("latin-1"))
    wanted = {
        tmp_path / "gone.toml": "No such file",
        tmp_path: "not a file",
        big: "larger than",
        latin: "not UTF-8 text at byte 3",
    }
    for file, problem in wanted.items():
        with pytest.raises(SettingsError) as caught:
            load_node(file, {})
        (fault,) = caught.value.faults
        assert problem in fault.problem
        assert caught.value.source == str(file)


def test_the_environment_overrides_every_level(node_file: pathlib.Path) -> None:
    settings = load_node(
        node_file,
        {
            "CYCLELIGHT_STATE_DIR": "/somewhere",
            "CYCLELIGHT_MQTT__HOST": "broker",
            "CYCLELIGHT_MQTT__PORT": "2883",
            "CYCLELIGHT_MQTT__USERNAME": "1234",
            "CYCLELIGHT_LEDGER__RECORD_S": "60",
            "CYCLELIGHT_LAMPS__L1__PIN": "5",
            "CYCLELIGHT_LAMPS__l1__ACTIVE_HIGH": "false",
            "CYCLELIGHT_LIGHT__D1__ADDRESS": str(0x5C),
            "CYCLELIGHT_BOARD": "/run/board.sock",
            "CYCLELIGHT_DATA": "/data",
            "PATH": "/bin",
        },
    )
    lamp, light = settings.lamps["L1"], settings.light["D1"]
    assert settings.mqtt is not None
    assert isinstance(lamp, PwmLamp)
    assert isinstance(light, Bh1750Light)
    assert settings.state_dir == pathlib.Path("/somewhere")
    assert (settings.mqtt.host, settings.mqtt.port) == ("broker", 2883)
    assert settings.mqtt.username == "1234"
    assert settings.ledger.record_s == 60
    assert (lamp.pin, lamp.active_high, light.address) == (5, False, 0x5C)


@pytest.mark.parametrize(
    ("name", "value", "problem", "hint"),
    [
        ("CYCLELIGHT_MQTT__PROT", SECRET, "not a known", '"port"'),
        ("CYCLELIGHT_PASSWORD", SECRET, "not a known", "known here"),
        ("CYCLELIGHT_", SECRET, "not a known", "known here"),
        ("CYCLELIGHT_MQTT", "{}", "names a table", "__"),
        ("CYCLELIGHT_LAMPS__L1", "{}", "names a table", "__"),
        ("CYCLELIGHT_LAMPS__a/b__PIN", "1", "not a known", "id of a lamp"),
        ("CYCLELIGHT_NODE__X", "1", "not a known", ""),
        ("CYCLELIGHT_MQTT__PORT", SECRET, "is text, not a whole number", "1883"),
        ("CYCLELIGHT_LAMPS__L1__PIN", "99", "99 is above", "BCM"),
        ("CYCLELIGHT_MQTT__HOST", "", "is empty", "broker"),
    ],
)
def test_a_fault_in_the_environment_names_the_variable(
    node_file: pathlib.Path, name: str, value: str, problem: str, hint: str
) -> None:
    (fault,) = faults_of(node_file, **{name: value})
    assert fault.place == name
    assert problem in fault.problem
    assert hint in fault.hint


def test_the_usual_port_follows_from_tls(node_file: pathlib.Path) -> None:
    plain = load_node(node_file, {})
    tls = load_node(node_file, {"CYCLELIGHT_MQTT__CA_FILE": "password"})
    assert plain.mqtt is not None
    assert tls.mqtt is not None
    assert (plain.mqtt.port, tls.mqtt.port) == (1883, 8883)
    assert tls.mqtt.ca_file == node_file.parent / "password"


def test_building_settings_reads_nothing_from_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CYCLELIGHT_NODE", "n9")
    settings = NodeSettings(path_file=pathlib.Path("p"), node="n1", state_dir=pathlib.Path("s"))
    assert settings.node == "n1"
