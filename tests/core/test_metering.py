import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.core.metering import Meter, Metered

METER = Meter("P1", ("L00",))
HOUR_S = 3600.0
READINGS = st.lists(
    st.tuples(st.floats(0.0, 300.0), st.none() | st.floats(0.0, 1000.0)), max_size=20
)


def begun(at_s: float = 0.0) -> Metered:
    return Metered(METER, at_s)


def test_a_reading_holds_until_the_next() -> None:
    metered = begun().read(10.0, 0.0).read(20.0, 30.0).booked(60.0)
    assert metered.energy_wh == pytest.approx((10.0 * 30.0 + 20.0 * 30.0) / HOUR_S)
    assert metered.known_s == 60.0


def test_what_was_before_the_first_reading_is_not_known() -> None:
    metered = begun().read(10.0, 50.0).booked(60.0)
    assert (metered.known_s, metered.energy_wh) == (10.0, pytest.approx(100.0 / HOUR_S))


def test_an_old_reading_says_nothing() -> None:
    metered = begun().read(10.0, 0.0).booked(40.0).booked(160.0)
    assert (metered.known_s, metered.energy_wh) == (60.0, pytest.approx(10.0 * 60.0 / HOUR_S))
    assert metered.booked(560.0).known_s == 60.0


def test_a_meter_that_cannot_be_read_ends_what_is_known() -> None:
    metered = begun().read(10.0, 0.0).read(None, 20.0).booked(50.0)
    assert (metered.known_s, metered.until_s) == (20.0, 50.0)
    assert metered.read(5.0, 50.0).booked(60.0).known_s == 30.0


def test_a_time_that_goes_back_books_nothing() -> None:
    metered = begun().read(10.0, 0.0).booked(50.0)
    assert metered.booked(40.0) == metered


def test_a_record_begins_with_the_reading_that_still_holds() -> None:
    metered = begun().read(10.0, 0.0).booked(50.0).begun_anew()
    assert (metered.energy_wh, metered.known_s, metered.power_w) == (0.0, 0.0, 10.0)
    assert metered.booked(70.0).known_s == 10.0  # up to a minute after it was read


@pytest.mark.parametrize(
    ("meter", "lamp"),
    [
        (Meter("P", ("L00",)), "L00"),
        (Meter("P", ("L00",), controller=True), None),
        (Meter("P", ("L00", "L01")), None),
        (Meter("P", (), controller=True), None),
    ],
)
def test_only_a_lamp_that_is_alone_has_the_meter_to_itself(meter: Meter, lamp: str | None) -> None:
    assert Metered(meter, 0.0).only_lamp == lamp


def test_a_record_is_measured_if_almost_all_of_it_is_known() -> None:
    metered = begun()._replace(energy_wh=9.5, known_s=95.0)
    assert metered.whole_energy_wh(100.0) == pytest.approx(10.0)
    assert metered.whole_energy_wh(100.1) is None
    short = begun()._replace(energy_wh=0.2, known_s=0.5)
    assert short.whole_energy_wh(0.5) == pytest.approx(0.2)
    assert begun().whole_energy_wh(0.0) is None


@given(READINGS)
def test_energy_and_what_is_known_never_fall(readings: list[tuple[float, float | None]]) -> None:
    metered, now_s, most_w = begun(), 0.0, 0.0
    for wait_s, power_w in readings:
        now_s += wait_s
        before, metered = metered, metered.read(power_w, now_s)
        most_w = max(most_w, power_w or 0.0)
        assert before.energy_wh <= metered.energy_wh <= most_w * now_s / HOUR_S + 1e-9
        assert before.known_s <= metered.known_s <= now_s


@given(READINGS, st.floats(0.0, 1.0))
def test_how_often_it_is_booked_does_not_matter(
    readings: list[tuple[float, float | None]], share: float
) -> None:
    seldom, often, now_s = begun(), begun(), 0.0
    for wait_s, power_w in readings:
        often = often.booked(now_s + share * wait_s)
        now_s += wait_s
        seldom, often = seldom.read(power_w, now_s), often.read(power_w, now_s)
    assert often.energy_wh == pytest.approx(seldom.energy_wh)
    assert often.known_s == pytest.approx(seldom.known_s)
