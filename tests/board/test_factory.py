import math
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from gpiozero import Device, DigitalInputDevice, OutputDevice, PWMOutputDevice
from gpiozero.exc import (
    BadPinFactory,
    GPIOZeroError,
    PinFixedPull,
    PinInvalidBounce,
    PinInvalidEdges,
    PinInvalidFunction,
    PinInvalidPull,
    PinInvalidState,
    PinPWMFixedValue,
    PinSetInput,
)

from firmware_sim.board import link
from firmware_sim.board.factory import BOARD_VARIABLE, VirtualBoardFactory
from firmware_sim.board.server import MAX_CONNECTIONS
from tests.board.fixtures import LIMIT_S, Client, eventually


def motion_input(pin: int, bounce_s: float | None = None) -> DigitalInputDevice:
    return DigitalInputDevice(pin, pull_up=None, active_state=True, bounce_time=bounce_s)


def test_it_is_the_factory_that_gpiozero_finds_by_its_name(
    factory: VirtualBoardFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    factory.close()
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "cyclelight_sim")
    Device.pin_factory = None
    Device.ensure_pin_factory()
    found = Device.pin_factory
    assert isinstance(found, VirtualBoardFactory)
    assert found.board_info.model == "4B"


def test_an_input_goes_up_and_down(factory: VirtualBoardFactory, outside: Client) -> None:
    device = motion_input(17)
    assert not device.is_active
    outside.send({"pin": 17, "value": 1})
    assert device.wait_for_active(LIMIT_S)
    outside.send({"pin": 17, "value": 0})
    assert device.wait_for_inactive(LIMIT_S)
    assert factory.pins


def test_callbacks_come_in_another_thread(factory: VirtualBoardFactory, outside: Client) -> None:
    device = motion_input(17)
    threads: list[threading.Thread] = []
    device.when_activated = lambda: threads.append(threading.current_thread())
    outside.send({"pin": 17, "value": 1})
    eventually(lambda: threads)
    assert threads[0] is not threading.main_thread()
    assert factory.pins


def test_inputs_are_known_before_the_first_read(
    board_path: Path, outside: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside.send({"pin": 17, "value": 1})
    outside.send({"power_w": {"L01": 14.2}})
    outside.so_far()
    monkeypatch.setenv(BOARD_VARIABLE, str(board_path))
    with VirtualBoardFactory() as factory:
        assert factory.pin(17).state == 1
        assert factory.power_w == {"L01": 14.2}


def test_an_input_without_level_follows_its_pull(factory: VirtualBoardFactory) -> None:
    pin = factory.pin(17)
    for pull, level in (("up", 1), ("down", 0), ("floating", 0)):
        pin.pull = pull
        assert pin.state == level


def test_a_bounce_is_not_an_edge(factory: VirtualBoardFactory, outside: Client) -> None:
    bounce_s = 0.1
    device = motion_input(17, bounce_s)
    times_s: list[float] = []
    device.when_activated = lambda: times_s.append(time.monotonic())
    before_s = time.monotonic()
    outside.send_bytes(b"".join(b'{"pin":17,"value":%d}\n' % value for value in (1, 0, 1, 0, 1)))
    eventually(lambda: times_s)
    assert times_s[0] >= before_s + bounce_s
    outside.send({"pin": 17, "value": 0})
    assert device.wait_for_inactive(LIMIT_S)
    assert len(times_s) == 1
    assert factory.pins


def test_without_bounce_time_no_pulse_is_too_short(
    factory: VirtualBoardFactory, outside: Client
) -> None:
    device = motion_input(17)
    pulses: list[float] = []
    device.when_activated = lambda: pulses.append(time.monotonic())
    count = 20
    outside.send_bytes(b'{"pin":17,"value":1}\n{"pin":17,"value":0}\n' * count)
    eventually(lambda: len(pulses) == count)
    assert factory.pins


@pytest.mark.parametrize(
    ("edges", "fired"), [("rising", [1]), ("falling", [0]), ("both", [1, 0]), ("none", [])]
)
def test_edges_are_chosen(
    factory: VirtualBoardFactory, outside: Client, edges: str, fired: list[int]
) -> None:
    heard: list[int] = []
    seen = threading.Event()

    def changed(_ticks: float, state: int) -> None:
        heard.append(state)

    def last_changed(_ticks: float, _state: int) -> None:
        seen.set()

    pin, last = factory.pin(17), factory.pin(27)
    pin.edges = edges
    pin.when_changed = changed
    last.when_changed = last_changed
    for number, value in ((17, 1), (17, 0), (27, 1)):
        outside.send({"pin": number, "value": value})
    assert seen.wait(LIMIT_S)
    assert heard == fired


def test_pwm_is_told_to_the_outside(factory: VirtualBoardFactory, outside: Client) -> None:
    before_s = time.monotonic()
    lamp = PWMOutputDevice(12, initial_value=1.0, frequency=3000)
    lamp.value = 0.35
    messages = [outside.receive(), outside.receive()]
    assert [(message["pin"], message["duty"]) for message in messages] == [(12, 1.0), (12, 0.35)]
    assert before_s < messages[0]["at"] < messages[1]["at"] < time.monotonic()
    assert lamp.value == pytest.approx(0.35)
    assert lamp.frequency == 3000
    assert factory.pin(12).function == "output"


def test_a_plain_output_is_all_or_nothing(factory: VirtualBoardFactory, outside: Client) -> None:
    device = OutputDevice(12, initial_value=True)
    device.off()
    assert [outside.receive()["duty"] for _ in range(2)] == [1.0, 0.0]
    assert factory.pins


def test_closing_a_device_leaves_its_pin_to_the_pull(
    factory: VirtualBoardFactory, outside: Client
) -> None:
    lamp = PWMOutputDevice(12, initial_value=0.1)
    assert outside.receive()["duty"] == pytest.approx(0.1)
    lamp.close()
    undriven = outside.receive()
    assert (undriven["duty"], undriven["driven"]) == (1.0, False)
    assert factory.pin(12).function == "input"


def test_what_a_pin_cannot_do_is_said(factory: VirtualBoardFactory) -> None:
    pin = factory.pin(17)
    refused: list[tuple[str, object, type[Exception]]] = [
        ("state", 1, PinSetInput),
        ("frequency", 100, PinPWMFixedValue),
        ("pull", "sideways", PinInvalidPull),
        ("function", "alt5", PinInvalidFunction),
        ("edges", "some", PinInvalidEdges),
        ("bounce", -1, PinInvalidBounce),
        ("bounce", math.inf, PinInvalidBounce),
    ]
    for name, value, error in refused:
        with pytest.raises(error):
            setattr(pin, name, value)
    pin.function = "output"
    with pytest.raises(PinInvalidState):
        pin.state = 1.5
    with pytest.raises(PinFixedPull):
        pin.pull = "up"
    with pytest.raises(PinFixedPull):
        factory.pin(2).pull = "down"


def test_the_board_dies_and_the_daemon_does_not(
    factory: VirtualBoardFactory, board: subprocess.Popen[str]
) -> None:
    lamp, device = PWMOutputDevice(12), motion_input(17)
    board.kill()

    def unreadable() -> bool:
        try:
            return device.value is None
        except GPIOZeroError:
            return True

    eventually(unreadable)
    lamp.value = 0.5
    device.close()
    lamp.close()
    bus = factory.i2c(1, ("L01",))
    for address in (0x23, 0x40):
        with pytest.raises(OSError, match="Remote I/O"):
            bus.write_byte(address, 1)
    with pytest.raises(GPIOZeroError, match="start it"):
        assert factory.power_w


def test_a_failing_callback_makes_inputs_unreadable(
    factory: VirtualBoardFactory, outside: Client
) -> None:
    """As with lgpio, no edge would come any more: unknown must not look like nobody."""
    caught: list[BaseException | None] = []
    hook, threading.excepthook = threading.excepthook, lambda args: caught.append(args.exc_value)
    try:
        device = motion_input(17)

        def fail() -> None:
            raise ArithmeticError

        device.when_activated = fail
        outside.send({"pin": 17, "value": 1})
        eventually(lambda: caught)
    finally:
        threading.excepthook = hook
    assert isinstance(caught[0], ArithmeticError)
    with pytest.raises(GPIOZeroError):
        assert factory.pin(17).state


def test_without_the_variable_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(BOARD_VARIABLE, raising=False)
    with pytest.raises(BadPinFactory, match=BOARD_VARIABLE):
        VirtualBoardFactory()


def test_where_no_board_can_be_started_the_error_says_why(
    board_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(BOARD_VARIABLE, str(board_path / "missing" / "board"))
    with pytest.raises(BadPinFactory, match="No such file or directory"):
        VirtualBoardFactory()


def test_a_full_board_refuses_clearly(
    outside: Client,
    connect: Callable[[], Client],
    board_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert [connect().so_far() for _ in range(MAX_CONNECTIONS - 1)]
    monkeypatch.setenv(BOARD_VARIABLE, str(board_path))
    with pytest.raises(BadPinFactory, match="connections"):
        VirtualBoardFactory()
    assert outside.so_far() == []


def test_a_missing_board_is_started_and_ends_once_it_is_not_needed(
    board_path: Path, monkeypatch: pytest.MonkeyPatch, connect: Callable[[], Client]
) -> None:
    monkeypatch.setenv(BOARD_VARIABLE, str(board_path))
    monkeypatch.setattr(link, "IDLE_EXIT_S", 1.5)
    with VirtualBoardFactory() as factory:
        outside = connect()
        outside.send({"pin": 17, "value": 1})
        eventually(lambda: factory.pin(17).state == 1)
    outside.close()
    eventually(lambda: not board_path.exists())
