import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from controller.core.fade import flux_pct
from controller.devices.dali_gear import DaliGear
from controller.devices.dali_levels import arc_level, fade_register, fade_time_s
from controller.devices.gear import GearError
from tests.devices.fake_dali import FakeBus, FakeGear, FakeLine

ENERGY = [0x0F, None, 0xFF, 1, 0, 0, 0, 0, 0, 4, 210, 0xFF, 0, 0, 0, 145]  # 1234 Wh, 14.5 W


def gear_at(
    *gear: FakeGear, short: int | None = 5, group: int | None = None
) -> tuple[DaliGear, FakeBus]:
    bus = FakeBus(list(gear))
    return DaliGear("L1", FakeLine(bus), short=short, group=group), bus


def examine(gear: DaliGear, *, prepare: bool = True, diagnose: bool = False) -> list[str | None]:
    return [step() for step in gear.examination(prepare=prepare, diagnose=diagnose)]


# --- numbers --------------------------------------------------------------------------------------


@given(st.floats(0.1, 100.0))
def test_a_level_is_the_nearest_on_the_logarithmic_curve(level_pct: float) -> None:
    arc = arc_level(level_pct)
    assert 1 <= arc <= 254
    assert flux_pct(arc) == pytest.approx(level_pct, rel=0.014)  # half a step of 2.8 %


def test_known_levels() -> None:
    levels_pct = (0.0, -1.0, 0.01, 0.1, 10.0, 20.0, 50.0, 100.0)
    assert [arc_level(x) for x in levels_pct] == [0, 0, 1, 1, 170, 195, 229, 254]


def test_fade_times_of_the_standard() -> None:
    assert [round(fade_time_s(k), 1) for k in range(16)] == [
        *(0.0, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 5.7, 8.0),
        *(11.3, 16.0, 22.6, 32.0, 45.3, 64.0, 90.5),
    ]


@given(st.floats(0.0, 200.0))
def test_upwards_a_fade_is_never_slower_and_downwards_nearest(fade_s: float) -> None:
    up = fade_register(fade_s, upwards=True)
    assert fade_time_s(up) <= fade_s
    assert up == 15 or fade_time_s(up + 1) > fade_s
    down = fade_register(fade_s, upwards=False)
    assert all(abs(fade_time_s(down) - fade_s) <= abs(fade_time_s(k) - fade_s) for k in range(16))


# --- levels ---------------------------------------------------------------------------------------


def test_a_fade_runs_in_the_gear_and_its_time_is_stored_only_when_it_differs() -> None:
    fake = FakeGear(5)
    gear, bus = gear_at(fake)
    gear.set(10.0, 3.0, None)
    assert (fake.level, fake.fade_register, fake.fade_ends_s) == (170, 5, pytest.approx(2.83, 0.01))
    gear.set(20.0, 3.0, None)  # upwards it must not be slower: 2.83 s again
    assert (fake.level, fake.stored) == (195, 1)
    bus.frames.clear()
    gear.set(100.0, 3.0, None)
    assert bus.frames == [0x0AFE]
    gear.set(100.0, 1.0, None)
    assert (fake.level, fake.fade_register, fake.stored) == (254, 2, 2)
    gear.set(0.0, 1.0, None)
    assert fake.level == 0


def test_other_gear_hears_nothing_of_it() -> None:
    fake, other = FakeGear(5), FakeGear(6)
    gear, _ = gear_at(fake, other)
    gear.set(10.0, 3.0, None)
    assert (other.level, other.fade_register) == (254, 0)


# --- preparation ----------------------------------------------------------------------------------


def test_sound_gear_is_left_as_it_is() -> None:
    fake = FakeGear(5)
    gear, _ = gear_at(fake)
    gear.set(10.0, 3.0, None)
    stored = fake.stored
    assert set(examine(gear)) == {None}
    assert fake.stored == stored


def test_gear_is_made_to_light_when_power_or_bus_fail() -> None:
    fake = FakeGear(5, power_on=0, failure=255, curve=1)
    gear, _ = gear_at(fake)
    examine(gear)
    assert (fake.power_on, fake.failure, fake.curve) == (254, 254, 0)


def test_without_a_fade_gear_lights_at_once_whatever_extended_fade_time_it_had() -> None:
    fake = FakeGear(5, level=170, extended=0x23)  # 4 s
    gear, bus = gear_at(fake)
    gear.set(50.0, 0.0, None)
    assert fake.fade_ends_s == pytest.approx(bus.now_s + 4.0)
    examine(gear)
    gear.set(100.0, 0.0, None)
    assert (fake.extended, fake.fade_ends_s) == (0, bus.now_s)


def test_gear_that_knows_no_extended_fade_time_is_not_told_of_one() -> None:
    fake = FakeGear(5, extended=None)
    gear, bus = gear_at(fake)
    assert set(examine(gear)) == {None}
    assert 0x0B30 not in bus.frames


@pytest.mark.parametrize(
    ("changes", "opcode", "cause"),
    [
        ({"power_on": 0}, 0x2D, "power_on_level_refused"),
        ({"failure": 0}, 0x2C, "system_failure_level_refused"),
        ({"curve": 1}, 0xE3, "dimming_curve_refused"),
    ],
)
def test_gear_that_does_not_take_it_is_told(
    changes: dict[str, int], opcode: int, cause: str
) -> None:
    fake = FakeGear(5, stubborn=frozenset({opcode}), **changes)  # type: ignore[arg-type]
    gear, _ = gear_at(fake)
    with pytest.raises(GearError, match="stays") as caught:
        examine(gear)
    assert caught.value.cause == cause


def test_gear_that_is_not_there_is_told() -> None:
    gear, _ = gear_at(FakeGear(6))
    with pytest.raises(GearError) as caught:
        examine(gear)
    assert caught.value.cause == "no_answer"


def test_gear_that_falls_silent_in_between_is_told() -> None:
    gear, _ = gear_at(FakeGear(5, stubborn=frozenset({0x99})))
    with pytest.raises(GearError) as caught:
        examine(gear)
    assert caught.value.cause == "no_answer"


def test_one_garbled_answer_is_asked_for_again_two_are_told() -> None:
    gear, bus = gear_at(FakeGear(5))
    bus.disturbed = 1
    examine(gear)
    bus.disturbed = 2
    with pytest.raises(GearError) as caught:
        examine(gear)
    assert caught.value.cause == "answers_collide"


def test_two_gears_with_one_address_are_told() -> None:
    gear, _ = gear_at(FakeGear(5), FakeGear(5))
    with pytest.raises(GearError) as caught:
        examine(gear)
    assert caught.value.cause == "answers_collide"


# --- groups ---------------------------------------------------------------------------------------


def test_a_group_is_one_lamp_and_each_member_is_prepared() -> None:
    members = [FakeGear(3, frozenset({9, 2}), failure=0), FakeGear(63, frozenset({9}), power_on=1)]
    other = FakeGear(4, frozenset({1, 10}), failure=0)
    gear, bus = gear_at(*members, other, short=None, group=9)
    gear.set(10.0, 3.0, None)
    assert {x.level for x in members} == {170}
    assert other.level == 254
    examine(gear)
    assert [(x.power_on, x.failure) for x in members] == [(254, 254)] * 2
    assert other.failure == 0
    members[1].lamp_fails = True
    bus.frames.clear()
    assert examine(gear, prepare=False) == [None, "lamp_failure"]


def test_a_group_below_eight_is_found_too_and_an_empty_one_told() -> None:
    gear, _ = gear_at(FakeGear(3, frozenset({2})), short=None, group=2)
    gear.set(100.0, 0.0, None)
    assert set(examine(gear)) == {None}
    empty, _ = gear_at(FakeGear(3, frozenset({2})), short=None, group=7)
    with pytest.raises(GearError, match="group 7"):
        examine(empty)


# --- checks ---------------------------------------------------------------------------------------


@pytest.fixture
def dimmed() -> tuple[DaliGear, FakeBus, FakeGear]:
    fake = FakeGear(5)
    gear, bus = gear_at(fake)
    gear.set(10.0, 3.0, None)
    examine(gear)
    bus.now_s = 10.0
    bus.frames.clear()
    return gear, bus, fake


Dimmed = tuple[DaliGear, FakeBus, FakeGear]


def test_gear_that_is_as_it_was_told_is_only_asked(dimmed: Dimmed) -> None:
    gear, bus, _ = dimmed
    assert examine(gear, prepare=False) == [None]
    assert bus.frames == [0x0B90, 0x0BA0, 0x0BA5]


def test_failures_are_found(dimmed: Dimmed) -> None:
    gear, _, fake = dimmed
    fake.lamp_fails = True
    assert examine(gear, prepare=False) == ["lamp_failure"]
    fake.gear_fails = True
    assert examine(gear, prepare=False) == ["gear_failure"]


def test_gear_whose_power_was_gone_is_told_its_level_again(dimmed: Dimmed) -> None:
    gear, _, fake = dimmed
    fake.power_cut()
    assert fake.level == 254
    examine(gear, prepare=False)
    assert (fake.level, fake.restarted) == (170, False)


def test_a_level_or_fade_time_that_somebody_else_set_is_set_back(dimmed: Dimmed) -> None:
    gear, _, fake = dimmed
    fake.level = 100
    examine(gear, prepare=False)
    assert fake.level == 170
    fake.fade_register = 15
    examine(gear, prepare=False)
    assert fake.fade_register == 5


def test_a_level_beyond_the_gears_limits_is_not_told_again_and_again(dimmed: Dimmed) -> None:
    gear, bus, fake = dimmed
    gear.set(0.5, 3.0, None)
    assert (fake.level, fake.cut) == (85, True)
    bus.now_s = 20.0
    bus.frames.clear()
    examine(gear, prepare=False)
    assert len(bus.frames) == 3


def test_gear_that_fades_is_left_to_it(dimmed: Dimmed) -> None:
    gear, bus, fake = dimmed
    gear.set(100.0, 3.0, None)
    fake.level = 200  # on its way
    examine(gear, prepare=False)
    assert (fake.level, bus.frames[-1]) == (200, 0x0BA5)


def test_after_an_error_the_fade_time_is_stored_anew() -> None:
    fake = FakeGear(5)
    bus = FakeBus([fake])
    line = FakeLine(bus)
    gear = DaliGear("L1", line, short=5)
    gear.set(10.0, 3.0, None)
    line.unplugged = True
    with pytest.raises(OSError, match="gone"):
        gear.set(100.0, 3.0, None)
    line.unplugged = False
    fake.fade_register = 9
    gear.set(100.0, 3.0, None)
    assert (fake.level, fake.fade_register) == (254, 5)
    gear.close()
    fake.fade_register = 9
    gear.set(100.0, 3.0, None)
    assert (fake.fade_register, line.closed) == (5, 1)


# --- colour ---------------------------------------------------------------------------------------


def test_a_colour_is_set_with_the_level_once_the_gear_is_known_to_have_it() -> None:
    fake = FakeGear(5, types=(6, 8), auto_activation=False)
    gear, _ = gear_at(fake)
    gear.set(100.0, 0.0, 2200.0)
    assert fake.mired == 250
    assert set(examine(gear)) == {None}
    assert (fake.mired, fake.auto_activation) == (455, True)
    gear.set(50.0, 1.0, 4000.0)
    assert (fake.level, fake.mired) == (229, 250)
    gear.set(60.0, 1.0, None)
    assert fake.mired == 250


def test_gear_whose_power_was_gone_is_told_its_colour_again() -> None:
    fake = FakeGear(5, types=(6, 8))
    gear, _ = gear_at(fake)
    gear.set(100.0, 0.0, 2200.0)
    examine(gear)
    fake.power_cut()
    examine(gear, prepare=False)
    assert (fake.level, fake.mired, fake.restarted) == (254, 455, False)


@pytest.mark.parametrize("fake", [FakeGear(5), FakeGear(5, types=(6, 8), tc_capable=False)])
def test_gear_of_one_colour_that_is_wanted_another_is_told(fake: FakeGear) -> None:
    gear, _ = gear_at(fake)
    gear.set(100.0, 0.0, 2200.0)
    assert examine(gear)[-1] == "not_tunable"
    gear.set(100.0, 0.0, None)
    assert examine(gear)[-1] is None


# --- memory banks ---------------------------------------------------------------------------------


def test_energy_and_diagnostics_are_logged_as_far_as_the_gear_has_them() -> None:
    gear, _ = gear_at(FakeGear(5, banks={202: ENERGY}))
    gear.set(100.0, 0.0, None)
    with capture_logs() as lines:
        examine(gear, diagnose=True)
    (line,) = lines
    assert (line["event"], line["device"], line["address"]) == ("dali_gear", "L1", 5)
    assert (line["energy_wh"], line["power_w"]) == (1234.0, 14.5)
    assert "gear_on_s" not in line


def test_gear_without_banks_has_nothing_to_tell() -> None:
    gear, _ = gear_at(FakeGear(5))
    with capture_logs() as lines:
        examine(gear, diagnose=True)
    assert lines[0].keys() == {"event", "log_level", "device", "address"}
