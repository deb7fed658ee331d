"""Passages by the hour: what is told, what is not, and that nothing of it is told twice."""

import itertools
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.core.effects import RecordEnergy
from controller.core.profile import Privacy
from controller.counting import Tally, counted, stored_tally
from controller.mqtt.energy import CountPayload

BERLIN = ZoneInfo("Europe/Berlin")
SENSORS = ("M1", "M2")
EVENING = datetime(2025, 1, 15, 17, 0, tzinfo=BERLIN).timestamp()
QUARTER_S = 900.0


def quarter(
    start_utc_s: float, passages: dict[str, int] | None = None, *, dark: bool = True
) -> RecordEnergy:
    return RecordEnergy(
        0.0,
        QUARTER_S,
        start_utc_s,
        (),
        0.0,
        dark_s=QUARTER_S if dark else 0.0,
        passages=passages or {},
    )


def told(
    records: list[RecordEnergy], privacy: Privacy | None = None, zone: ZoneInfo = BERLIN
) -> list[CountPayload]:
    tally, found = Tally(), list[CountPayload]()
    for record in records:
        tally, payload = counted(tally, record, SENSORS, privacy or Privacy(), zone)
        tally = stored_tally(tally.document())  # as a restart would have it
        found += [payload] if payload else []
    return found


def quarters(start_s: float, number: int, *passages: dict[str, int]) -> list[RecordEnergy]:
    given = [*passages, *({} for _ in range(number - len(passages)))]
    return [quarter(start_s + n * QUARTER_S, x) for n, x in enumerate(given)]


def test_an_hour_is_told_when_it_is_over_and_few_are_not_told() -> None:
    records = quarters(EVENING, 5, {"M1": 2, "M2": 4}, {"M1": 3})
    (payload,) = told(records)
    assert payload.to_bytes() == (
        b'{"end":"2025-01-15T18:00:00+01:00","id":"count-1736956800-3600","least_count":5,'
        b'"sensors":{"M1":5,"M2":null},"start":"2025-01-15T17:00:00+01:00"}'
    )


def test_nobody_is_told_like_few() -> None:
    (payload,) = told(quarters(EVENING, 5))
    assert payload.sensors == {"M1": None, "M2": None}


def test_of_broad_day_nothing_is_told() -> None:
    noon_s = EVENING - 5 * 3600.0
    records = [quarter(noon_s + n * QUARTER_S, dark=False) for n in range(12)]
    assert told(records) == []


def test_operators_may_ask_for_more_people_and_longer_bins() -> None:
    records = quarters(EVENING, 40, *[{"M1": 1}] * 12)
    (first, second) = told(records, Privacy(bin_h=4, least_count=9))
    assert (first.start.hour, first.end.hour, first.sensors["M1"]) == (16, 20, 12)
    assert (second.start.hour, second.end.hour, second.sensors["M1"]) == (20, 0, None)


def test_without_a_time_nothing_is_counted() -> None:
    record = RecordEnergy(0.0, 900.0, None, (), 0.0, dark_s=900.0, passages={"M1": 99})
    assert told([record, *quarters(EVENING, 5)])[0].sensors["M1"] is None


@pytest.mark.parametrize("bin_h", [1, 2, 3, 4, 6, 8, 12, 24])
@pytest.mark.parametrize("day", [datetime(2025, 3, 30), datetime(2025, 10, 26)])  # noqa: DTZ001 local
@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu"])
def test_bins_join_without_a_gap_also_when_clocks_are_changed(
    bin_h: int, day: datetime, zone: str
) -> None:
    start_s = (day - timedelta(days=1)).replace(tzinfo=ZoneInfo(zone)).timestamp()
    privacy = Privacy(bin_h=bin_h)
    payloads = told(quarters(start_s, 400, *[{"M1": 9}] * 400), privacy, ZoneInfo(zone))
    spans = [(x.start.timestamp(), x.end.timestamp()) for x in payloads]
    assert all(first[1] == second[0] for first, second in itertools.pairwise(spans))
    assert len({x.id for x in payloads}) == len(payloads)
    lengths_h = {(end_s - start_s) / 3600.0 for start_s, end_s in spans[1:]}
    assert all(0.0 < x <= bin_h for x in lengths_h)
    quarters_told = (spans[-1][1] - spans[0][0]) / QUARTER_S
    assert sum(x.sensors["M1"] or 0 for x in payloads) == 9 * quarters_told


@given(
    st.lists(
        st.tuples(
            st.floats(0.0, 2e9), st.dictionaries(st.sampled_from(SENSORS), st.integers(0, 9))
        ),
        max_size=20,
    ),
    st.sampled_from([1, 4, 24]),
)
def test_whatever_the_clock_does_no_bin_tells_of_more_than_there_were(
    steps: list[tuple[float, dict[str, int]]], bin_h: int
) -> None:
    records = [quarter(at_s, passages) for at_s, passages in steps]
    payloads = told(records, Privacy(bin_h=bin_h))
    for sensor in SENSORS:
        seen = [x.sensors[sensor] for x in payloads]
        assert all(n is None or n >= Privacy().least_count for n in seen)
        assert sum(n or 0 for n in seen) <= sum(p.get(sensor, 0) for _, p in steps)


@pytest.mark.parametrize(
    "document", [None, {}, {"start_s": 1.0}, {"start_s": "x", "end_s": 1.0, "dark": 1, "counts": 0}]
)
def test_a_tally_that_cannot_be_read_is_begun_anew(document: dict[str, object] | None) -> None:
    assert stored_tally(document) == Tally()
