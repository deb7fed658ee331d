import asyncio
import sys
import time
from statistics import median
from typing import Any

import pytest
from gpiozero import Device

from controller.core.fade import Fade, dali_level
from controller.devices.errors import DeviceError
from controller.devices.faded_lamp import FadedLamp
from controller.devices.fader import Fader
from controller.devices.gpio import GpioPwm, GpioSwitch, duty, ensure_pin_factory
from firmware_sim.board.factory import BOARD_VARIABLE
from tests.board.fixtures import LIMIT_S, Client
from tests.devices.fake_channel import Told

FADE_S = 1.0
LEAST_STEPS_PER_S = 50
ROUNDING_PCT = 1e-3
LAG_S = 0.3
MEDIAN_ERROR_DALI = 2.0
ATTEMPTS = 5


async def fade_over() -> None:
    tasks = [task for task in asyncio.all_tasks() if task.get_name() == "fader"]
    async with asyncio.timeout(LIMIT_S):
        await asyncio.gather(*tasks)


def told_until(outside: Client, level_pct: float) -> list[dict[str, Any]]:
    """All that the board has to say until a lamp is at a level: it has its own time to read."""
    told = [outside.receive()]
    while told[-1]["duty"] != pytest.approx(level_pct / 100.0, abs=ROUNDING_PCT / 100.0):
        told.append(outside.receive())
    return told


def lamp_at(pin: int, *, active_high: bool = True) -> FadedLamp:
    return FadedLamp(
        "L1", GpioPwm(pin, 1000.0, active_high=active_high), fader=Fader(), tell=Told()
    )


@pytest.mark.usefixtures("factory")
async def test_a_lamp_is_born_at_full_light_and_left_to_light(outside: Client) -> None:
    lamp = lamp_at(12)
    assert outside.receive()["duty"] == 1.0
    lamp.close()
    assert outside.receive()["driven"] is False


@pytest.mark.usefixtures("factory")
async def test_a_lamp_that_lights_when_its_pin_is_low(outside: Client) -> None:
    lamp = lamp_at(12, active_high=False)
    lamp.fade_to(10.0, 0.0)
    assert [outside.receive()["duty"] for _ in range(2)] == pytest.approx([0.0, 0.9])


@pytest.mark.usefixtures("factory")
async def test_a_fade_on_the_pin_follows_the_dali_curve(outside: Client) -> None:
    lamp = lamp_at(12)
    lamp.fade_to(10.0, 0.0)
    told_until(outside, 10.0)
    early_s = time.monotonic()
    lamp.fade_to(100.0, FADE_S)
    late_s = time.monotonic()
    await fade_over()
    told = told_until(outside, 100.0)
    assert told[-1]["duty"] == 1.0
    errors_dali = []
    for message in told:
        at_s, level_pct = message["at"], 100.0 * message["duty"]
        highest_pct = Fade(10.0, 100.0, early_s, FADE_S).level_pct_at(at_s)
        lowest_pct = Fade(10.0, 100.0, late_s, FADE_S).level_pct_at(at_s - LAG_S)
        # a step is stamped when the pin is set, some time after its level was computed
        assert lowest_pct - ROUNDING_PCT <= level_pct <= highest_pct + ROUNDING_PCT
        errors_dali.append(dali_level(highest_pct) - dali_level(level_pct))
    assert median(errors_dali) < MEDIAN_ERROR_DALI


@pytest.mark.usefixtures("factory")
async def test_at_least_fifty_steps_a_second_while_fading_and_none_while_not(
    outside: Client,
) -> None:
    lamp = lamp_at(12)
    lamp.fade_to(10.0, 0.0)
    told_until(outside, 10.0)
    steps = []
    for attempt in range(ATTEMPTS):  # the machine may be busy with something else
        level_pct = (100.0, 10.0)[attempt % 2]
        lamp.fade_to(level_pct, FADE_S)
        await fade_over()
        times_s = [message["at"] for message in told_until(outside, level_pct)]
        steps.append(len(times_s) / (times_s[-1] - times_s[0]))
        if steps[-1] >= LEAST_STEPS_PER_S:
            break
    assert max(steps) >= LEAST_STEPS_PER_S
    await asyncio.sleep(0.2)
    assert outside.so_far() == []


@pytest.mark.usefixtures("factory")
def test_a_pin_that_is_gone_is_an_error_of_the_system() -> None:
    channel, switch = GpioPwm(12, 1000.0, active_high=True), GpioSwitch(13, active_high=True)
    channel._device.close()
    switch._device.close()
    with pytest.raises(OSError, match="closed"):
        channel.write(10.0)
    with pytest.raises(OSError, match="closed"):
        switch.switch(lit=False)


@pytest.mark.parametrize("active_high", [True, False])
@pytest.mark.usefixtures("factory")
def test_a_relay_is_born_lit_switched_and_left_to_light(
    outside: Client, *, active_high: bool
) -> None:
    switch = GpioSwitch(12, active_high=active_high)
    assert outside.receive()["duty"] == float(active_high)
    switch.switch(lit=False)
    assert outside.receive()["duty"] == float(not active_high)
    switch.switch(lit=True)
    assert outside.receive()["duty"] == float(active_high)
    switch.close()
    assert outside.receive()["driven"] is False


def test_whole_percents_survive_lgpios_truncation() -> None:
    assert [int(duty(float(level_pct)) * 100) for level_pct in range(101)] == list(range(101))


@pytest.mark.usefixtures("factory")
async def test_a_pin_in_use_or_missing_is_one_clear_error() -> None:
    lamp = lamp_at(12)
    with pytest.raises(DeviceError, match=r"GPIO 12: .*in use.*check the pin"):
        lamp_at(12)
    with pytest.raises(DeviceError, match=r"GPIO 12: .*in use"):
        GpioSwitch(12, active_high=True)
    lamp.close()


@pytest.mark.parametrize(("name", "reason"), [("cyclelight_sim", BOARD_VARIABLE), ("no", "'no'")])
def test_without_pins_the_error_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, name: str, reason: str
) -> None:
    monkeypatch.delenv(BOARD_VARIABLE, raising=False)
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", name)
    with pytest.raises(DeviceError, match=f"{reason}.*python3-lgpio"):
        ensure_pin_factory()


def test_gpiozero_may_not_choose_another_library_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GPIOZERO_PIN_FACTORY", raising=False)
    monkeypatch.setitem(sys.modules, "lgpio", None)
    with pytest.raises(DeviceError, match="GPIOZERO_PIN_FACTORY=lgpio"):
        ensure_pin_factory()
    assert Device.pin_factory is None
