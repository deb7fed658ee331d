import pathlib

import pytest

from controller.settings.faults import Fault, SettingsError
from controller.settings.lamp_wiring import (
    AnalogueLamp,
    DaliLamp,
    PwmLamp,
    RelayLamp,
    SysfsPwm,
    TwoChannelLamp,
)
from controller.settings.node import load_node
from controller.settings.path import load_path
from controller.settings.schema import schema
from controller.settings.site import load_installation

CONFIG = pathlib.Path(__file__).parents[2] / "config"
NONE = 'kind = "none"'
SYSFS = 'kind = "sysfs_pwm"\ndevice = "1f00098000.pwm"\nchannel = 0'
ANALOGUE = """
kind = "analogue"
output = { kind = "gpio_pwm", pin = 12 }
calibration = [[0, 0], [10, 22], [100, 96.5]]
least_pct = 10
"""
RELAY = 'kind = "relay"\npin = 12\nactive_high = false'
TWO = """
kind = "two_channel"
warm = { kind = "sysfs_pwm", device = "1f00098000.pwm", channel = 0 }
cold = { kind = "analogue", output = { kind = "gpio_pwm", pin = 12 } }
warm_k = 2200
cold_k = 4000
"""
DALI = 'kind = "dali"\ninterface = "tridonic"\nport = "/dev/dali/daliusb-*"\nshort = 7'
TUNABLE = "cct_k = [2200, 4000]"


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "small.toml").write_text((CONFIG / "paths" / "small.toml").read_text())
    return tmp_path


def node_file(folder: pathlib.Path, lamp_1: str, lamp_2: str = NONE) -> pathlib.Path:
    lines = [
        'path_file = "small.toml"',
        'node = "n1"',
        'state_dir = "state"',
        f"[lamps.L1]\n{lamp_1}",
        f"[lamps.L2]\n{lamp_2}",
        *(f"[{x}]\n{NONE}" for x in ("motion.M1", "motion.M2", "light.D1")),
    ]
    file = folder / "node.toml"
    file.write_text("\n".join(lines))
    return file


def tunable(folder: pathlib.Path, cct_k: str = TUNABLE) -> None:
    """Give the first lamp of the path a range of colours."""
    file = folder / "small.toml"
    file.write_text(file.read_text().replace('id = "L1"', f'id = "L1"\n{cct_k}', 1))


def faults(folder: pathlib.Path, lamp_1: str, lamp_2: str = NONE) -> tuple[Fault, ...]:
    with pytest.raises(SettingsError) as caught:
        load_installation(node_file(folder, lamp_1, lamp_2), {})
    return caught.value.faults


def test_every_kind_is_read_with_its_defaults(folder: pathlib.Path) -> None:
    tunable(folder)

    def lamp(text: str) -> object:
        return load_node(node_file(folder, text), {}).lamps["L1"]

    hardware = SysfsPwm(kind="sysfs_pwm", device="1f00098000.pwm", channel=0)
    pin = PwmLamp(kind="gpio_pwm", pin=12)
    assert lamp(SYSFS) == hardware
    assert (hardware.frequency_hz, hardware.active_high) == (3000, True)
    curve = ((0.0, 0.0), (10.0, 22.0), (100.0, 96.5))
    assert lamp(ANALOGUE) == AnalogueLamp(
        kind="analogue", output=pin, calibration=curve, least_pct=10
    )
    assert lamp(RELAY) == RelayLamp(kind="relay", pin=12, active_high=False, least_on_s=60)
    cold = AnalogueLamp(kind="analogue", output=pin)
    assert cold.calibration == ((0.0, 0.0), (100.0, 100.0))
    assert lamp(TWO) == TwoChannelLamp(
        kind="two_channel", warm=hardware, cold=cold, warm_k=2200, cold_k=4000
    )
    assert lamp(DALI) == DaliLamp(
        kind="dali", interface="tridonic", port="/dev/dali/daliusb-*", short=7
    )


def test_a_tunable_lamp_belongs_to_a_wiring_that_can_tune(folder: pathlib.Path) -> None:
    tunable(folder)
    assert load_path(folder / "small.toml").lamps[0].cct_k == (2200.0, 4000.0)
    for lamp in (TWO, DALI, NONE):
        load_installation(node_file(folder, lamp), {})


@pytest.mark.parametrize("cct_k", ["", "cct_k = [2000, 4000]", "cct_k = [2200, 5000]"])
def test_two_channels_need_a_range_of_colours_within_theirs(
    folder: pathlib.Path, cct_k: str
) -> None:
    tunable(folder, cct_k)
    (fault,) = faults(folder, TWO)
    assert (fault.place, fault.hint) == (
        "lamps.L1",
        "give the lamp cct_k = [2200, 4000] in the path file",
    )


@pytest.mark.parametrize("lamp", [SYSFS, ANALOGUE, RELAY, 'kind = "gpio_pwm"\npin = 12'])
def test_a_lamp_of_one_colour_cannot_have_a_range(folder: pathlib.Path, lamp: str) -> None:
    tunable(folder)
    (fault,) = faults(folder, lamp)
    assert (fault.place, "two_channel" in fault.hint) == ("lamps.L1.kind", True)


@pytest.mark.parametrize(("lamp", "found"), [(RELAY, 1), (DALI, 0), (SYSFS, 0)])
def test_a_relay_cannot_hold_light_constant(folder: pathlib.Path, lamp: str, found: int) -> None:
    tunable(folder, "clo = { points = [[0, 82], [100_000, 100]] }")
    if not found:
        load_installation(node_file(folder, lamp), {})
        return
    (fault,) = faults(folder, lamp)
    assert (fault.place, "clo" in fault.hint) == ("lamps.L1.kind", True)


@pytest.mark.parametrize(
    ("cct_k", "problem"),
    [
        ("cct_k = [4000, 2200]", "from warm to cold"),
        ("cct_k = [2200]", "missing"),
        ("cct_k = [1000, 4000]", "below"),
    ],
)
def test_a_faulty_range_is_told(folder: pathlib.Path, cct_k: str, problem: str) -> None:
    tunable(folder, cct_k)
    with pytest.raises(SettingsError) as caught:
        load_path(folder / "small.toml")
    assert "cct_k" in caught.value.faults[0].place
    assert problem in str(caught.value)


def test_the_environment_reaches_into_a_lamp(folder: pathlib.Path) -> None:
    environ = {"CYCLELIGHT_LAMPS__L1__OUTPUT__PIN": "13", "CYCLELIGHT_LAMPS__L1__LEAST_PCT": "5"}
    lamp = load_node(node_file(folder, ANALOGUE), environ).lamps["L1"]
    assert isinstance(lamp, AnalogueLamp)
    assert isinstance(lamp.output, PwmLamp)
    assert (lamp.output.pin, lamp.least_pct) == (13, 5.0)


def test_the_schema_knows_every_kind() -> None:
    text = str(schema("node"))
    assert all(x in text for x in ("sysfs_pwm", "analogue", "relay", "two_channel", "dali"))


SERVER = DALI.replace("tridonic", "daliserver").replace("/dev/dali/daliusb-*", "localhost:55825")

# first lamp, second lamp, place, part of the problem, part of the hint
FAULTY: list[tuple[str, str, str, str, str]] = [
    (SYSFS.replace("1f", "/sys/1f"), NONE, "lamps.L1.device", "", "1f00098000.pwm"),
    (SYSFS.replace("= 0", "= 16"), NONE, "lamps.L1.channel", "above", "0 to 15"),
    (SYSFS + "\nfrequency_hz = 50", NONE, "lamps.L1.frequency_hz", "below", "100 to 100000"),
    (SYSFS, SYSFS, "lamps.L2", "same device and channel as lamps.L1", "of its own"),
    (ANALOGUE.replace("[0, 0], ", ""), NONE, "lamps.L1.calibration", "runs from 10", "at 0"),
    (ANALOGUE.replace("[10, 22]", "[0, 22]"), NONE, "lamps.L1.calibration", "not sorted", "more"),
    (ANALOGUE.replace("22", "97"), NONE, "lamps.L1.calibration", "falling", "active_high"),
    (ANALOGUE.replace("gpio_pwm", "relay"), NONE, "lamps.L1.output", "unknown kind", "sysfs_pwm"),
    (ANALOGUE.replace("pin = 12", "pin = 28"), NONE, "lamps.L1.output.pin", "above", "0 to 27"),
    (ANALOGUE, RELAY, "lamps.L2.pin", "already used by lamps.L1.output", "its own"),
    (RELAY + "\nleast_on_s = -1", NONE, "lamps.L1.least_on_s", "below", "0 to 3600"),
    (DALI.replace("short = 7", ""), NONE, "lamps.L1", "neither short nor group", "short address"),
    (DALI + "\ngroup = 3", NONE, "lamps.L1", "both short and group", "or a group"),
    (DALI.replace("= 7", "= 64"), NONE, "lamps.L1.short", "above", "0 to 63"),
    (DALI.replace("short = 7", "group = 16"), NONE, "lamps.L1.group", "above", "0 to 15"),
    (DALI, DALI, "lamps.L2", "same port and short as lamps.L1", "of its own"),
    (
        DALI,
        SERVER.replace("localhost:55825", "/dev/dali/daliusb-*"),
        "lamps.L2.port",
        "not HOST:PORT",
        "localhost:55825",
    ),
    (SERVER.replace(":55825", ""), NONE, "lamps.L1.port", "not HOST:PORT", "localhost:55825"),
    (SERVER.replace(":55825", ":70000"), NONE, "lamps.L1.port", "not HOST:PORT", "55825"),
    (DALI.replace("tridonic", "usb"), NONE, "lamps.L1.interface", "choices", "daliserver"),
]


@pytest.mark.parametrize("faulty", FAULTY)
def test_faults_are_told_with_place_and_hint(
    folder: pathlib.Path, faulty: tuple[str, str, str, str, str]
) -> None:
    lamp_1, lamp_2, place, problem, hint = faulty
    found = faults(folder, lamp_1, lamp_2)
    assert found[0].place == place
    assert problem in found[0].problem
    assert hint in found[0].hint


def test_two_interfaces_at_one_port_and_colours_the_wrong_way_round(folder: pathlib.Path) -> None:
    tunable(folder)
    other = DALI.replace("tridonic", "daliserver").replace("= 7", "= 8")
    places = [x.place for x in faults(folder, DALI, other)]
    assert places == ["lamps.L2.port", "lamps.L2.interface"]
    wrong = TWO.replace("warm_k = 2200", "warm_k = 5000")
    assert faults(folder, wrong)[0].place == "lamps.L1.warm_k"
    lamp = TWO.replace(
        'kind = "gpio_pwm", pin = 12', 'kind = "sysfs_pwm", device = "x", channel = 1'
    )
    twice = lamp.replace('device = "x", channel = 1', 'device = "1f00098000.pwm", channel = 0')
    assert faults(folder, twice)[0].place == "lamps.L1.cold.output"


def test_lamps_at_one_bus_may_have_a_short_address_and_a_group_of_the_same_number(
    folder: pathlib.Path,
) -> None:
    load_installation(node_file(folder, DALI, DALI.replace("short", "group")), {})
