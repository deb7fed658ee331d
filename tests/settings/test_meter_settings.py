import pathlib

import pytest

from controller.settings.faults import Fault, SettingsError
from controller.settings.node import load_node
from controller.settings.schema import schema
from controller.settings.site import load_installation
from controller.settings.wiring import Ina226Meter, ModbusMeter

CONFIG = pathlib.Path(__file__).parents[2] / "config"
INA226 = """
[meter.P1]
kind = "ina226"
address = 0x41
shunt_ohm = 0.01
max_a = 8
lamps = ["L1"]
"""
MODBUS = """
[meter.P2]
kind = "modbus"
port = "/dev/ttyUSB0"
unit = 3
model = "sdm120"
lamps = ["L1", "L2"]
controller = true
"""


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "small.toml").write_text((CONFIG / "paths" / "small.toml").read_text())
    return tmp_path


def node_file(folder: pathlib.Path, meters: str) -> pathlib.Path:
    lines = [
        'path_file = "small.toml"',
        'node = "n1"',
        'state_dir = "state"',
        *(f'[{x}]\nkind = "none"' for x in ("lamps.L1", "lamps.L2", "motion.M1", "motion.M2")),
        '[light.D1]\nkind = "none"',
    ]
    file = folder / "node.toml"
    file.write_text("\n".join(lines) + meters)
    return file


def faults(folder: pathlib.Path, meters: str) -> tuple[Fault, ...]:
    with pytest.raises(SettingsError) as caught:
        load_installation(node_file(folder, meters), {})
    return caught.value.faults


def test_both_kinds_are_read(folder: pathlib.Path) -> None:
    meters = load_installation(node_file(folder, INA226 + MODBUS), {}).settings.meter
    one, other = meters["P1"], meters["P2"]
    assert isinstance(one, Ina226Meter)
    assert isinstance(other, ModbusMeter)
    assert (one.bus, one.address, one.interval_s, one.lamps) == (1, 0x41, 5.0, ("L1",))
    assert (one.controller, other.controller) == (False, True)
    assert (other.port, other.baud, other.unit, other.model) == ("/dev/ttyUSB0", 2400, 3, "sdm120")


@pytest.mark.parametrize(("model", "baud"), [("sdm120", 2400), ("pzem", 9600), ("pzem017", 9600)])
def test_a_model_talks_as_it_left_the_factory(folder: pathlib.Path, model: str, baud: int) -> None:
    file = node_file(folder, MODBUS.replace("sdm120", model))
    meter = load_node(file, {}).meter["P2"]
    assert isinstance(meter, ModbusMeter)
    assert meter.baud == baud


def test_the_environment_reaches_meters_too(folder: pathlib.Path) -> None:
    environ = {"CYCLELIGHT_METER__P2__BAUD": "9600", "CYCLELIGHT_METER__P2__PORT": "/dev/ttyUSB1"}
    meter = load_node(node_file(folder, MODBUS), environ).meter["P2"]
    assert isinstance(meter, ModbusMeter)
    assert (meter.baud, meter.port) == (9600, "/dev/ttyUSB1")


def test_a_meter_that_is_not_in_use_needs_nothing(folder: pathlib.Path) -> None:
    meters = '\n[meter.P1]\nkind = "none"\n'
    assert load_installation(node_file(folder, meters), {}).settings.meter.keys() == {"P1"}


def test_the_schema_knows_meters() -> None:
    assert "Ina226Meter" in str(schema("node"))


NOTHING = INA226.replace('lamps = ["L1"]', "")

# meters, place, part of the problem, part of the hint
FAULTY: list[tuple[str, str, str, str]] = [
    (NOTHING, "meter.P1", "nothing behind", "controller = true"),
    (NOTHING + "controller = false", "meter.P1", "nothing behind", 'kind = "none"'),
    (INA226.replace('"L1"', '"L3"'), "meter.P1.lamps", 'belongs to node "n2"', "this node"),
    (INA226.replace('"L1"', '"L11"'), "meter.P1.lamps", 'no lamp "L11"', "L1"),
    (INA226.replace('"L1"', '"L1", "L1"'), "meter.P1.lamps", 'names "L1" twice', "once"),
    (INA226.replace('["L1"]', '"L1"'), "meter.P1.lamps", "is text, not a list", "ids"),
    (INA226.replace('"L1"', "1"), "meter.P1.lamps #1", "not text", "ids"),
    (INA226.replace("0x41", "0x3F"), "meter.P1.address", "below", "0x4F"),
    (INA226.replace("max_a = 8", "max_a = 9"), "meter.P1.max_a", "90 mV", "0.512 to 8.19"),
    (INA226.replace("max_a = 8", "max_a = 0.5"), "meter.P1.max_a", "5 mV", "another shunt"),
    (INA226.replace("max_a = 8", ""), "meter.P1.max_a", "missing", "amperes"),
    (
        INA226.replace("shunt_ohm = 0.01", "shunt_ohm = 0"),
        "meter.P1.shunt_ohm",
        "not above",
        "R100",
    ),
    (INA226 + "interval_s = 60", "meter.P1.interval_s", "above", "2 to 30"),
    (INA226 + "port = 1", "meter.P1.port", "not a known", ""),
    (INA226.replace("ina226", "ina219"), "meter.P1", "unknown kind", "'ina226', 'modbus'"),
    (
        INA226 + INA226.replace("P1", "P3").replace('"L1"', '"L2"'),
        "meter.P3",
        "same bus and address as meter.P1",
        "A0 or A1",
    ),
    (
        INA226 + INA226.replace("P1", "P3").replace("0x41", "0x42"),
        "meter.P3.lamps",
        "has a meter of its own already, meter.P1",
        "groups",
    ),
    (
        INA226 + 'bus = 0\n[motion.M3]\nkind = "gpio"\npin = 1',
        "motion.M3.pin",
        "already used by meter.P1",
        "own",
    ),
    (MODBUS.replace("unit = 3", "unit = 0"), "meter.P2.unit", "below", "1 to 247"),
    (MODBUS.replace('"sdm120"', '"sdm630"'), "meter.P2.model", "choices", "pzem017"),
    (MODBUS + "baud = 115200", "meter.P2.baud", "choices", "2400"),
    (
        MODBUS + MODBUS.replace("P2", "P4"),
        "meter.P4",
        "same port and unit as meter.P2",
        "another unit",
    ),
    (
        MODBUS + MODBUS.replace("P2", "P4").replace("= 3", "= 4").replace("sdm120", "pzem"),
        "meter.P4.baud",
        "9600 baud and 1 stop bits, meter.P2 with 2400 and 1",
        "alike",
    ),
    (
        MODBUS.replace("sdm120", "pzem")
        + MODBUS.replace("P2", "P4").replace("= 3", "= 4").replace("sdm120", "pzem017"),
        "meter.P4.baud",
        "9600 baud and 2 stop bits",
        "two ports",
    ),
]


@pytest.mark.parametrize("row", FAULTY)
def test_a_fault_has_its_place_and_a_hint(
    folder: pathlib.Path, row: tuple[str, str, str, str]
) -> None:
    meters, place, problem, hint = row
    matching = [fault for fault in faults(folder, meters) if fault.place == place]
    assert any(problem in x.problem and hint in x.hint for x in matching), faults(folder, meters)


def test_one_fault_does_not_bring_others(folder: pathlib.Path) -> None:
    assert len(faults(folder, INA226.replace('["L1"]', '"L1"'))) == 1
    assert len(faults(folder, MODBUS.replace('"sdm120"', '"sdm630"'))) == 1
    assert len(faults(folder, NOTHING)) == 1
    assert len(faults(folder, INA226.replace('"L1"', "1"))) == 1


def test_without_its_node_no_lamp_is_called_strange(folder: pathlib.Path) -> None:
    file = node_file(folder, INA226)
    file.write_text(file.read_text().replace('node = "n1"', 'node = "n9"'))
    with pytest.raises(SettingsError) as caught:
        load_installation(file, {})
    assert [fault.place for fault in caught.value.faults] == ["node"]
