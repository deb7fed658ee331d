import json
import os
import shutil
import sqlite3
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from gpiozero import Device, PWMOutputDevice
from gpiozero.exc import PinPWMError

from controller.commissioning import preparing, readings, selftest, sensors
from controller.core.events import MotionReported
from controller.inbox import Inbox
from controller.store.opening import FILE_NAME
from firmware_sim.board.factory import BOARD_VARIABLE
from firmware_sim.board.pins import VirtualPin
from tests.commissioning.bench import HASTE, Place, line


def test_all_is_well_and_every_lamp_ends_lit_and_let_go(place: Place) -> None:
    place.duties(12)
    ran = place.selftest()
    assert (ran.status, ran.err) == (0, "")
    assert line(ran, "ok pull L1") == "ok pull L1: its line is pulled to light"
    assert "nobody looked" in line(ran, "ok lamp L2")
    assert line(ran, "ok motion sensor M1").endswith("sees nobody now; nobody walked to it")
    assert line(ran, "ok light sensor D1") == "ok light sensor D1: measures 12.5 lx"
    assert "measures 32.0 W, about 33.0 W are expected" in line(ran, "ok meter P1")
    assert line(ran, "skipped broker").endswith(
        "the node file has no [mqtt]: this node works alone"
    )
    assert line(ran, "skipped neighbour n2")
    assert ran.lines[-1].startswith("Result: PASSED (")
    told = place.outside.so_far()
    duties = [x["duty"] for x in told if x["pin"] == 12]
    # lit, dark, let go; then lit, 10 %, off, full light, and let go again
    assert duties == [1.0, 0.0, 1.0, 1.0, 0.1, 0.0, 1.0, 1.0]
    last = {x["pin"]: x for x in told}
    assert [(last[pin]["duty"], last[pin].get("driven")) for pin in (12, 13)] == [(1.0, False)] * 2


def test_faulty_files_are_all_told_and_nothing_is_switched(place: Place) -> None:
    place.write(lamps__L1={"kind": "gpio_pwm", "pin": 99})
    place.duties(12)
    ran = place.selftest()
    assert (ran.status, ran.out) == (2, "")
    assert "lamps.L1.pin: 99 is above the greatest value, 27. Hint: " in ran.err
    assert place.duties(13) == []


def test_notes_of_the_files_are_told(place: Place) -> None:
    path = place.folder / "path.toml"
    text = path.read_text().replace("length_m = 140", "length_m = 400")
    far = '[[lamp]]\nid = "L9"\nsection = "s1"\nat_m = 390\nnode = "n2"\nrated_w = 15\n'
    path.write_text(text + far)
    told = line(place.selftest("--lamps", "", "--sensors", ""), "ok files path.toml")
    assert 'note: lamp "L9": the nearest motion sensor is 267.5 m away' in told


def holder(ledger: Path) -> "subprocess.Popen[str]":
    """A process that has the ledger open as the service has."""
    script = (
        "import sqlite3, sys; db = sqlite3.connect(sys.argv[1]); "
        "db.execute('PRAGMA journal_mode = WAL'); db.execute('SELECT * FROM t').fetchall(); "
        "print('open', flush=True); sys.stdin.read()"
    )
    return subprocess.Popen(
        [sys.executable, "-c", script, str(ledger)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_while_the_service_runs_nothing_is_touched(place: Place) -> None:
    ledger = place.folder / "state" / FILE_NAME
    ledger.parent.mkdir()
    with sqlite3.connect(ledger) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE t (x)")
    db.close()
    place.duties(12)
    with holder(ledger) as service:
        assert service.stdout is not None
        service.stdout.readline()
        ran = place.selftest()
        service.communicate("")
    assert (ran.status, ran.out) == (2, "")
    assert (
        "cyclelight runs with this state_dir and drives the lamps. Hint: stop it first" in ran.err
    )
    assert place.duties(12) == []
    assert place.selftest("--sensors", "").status == 0  # it has ended


# --- rights and the clock -------------------------------------------------------------------------


def test_without_pins_rights_and_lamps_fail_with_the_remedy(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = Device.pin_factory
    Device.pin_factory = None
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "cyclelight_sim")
    monkeypatch.delenv(BOARD_VARIABLE)
    try:
        ran = place.selftest()
    finally:
        Device.pin_factory = kept
    assert ran.status == 1
    told = line(ran, "failed rights pins")
    assert "gpiozero has no pins: set CYCLELIGHT_BOARD" in told
    assert "Hint: on a Pi install python3-lgpio" in told
    assert "gpiozero has no pins" in line(ran, "failed lamp L1")
    assert "its driver cannot be opened; see below" in line(ran, "skipped pull L1")
    assert "gpiozero has no pins" in line(ran, "failed motion sensor M1")
    assert "gpiozero has no pins" in line(ran, "failed light sensor D1")
    assert "gpiozero has no pins" in line(ran, "failed meter P1")


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        (PermissionError(13, "Permission denied"), "let the user of the service into the groups"),
        (FileNotFoundError(2, "No such file"), "switch the bus on (raspi-config"),
    ],
)
def test_a_bus_that_cannot_be_opened(
    place: Place, monkeypatch: pytest.MonkeyPatch, error: OSError, hint: str
) -> None:
    def refuse() -> None:
        raise error

    monkeypatch.setattr(preparing, "i2c_opener", lambda _bus: refuse)
    told = line(place.selftest("--lamps", "", "--sensors", ""), "failed rights i2c bus 1")
    assert f"{error.strerror}. Hint: {hint}" in told


def test_a_serial_port_that_is_not_there_or_not_ours(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = place.folder / "ttyUSB0"
    meter = {"kind": "modbus", "port": str(port), "model": "pzem", "lamps": ["L1"]}
    place.write(meter__P1=meter)
    nothing = ("--lamps", "", "--sensors", "")
    assert "is not there. Hint: plug" in line(place.selftest(*nothing), f"failed rights {port}")
    port.touch()
    assert line(place.selftest(*nothing), f"ok rights {port}")
    monkeypatch.setattr(os, "access", lambda _file, _mode: False)
    ran = place.selftest(*nothing)
    assert "may not be read and written" in line(ran, f"failed rights {port}")
    told = line(ran, "failed rights state_dir")
    assert f"{place.folder} may not be written to. Hint: give it to the user" in told


def test_a_full_card(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    full = SimpleNamespace(free=3 * 1024 * 1024)
    monkeypatch.setattr(shutil, "disk_usage", lambda _place: full)
    ran = place.selftest("--lamps", "", "--sensors", "")
    assert "only 3 MiB are free, the ledger needs 256" in line(ran, "failed rights state_dir")


@pytest.mark.parametrize("user", [0, 1000])
def test_root_does_not_count_as_the_service(
    place: Place, monkeypatch: pytest.MonkeyPatch, user: int
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: user)
    ran = place.selftest("--lamps", "", "--sensors", "")
    assert ("skipped  rights user: root may do everything" in ran.out) == (user == 0)


@pytest.mark.parametrize(
    ("synchronised", "status", "told"),
    [
        (True, 0, "ok clock: is synchronised: "),
        (False, 1, "failed clock: is not synchronised: it says "),
    ],
)
def test_the_clock_is_the_kernels_to_judge(
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
    *,
    synchronised: bool,
    status: int,
    told: str,
) -> None:
    place.write(clock="kernel")
    monkeypatch.setattr(preparing, "kernel_clock_synchronised", lambda: synchronised)
    ran = place.selftest("--lamps", "", "--sensors", "")
    assert line(ran, told)
    assert ran.status == status


# --- lamps ----------------------------------------------------------------------------------------


def test_a_line_that_nothing_pulls_to_light_fails(place: Place) -> None:
    place.put(pin=12, value=0)
    ran = place.selftest("--sensors", "")
    assert ran.status == 1
    told = line(ran, "failed pull L1")
    assert "nothing pulls its line to light when nobody drives it. Hint: wire a resistor" in told
    assert line(ran, "ok pull L2")
    assert line(ran, "ok lamp L1")


def test_an_open_line_reads_dark_and_fails(place: Place) -> None:
    place.write(lamps__L1={"kind": "gpio_pwm", "pin": 5})
    assert line(place.selftest("--sensors", ""), "failed pull L1")


@pytest.mark.parametrize(("level", "status"), [(0, "ok"), (1, "failed")])
def test_behind_a_transistor_low_means_light(place: Place, level: int, status: str) -> None:
    place.write(lamps__L1={"kind": "gpio_pwm", "pin": 12, "active_high": False})
    place.put(pin=12, value=level)
    assert line(place.selftest("--sensors", "", "--lamps", "L1"), f"{status} pull L1")


def test_of_two_channels_the_warm_one_must_be_pulled_to_light(place: Place) -> None:
    warm, cold = {"kind": "gpio_pwm", "pin": 12}, {"kind": "gpio_pwm", "pin": 6}
    node = place.node_file.read_text()
    head, _, tail = node.partition('[lamps.L1]\nkind = "gpio_pwm"\npin = 12\n')
    path = place.folder / "path.toml"
    path.write_text(path.read_text().replace('id = "L1"\n', 'id = "L1"\ncct_k = [2200, 4000]\n'))
    for (channel, other), status in (((warm, cold), "ok"), ((cold, warm), "failed")):
        table = '[lamps.L1]\nkind = "two_channel"\nwarm_k = 2200\ncold_k = 4000\n'
        for name, wires in (("warm", channel), ("cold", other)):
            table += f'[lamps.L1.{name}]\nkind = "gpio_pwm"\npin = {wires["pin"]}\n'
        place.node_file.write_text(head + table + tail)
        ran = place.selftest("--sensors", "", "--lamps", "L1")
        assert line(ran, f"{status} pull L1")
        assert line(ran, "ok lamp L1")


def test_hardware_pwm_has_no_line_to_read(place: Place) -> None:
    place.write(lamps__L1={"kind": "sysfs_pwm", "device": "none.pwm", "channel": 0})
    ran = place.selftest("--sensors", "", "--lamps", "L1")
    assert "Hint: pull the plug of its dimming line" in line(ran, "skipped pull L1: has no line")
    assert "there is no such chip" in line(ran, "failed lamp L1")


def test_a_relay_is_tried_like_any_lamp(place: Place) -> None:
    place.write(lamps__L1={"kind": "relay", "pin": 12, "least_on_s": 0})
    place.duties(12)
    ran = place.selftest("--sensors", "", "--lamps", "L1")
    assert line(ran, "ok pull L1")
    assert line(ran, "ok lamp L1")
    assert place.duties(12) == [1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 1.0]


def test_a_line_that_cannot_be_read_is_left_to_people(place: Place) -> None:
    # GPIO 3 has a resistor of its own on the board: it cannot be pulled the other way.
    place.write(
        lamps__L1={"kind": "gpio_pwm", "pin": 3},
        light__D1={"kind": "none"},
        meter__P1={"kind": "none"},
    )
    told = line(place.selftest("--sensors", ""), "skipped pull L1")
    assert told.endswith(
        "its line cannot be read. Hint: pull the plug of its dimming line: it must be at full light"
    )


def test_a_lamp_that_cannot_be_opened(place: Place) -> None:
    taken = PWMOutputDevice(12)
    try:
        ran = place.selftest("--sensors", "")
    finally:
        taken.close()
    assert "cannot open GPIO 12" in line(ran, "failed lamp L1")
    assert line(ran, "ok lamp L2")


def test_a_driver_that_complains(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = VirtualPin._set_state

    def refuse_dim(self: VirtualPin, value: float) -> None:
        if 0.0 < value < 1.0:
            raise PinPWMError("no such duty")
        sound(self, value)

    monkeypatch.setattr(VirtualPin, "_set_state", refuse_dim)
    monkeypatch.setattr(VirtualPin, "state", property(VirtualPin._get_state, refuse_dim))
    told = line(place.selftest("--sensors", "", "--lamps", "L1"), "failed lamp L1")
    assert "its driver reports: no such duty. Hint: " in told


def test_what_is_not_wired_is_skipped(place: Place) -> None:
    none = {"kind": "none"}
    place.write(lamps__L1=none, motion__M1=none, light__D1=none, meter__P1=none)
    ran = place.selftest()
    assert ran.status == 0
    for what in ("lamp L1", "motion sensor M1", "light sensor D1", "meter P1"):
        assert 'not wired: the node file says kind = "none"' in line(ran, f"skipped {what}")
    assert "pull L1" not in ran.out


def test_only_what_is_named_is_tried(place: Place) -> None:
    ran = place.selftest("--lamps", "L2", "--sensors", "M1,D1")
    subjects = [x.split(":")[0].split()[1:] for x in ran.lines]
    tried = {
        " ".join(x) for x in subjects if x and x[0] in ("pull", "lamp", "motion", "light", "meter")
    }
    assert tried == {"pull L2", "lamp L2", "motion sensor M1", "light sensor D1"}


def test_names_that_are_none_are_told_with_those_that_are(place: Place) -> None:
    ran = place.selftest("--lamps", "L3,L1", "--sensors", "M9")
    assert ran.status == 2
    assert '--lamps: the node file has no "L3". Hint: known here: L1, L2' in ran.err
    assert '--sensors: the node file has no "M9". Hint: known here: D1, M1, M2, P1' in ran.err


# --- sensors --------------------------------------------------------------------------------------


def test_a_sensor_that_sees_nobody_in_time(place: Place) -> None:
    ran = place.selftest("--lamps", "", "--sensors", "M1", "--wait", "0.2")
    assert ran.status == 1
    assert "saw nobody for 0.2 s. Hint: stand within its reach" in line(
        ran, "failed motion sensor M1"
    )


def test_a_sensor_that_never_rests(place: Place) -> None:
    place.put(pin=17, value=1)
    told = line(
        place.selftest("--lamps", "", "--sensors", "M1", "--wait", "0.2"), "failed motion sensor M1"
    )
    assert "sees somebody all the time for 0.2 s. Hint: go further away" in told
    assert "sees somebody now" in place.selftest("--lamps", "", "--sensors", "M1").out


def test_a_sensor_that_cannot_be_read(place: Place) -> None:
    taken = PWMOutputDevice(17)
    try:
        ran = place.selftest("--lamps", "", "--sensors", "M1")
    finally:
        taken.close()
    assert "cannot open GPIO 17" in line(ran, "failed motion sensor M1")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ([None], "cannot be read. Hint: compare its pin"),
        ([], "says nothing. Hint: compare its pin"),
        ([False, True, None], "cannot be read"),
    ],
)
def test_a_sensor_that_cannot_be_relied_on(
    place: Place, monkeypatch: pytest.MonkeyPatch, said: list[bool | None], told: str
) -> None:
    def open_sensors(_settings: object, inbox: Inbox, _to_close: object) -> None:
        for active in said:
            inbox.put(MotionReported("M1", active, 0.0))

    monkeypatch.setattr(sensors, "open_sensors", open_sensors)
    monkeypatch.setattr(selftest, "UNATTENDED", replace(HASTE, reading_s=0.1))
    ran = place.selftest("--lamps", "", "--sensors", "M1", "--wait", "5")
    assert told in line(ran, "failed motion sensor M1")


def test_an_spi_bus_that_is_switched_off(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise OSError("cannot open SPI device 0.0")

    ldr = {"channel": 0, "r_ohm": 10_000, "calibration": [[1, 100_000], [100, 5_000]]}
    place.write(light__D1={"kind": "mcp3008", **ldr})
    monkeypatch.setattr(preparing, "spi_opener", lambda _device: refuse)
    told = line(place.selftest("--lamps", "", "--sensors", ""), "failed rights spi device 0.0")
    assert "cannot open SPI device 0.0. Hint: switch it on (raspi-config" in told


def test_a_light_sensor_that_does_not_answer(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.put(lux=None)
    monkeypatch.setattr(selftest, "UNATTENDED", replace(HASTE, reading_s=0.6))
    told = line(place.selftest("--lamps", "", "--sensors", "D1"), "failed light sensor D1")
    assert "Remote I/O error. Hint: compare supply, wires" in told


def test_a_light_sensor_that_measures_what_cannot_be(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readings, "BRIGHTEST_LUX", 10.0)
    told = line(place.selftest("--lamps", "", "--sensors", "D1"), "failed light sensor D1")
    assert "measures 12.5 lx, which cannot be" in told


def test_a_meter_with_something_else_behind_it(place: Place) -> None:
    place.put(power_w={"L1": 1.0, "L2": 1.0, "controller": 1.0})
    told = line(place.selftest("--lamps", "", "--sensors", "P1"), "failed meter P1")
    assert "measures 3.0 W, about 33.0 W are expected at full light. Hint: compare what is" in told


# --- the record -----------------------------------------------------------------------------------


def test_the_record_can_be_signed(place: Place) -> None:
    file = place.folder / "record.txt"
    ran = place.selftest("--record", str(file))
    text = file.read_text()
    assert ran.lines[-1] == f"Record: {file}"
    assert "path      Small path (soest/small)" in text
    assert "way       unattended: nobody looked" in text
    assert "cyclelight 0." in text
    assert "n1.toml (sha256 " in text
    assert "Result: PASSED (" in text
    assert text.count("Signature ____") == 2
    assert max(map(len, text.splitlines())) <= 100


def test_the_record_as_json_has_the_same_results(place: Place) -> None:
    file = place.folder / "record.json"
    ran = place.selftest("--record", str(file), "--sensors", "D1")
    told = json.loads(file.read_text())
    assert told["node"] == "n1"
    assert told["passed"] is True
    assert {
        "step": "light sensor",
        "subject": "D1",
        "status": "ok",
        "text": "measures 12.5 lx",
        "remedy": "",
    } in told["results"]
    assert len(told["results"]) == sum(
        x.split(" ")[0] in ("ok", "failed", "skipped") for x in ran.lines
    )


def test_a_record_is_not_overwritten_and_that_is_told_before_anything_else(place: Place) -> None:
    file = place.folder / "record.txt"
    file.write_text("signed")
    ran = place.selftest("--record", str(file))
    assert (ran.status, ran.out) == (2, "")
    assert "it is there already, and a record is not overwritten. Hint: choose another" in ran.err
    assert file.read_text() == "signed"
    ran = place.selftest("--record", str(place.folder / "none" / "record.txt"))
    assert ran.status == 2
    assert "its directory is not there or may not be written to" in ran.err


def test_without_a_terminal_nobody_can_be_asked(place: Place) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "controller", "selftest", "--node", str(place.node_file)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert (
        "nobody can be asked: the input is no terminal. Hint: run it in a terminal" in done.stderr
    )


def test_a_wait_that_is_none(place: Place) -> None:
    ran = place.selftest("--wait", "nan")
    assert ran.status == 2
    assert "'nan' is not a number of seconds from 0 to 3600" in ran.err
