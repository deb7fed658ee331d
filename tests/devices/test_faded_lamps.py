"""Lamps that fade by software: one channel, 0-10 V, two channels."""

import asyncio
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.core.fade import Fade
from controller.devices.analogue import AnalogueChannel, duty_pct
from controller.devices.faded_lamp import FadedLamp
from controller.devices.fader import STEPS_PER_S, Fader
from controller.devices.two_channel import ColourFade, TwoChannelLamp, warm_share
from tests.devices.fake_channel import FakeChannel, Told
from tests.support.virtual_time import in_virtual_time

CURVE = ((0.0, 0.0), (10.0, 22.0), (50.0, 55.0), (100.0, 96.0))
CCT_K = (2200.0, 4000.0)


def test_a_lamp_fades_its_channel_on_the_dali_curve_and_lets_go_of_it() -> None:
    async def run() -> None:
        channel = FakeChannel()
        lamp = FadedLamp("L1", channel, fader=Fader(), tell=Told())
        lamp.fade_to(10.0, 1.0, 2700.0)
        await asyncio.sleep(0.5)
        half_pct = Fade(100.0, 10.0, 0.0, 1.0).level_pct_at(0.5)
        assert channel.written[-1] == pytest.approx(half_pct, rel=0.05)
        await asyncio.sleep(1.0)
        assert channel.written[-1] == 10.0
        assert len(channel.written) == pytest.approx(STEPS_PER_S, abs=2)
        lamp.fade_to(100.0, 5.0)
        lamp.close()
        written = len(channel.written)
        await asyncio.sleep(10.0)
        assert (len(channel.written), channel.closed) == (written, True)

    in_virtual_time(run())


def test_a_lamp_that_fails_in_a_fade_does_not_stop_another() -> None:
    async def run() -> None:
        broken, sound, told = FakeChannel(broken=True), FakeChannel(), Told()
        fader = Fader()
        lamps = [
            FadedLamp(f"L{i}", x, fader=fader, tell=told) for i, x in enumerate((broken, sound))
        ]
        for lamp in lamps:
            lamp.fade_to(10.0, 1.0)
        await asyncio.sleep(2.0)
        assert sound.written[-1] == 10.0
        broken.broken = False
        await asyncio.sleep(3.0)
        assert broken.written[-1] == 10.0
        assert told.faults == [("L0", "write_fails"), ("L0", None)]
        for lamp in lamps:
            lamp.close()

    in_virtual_time(run())


@given(st.floats(0.0, 100.0))
def test_the_duty_of_a_flux_lies_on_the_measured_curve(flux_pct: float) -> None:
    found_pct = duty_pct(CURVE, flux_pct)
    assert 0.0 <= found_pct <= 96.0
    for (low, low_duty), (high, high_duty) in itertools.pairwise(CURVE):
        if low <= flux_pct <= high:
            assert low_duty <= found_pct <= high_duty


def test_0_10_v_is_born_at_the_duty_of_full_light_and_raises_what_would_flicker() -> None:
    channel = FakeChannel()
    line = AnalogueChannel(channel, CURVE, least_pct=10.0)
    for level_pct in (50.0, 30.0, 4.0, 0.0):
        line.write(level_pct)
    assert channel.written == pytest.approx([96.0, 55.0, 38.5, 22.0, 0.0])
    line.close()
    assert channel.closed


def test_a_flux_above_the_tables_end_is_its_end() -> None:
    assert duty_pct(CURVE, 100.0 + 1e-9) == 96.0


@given(st.floats(1000.0, 10_000.0), st.floats(0.0, 100.0))
def test_a_colour_takes_no_flux_away(colour_k: float, level_pct: float) -> None:
    share = warm_share(1e6 / colour_k, *CCT_K)
    assert 0.0 <= share <= 1.0
    assert level_pct * share + level_pct * (1.0 - share) == pytest.approx(level_pct)


def test_shares_are_linear_in_mired() -> None:
    half_k = 2.0 / (1.0 / 2200.0 + 1.0 / 4000.0)
    colours_k = (2200.0, half_k, 4000.0)
    assert [warm_share(1e6 / x, *CCT_K) for x in colours_k] == pytest.approx([1.0, 0.5, 0.0])


def test_two_channels_fade_level_and_colour_in_the_same_time() -> None:
    async def run() -> None:
        warm, cold = FakeChannel(), FakeChannel()
        lamp = TwoChannelLamp("L1", (warm, cold), cct_k=CCT_K, fader=Fader(), tell=Told())
        assert (warm.written, cold.written) == ([100.0], [0.0])
        lamp.fade_to(50.0, 2.0, 4000.0)
        await asyncio.sleep(1.0)
        level_pct = Fade(100.0, 50.0, 0.0, 2.0).level_pct_at(1.0)
        assert warm.written[-1] == pytest.approx(level_pct / 2, rel=0.05)
        assert cold.written[-1] == pytest.approx(level_pct / 2, rel=0.05)
        await asyncio.sleep(2.0)
        assert (warm.written[-1], cold.written[-1]) == (0.0, 50.0)
        lamp.fade_to(80.0, 0.0)  # the colour stays
        assert (warm.written[-1], cold.written[-1]) == (0.0, 80.0)
        lamp.close()
        assert (warm.closed, cold.closed) == (True, True)

    in_virtual_time(run())


def test_a_colour_fades_while_the_level_stays() -> None:
    async def run() -> None:
        warm, cold = FakeChannel(), FakeChannel()
        lamp = TwoChannelLamp("L1", (warm, cold), cct_k=CCT_K, fader=Fader(), tell=Told())
        lamp.fade_to(100.0, 1.0, 4000.0)
        await asyncio.sleep(0.5)
        assert cold.written[-1] == pytest.approx(50.0, abs=2.0)
        assert warm.written[-1] + cold.written[-1] == pytest.approx(100.0)
        await asyncio.sleep(1.0)
        assert (warm.written[-1], cold.written[-1]) == (0.0, 100.0)
        lamp.fade_to(100.0, 0.0, 2200.0)
        assert (warm.written[-1], cold.written[-1]) == (100.0, 0.0)

    in_virtual_time(run())


def test_one_channel_that_fails_leaves_the_other_lit() -> None:
    async def run() -> None:
        warm, cold, told = FakeChannel(), FakeChannel(), Told()
        lamp = TwoChannelLamp("L1", (warm, cold), cct_k=CCT_K, fader=Fader(), tell=told)
        lamp.fade_to(100.0, 0.0, 3000.0)
        warm.broken = True
        lamp.fade_to(10.0, 0.0, 3000.0)
        assert cold.written[-1] == cold.written[-3] > 40.0  # lit, because the level cannot be set
        assert told.faults == [("L1", "write_fails")]
        lamp.close()

    in_virtual_time(run())


def test_a_course_of_colour_stays_where_it_ends() -> None:
    fade = ColourFade(450.0, 250.0, 10.0, 2.0)
    assert [fade.mired_at(x) for x in (9.0, 10.0, 11.0, 12.0, 99.0)] == [450, 450, 350, 250, 250]
    assert ColourFade(450.0, 250.0, 10.0, 0.0).mired_at(10.0) == 250.0
