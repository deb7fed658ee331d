import pathlib

import pytest

from controller.settings.faults import Fault, SettingsError
from controller.settings.node import load_node
from controller.settings.schema import schema
from controller.settings.site import load_installation
from controller.settings.wiring import Ld2410Motion, Mcp3008Light, PinMotion, Veml7700Light

CONFIG = pathlib.Path(__file__).parents[2] / "config"
PIR = """
[motion.M1]
kind = "gpio"
pin = 17
active_high = false
pull = "down"
warm_up_s = 60
"""
RADAR = """
[motion.M2]
kind = "ld2410"
port = "/dev/serial0"
moving_m = 5
still_m = 0
"""
VEML7700 = """
[light.D1]
kind = "veml7700"
"""
LDR = """
[light.D1]
kind = "mcp3008"
channel = 3
r_ohm = 10_000
calibration = [[1, 120_000], [10, 20_000], [100.0, 5_000]]
"""
MODBUS = """
[meter.P1]
kind = "modbus"
port = "/dev/serial0"
model = "pzem"
controller = true
"""
INA226 = """
[meter.P1]
kind = "ina226"
shunt_ohm = 0.01
max_a = 8
controller = true
"""


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "small.toml").write_text((CONFIG / "paths" / "small.toml").read_text())
    return tmp_path


def node_file(folder: pathlib.Path, wiring: str) -> pathlib.Path:
    """Write a node file; what `wiring` leaves out of the path file's devices is not wired."""
    lines = ['path_file = "small.toml"', 'node = "n1"', 'state_dir = "state"']
    names = ("lamps.L1", "lamps.L2", "motion.M1", "motion.M2", "light.D1")
    lines += [f'[{x}]\nkind = "none"' for x in names if f"[{x}]" not in wiring]
    file = folder / "node.toml"
    file.write_text("\n".join(lines) + wiring)
    return file


def faults(folder: pathlib.Path, wiring: str) -> tuple[Fault, ...]:
    with pytest.raises(SettingsError) as caught:
        load_installation(node_file(folder, wiring), {})
    return caught.value.faults


def test_all_kinds_are_read(folder: pathlib.Path) -> None:
    settings = load_installation(node_file(folder, PIR + RADAR + LDR), {}).settings
    pir, radar, ldr = settings.motion["M1"], settings.motion["M2"], settings.light["D1"]
    assert isinstance(pir, PinMotion)
    assert (pir.active_high, pir.pull, pir.warm_up_s) == (False, "down", 60.0)
    assert isinstance(radar, Ld2410Motion)
    assert (radar.port, radar.moving_m, radar.still_m) == ("/dev/serial0", 5.0, 0.0)
    assert isinstance(ldr, Mcp3008Light)
    assert (ldr.device, ldr.channel, ldr.r_ohm, ldr.interval_s) == (0, 3, 10_000.0, 30.0)
    assert ldr.calibration == ((1.0, 120_000.0), (10.0, 20_000.0), (100.0, 5_000.0))
    light = load_installation(node_file(folder, VEML7700), {}).settings.light["D1"]
    assert isinstance(light, Veml7700Light)
    assert (light.bus, light.interval_s) == (1, 30.0)


def test_what_is_left_out_hides_no_break_and_no_body(folder: pathlib.Path) -> None:
    wiring = '\n[motion.M1]\nkind = "gpio"\npin = 17\n[motion.M2]\nkind = "ld2410"\nport = "/dev/x"'
    settings = load_node(node_file(folder, wiring), {})
    pir, radar = settings.motion["M1"], settings.motion["M2"]
    assert isinstance(pir, PinMotion)
    assert (pir.active_high, pir.pull, pir.warm_up_s) == (True, "none", 0.0)
    assert isinstance(radar, Ld2410Motion)
    assert (radar.moving_m, radar.still_m) == (6.0, 6.0)


def test_the_environment_reaches_sensors_too(folder: pathlib.Path) -> None:
    environ = {
        "CYCLELIGHT_MOTION__M1__WARM_UP_S": "30",
        "CYCLELIGHT_MOTION__M2__PORT": "/dev/ttyUSB1",
    }
    settings = load_node(node_file(folder, PIR + RADAR), environ)
    pir, radar = settings.motion["M1"], settings.motion["M2"]
    assert isinstance(pir, PinMotion)
    assert isinstance(radar, Ld2410Motion)
    assert (pir.warm_up_s, radar.port) == (30.0, "/dev/ttyUSB1")


def test_the_schema_knows_sensors() -> None:
    assert all(name in str(schema("node")) for name in ("Ld2410Motion", "Mcp3008Light"))


def test_what_shares_a_bus_rightly_is_no_fault(folder: pathlib.Path) -> None:
    other_light = LDR.replace("D1", "D2")
    wiring = VEML7700 + INA226 + '[light.D3]\nkind = "bh1750"\n'
    load_node(node_file(folder, wiring), {})
    load_node(node_file(folder, LDR + other_light.replace("= 3", "= 4")), {})
    load_node(node_file(folder, LDR + other_light + "device = 1"), {})
    load_node(node_file(folder, RADAR + MODBUS.replace("serial0", "ttyUSB0")), {})


def pin(number: int) -> str:
    return f'\n[motion.M1]\nkind = "gpio"\npin = {number}\n'


# wiring, place, part of the problem, part of the hint
FAULTY: list[tuple[str, str, str, str]] = [
    (PIR.replace("60", "601"), "motion.M1.warm_up_s", "above", "0 to 600"),
    (PIR.replace("60", "-1"), "motion.M1.warm_up_s", "below", "0 to 600"),
    (PIR.replace('"down"', '"low"'), "motion.M1.pull", "choices", "'none', 'up' or 'down'"),
    (RADAR.replace("= 5", "= 0"), "motion.M2.moving_m", "not above 0", "metres"),
    (RADAR.replace("= 0", "= 21"), "motion.M2.still_m", "above", "0 to 20"),
    (RADAR.replace("port", "#"), "motion.M2.port", "missing", "/dev/tty"),
    (RADAR + "baud = 9600", "motion.M2.baud", "not a known", ""),
    (RADAR + RADAR.replace("M2", "M3"), "motion.M3.port", "already used by motion.M2", "own"),
    (RADAR + MODBUS, "meter.P1.port", "already used by motion.M2", "a port of its own"),
    (RADAR + pin(15), "motion.M1.pin", "pin 15 is already used by motion.M2", "own"),
    (RADAR.replace("serial0", "ttyAMA0") + pin(14), "motion.M1.pin", "motion.M2", "own"),
    (MODBUS + pin(14), "motion.M1.pin", "pin 14 is already used by meter.P1", "own"),
    (LDR + pin(9), "motion.M1.pin", "pin 9 is already used by light.D1", "own"),
    (LDR + pin(7), "motion.M1.pin", "pin 7 is already used by light.D1", "own"),
    (VEML7700 + pin(3), "motion.M1.pin", "pin 3 is already used by light.D1", "own"),
    (
        VEML7700 + VEML7700.replace("D1", "D2"),
        "light.D2",
        "same bus and address as light.D1",
        "another bus",
    ),
    (VEML7700 + "address = 0x10", "light.D1.address", "not a known", "bus"),
    (
        LDR + LDR.replace("D1", "D2"),
        "light.D2.channel",
        "same device and channel as light.D1",
        "an input of its own",
    ),
    (LDR.replace("channel = 3", "channel = 8"), "light.D1.channel", "above", "CH7"),
    (LDR + "device = 2", "light.D1.device", "choices", "CE1"),
    (LDR.replace("r_ohm = 10_000", "r_ohm = 0"), "light.D1.r_ohm", "not above", "to ground"),
    (LDR.replace("[1, 120_000], [10, 20_000], ", ""), "light.D1.calibration", "too few", "two"),
    (LDR.replace("[1, 1", "[20, 1"), "light.D1.calibration", "not sorted by lux", "brighter"),
    (
        LDR.replace("[10, 20_000", "[10, 119_900"),
        "light.D1.calibration",
        "119900 ohm at 10 lx, 120000 at 1 lx",
        "measure again",
    ),
    (LDR.replace("[1, ", "[0, "), "light.D1.calibration #1 #1", "not above 0", "lux"),
    (LDR.replace("[1, 120_000]", "[1]"), "light.D1.calibration #1 #2", "missing", "ohms"),
    (LDR.replace("calibration", "#"), "light.D1.calibration", "missing", "at least two"),
]


@pytest.mark.parametrize("row", FAULTY)
def test_a_fault_has_its_place_and_a_hint(
    folder: pathlib.Path, row: tuple[str, str, str, str]
) -> None:
    wiring, place, problem, hint = row
    found = faults(folder, wiring)
    matching = [fault for fault in found if fault.place == place]
    assert any(problem in x.problem and hint in x.hint for x in matching), found


def test_one_fault_does_not_bring_others(folder: pathlib.Path) -> None:
    assert len(faults(folder, RADAR.replace('"/dev/serial0"', "5") + pin(14))) == 1
    assert len(faults(folder, RADAR + MODBUS)) == 1
    assert len(faults(folder, LDR.replace("= 3", '= "3"') + LDR.replace("D1", "D2"))) == 2
