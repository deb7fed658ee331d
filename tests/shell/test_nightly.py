"""The account of a night: what the ledger has of it, the diary beside it, and what is not told."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from controller.accounts.accounting import night_account
from controller.accounts.site import DOCUMENT as SHEET
from controller.accounts.site import from_document
from controller.bookkeeping import Prepared
from controller.core.events import PowerMeasured, ProfileChanged
from controller.core.metering import Meter
from controller.core.moment import Moment
from controller.core.profile import Baseline, Privacy, Profile
from controller.core.state import RECORD_S, begin
from controller.counting import STORED as TALLY
from controller.housekeeping import COUNT, METERS, METERS_EVERY_S, Housekeeper
from controller.mqtt.energy import CountPayload
from controller.nightly import (
    MOST_ALARMS,
    NIGHTS_KEPT,
    STORED,
    Diary,
    Page,
    last_night,
    stored_diary,
)
from controller.store.records import night_at
from controller.store.store import Store
from tests.core.build import Host, read_all, settled

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = date(2025, 1, 15)
EVENING_S = datetime(2025, 1, 15, 15, 0, tzinfo=BERLIN).timestamp()
DAY_S = 86400.0


def count(sensors: dict[str, int | None], hour: int = 17) -> CountPayload:
    start = datetime(2025, 1, 15, hour, tzinfo=BERLIN)
    return CountPayload(
        id="x", start=start, end=start + timedelta(hours=1), least_count=5, sensors=sensors
    )


# --- the diary ------------------------------------------------------------------------------------


def test_a_diary_adds_up_what_was_told_and_how_often_nothing_was() -> None:
    diary = Diary({}).with_count(NIGHT, count({"M1": 7, "M2": None}))
    diary = diary.with_count(NIGHT, count({"M1": 5, "M2": 6}))
    assert diary.of(NIGHT) == Page(passages=18, untold_bins=1)
    assert diary.of(NIGHT + timedelta(days=1)) == Page()


def test_an_alarm_stands_in_the_diary_once_and_there_is_room_for_so_many() -> None:
    diary = Diary({})
    for number in (1, 1, *range(2 * MOST_ALARMS)):
        diary = diary.with_alarm(NIGHT, f"lamp_dim:L{number}")
    assert len(diary.of(NIGHT).alarms) == MOST_ALARMS
    assert diary.of(NIGHT).alarms[:2] == ("lamp_dim:L1", "lamp_dim:L0")


def test_only_the_last_nights_are_kept() -> None:
    diary = Diary({})
    for number in range(10):
        diary = diary.with_alarm(NIGHT + timedelta(days=number), "x:")
    assert len(diary.pages) == NIGHTS_KEPT
    assert max(diary.pages) == NIGHT + timedelta(days=9)
    assert stored_diary(json.loads(json.dumps(diary.document()))) == diary


@pytest.mark.parametrize(
    "document", [None, {}, {"2025-01-15": 3}, {"x": Page().document()}, {"2025-01-15": {}}]
)
def test_pages_that_cannot_be_read_are_left_out(document: dict[str, object] | None) -> None:
    assert stored_diary(document) == Diary({})


def test_a_night_is_from_noon_to_noon() -> None:
    noon_s = datetime(2025, 1, 16, 12, 0, tzinfo=BERLIN).timestamp()
    assert night_at(noon_s - 1.0, BERLIN) == NIGHT
    assert night_at(noon_s, BERLIN) == NIGHT + timedelta(days=1)
    assert last_night(noon_s, BERLIN) == NIGHT


# --- what goes along with records -----------------------------------------------------------------


class House:
    """A node, its housekeeper and its ledger."""

    def __init__(self, folder: Path, profile: Profile | None = None) -> None:
        self.host = settled(profile=profile, utc_s=EVENING_S, record_s=RECORD_S)
        self.host.effects.clear()
        self.store = Store(folder)
        self.written: list[Prepared] = []
        self.keeper = self.restarted()

    def restarted(self) -> Housekeeper:
        self.keeper = Housekeeper(self.host.state, self.store.kept, lambda: self.host.moment)
        return self.keeper

    def run_to(self, until_s: float) -> None:
        self.host.run_to(until_s)
        self.keeper.changed(self.host.state)
        for _, record in self.host.records():
            prepared = self.keeper.prepared(record)
            self.written.append(prepared)
            self.store.add(
                record,
                boot="b",
                zone=BERLIN,
                messages=prepared.messages,
                documents=prepared.documents,
            )
        self.host.effects.clear()

    def passages(self, sensor: str, number: int) -> None:
        for _ in range(number):
            self.host.passage(sensor)
            self.run_to(self.host.now_s + 60.0)

    @property
    def told(self) -> list[CountPayload]:
        return [
            CountPayload.model_validate_json(payload)
            for prepared in self.written
            for name, payload in prepared.messages
            if name == COUNT
        ]


def test_an_hours_passages_are_told_and_only_what_was_told_is_kept(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.run_to(3.0 * 3600.0)
    house.passages("M05", 6)
    house.passages("M06", 4)
    house.run_to(5.0 * 3600.0)
    told = {x.start.hour: x.sensors for x in house.told}
    assert told[18] == {"M04": None, "M05": 6, "M06": None, "M07": None}
    assert house.store.kept(TALLY) is not None
    assert "6" not in json.dumps((house.store.kept(TALLY) or {})["counts"])
    diary = stored_diary(house.store.kept(STORED))
    assert diary.of(NIGHT).passages == 6


def test_a_restart_in_the_middle_of_an_hour_loses_no_count(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.run_to(3.0 * 3600.0)
    house.passages("M05", 3)
    house.run_to(3.5 * 3600.0)
    house.restarted()
    house.passages("M05", 3)
    house.run_to(5.0 * 3600.0)
    assert {x.start.hour: x.sensors["M05"] for x in house.told}[18] == 6


def test_what_says_nothing_new_is_not_written_again(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.run_to(DAY_S / 2)
    writes = [set(x.documents) for x in house.written]
    assert SHEET in writes[0]
    assert not any(SHEET in names or METERS in names for names in writes[1:])
    assert any(not names for names in writes)


def test_the_sheet_of_the_site_follows_the_profile(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.run_to(RECORD_S)
    half = Baseline("half_night", 2, level_pct=50.0)
    house.host.tell(ProfileChanged(Profile(baseline=half)))
    house.run_to(2.0 * RECORD_S)
    assert from_document(house.store.kept(SHEET) or {}).baseline == half


# --- the night ------------------------------------------------------------------------------------


def test_the_last_night_is_accounted_for(tmp_path: Path) -> None:
    house = House(tmp_path, Profile(privacy=Privacy(least_count=5)))
    house.run_to(3.0 * 3600.0)
    house.passages("M05", 6)
    house.keeper.alarm_raised("lamp_dim:L05")
    assert house.keeper.night(house.store) is None, "there was no night before"
    house.run_to(DAY_S)
    payload = house.keeper.night(house.store)
    assert payload is not None
    assert (payload.night, payload.passages, payload.alarms) == ("2025-01-15", 6, ("lamp_dim:L05",))
    assert payload.start.isoformat() == "2025-01-15T12:00:00+01:00"
    assert payload.end - payload.start == timedelta(days=1)
    assert payload.coverage == pytest.approx(21.0 / 24.0, abs=0.001)
    sheet = from_document(house.store.kept(SHEET) or {})
    account = night_account(house.store.of_nights(NIGHT, NIGHT), sheet, NIGHT)
    assert payload.active_energy_wh == pytest.approx(account.declared.active_wh, abs=0.001)
    assert payload.net_saved_wh == pytest.approx(account.declared.net_wh, abs=0.001)
    assert payload.co2_kg == pytest.approx(payload.net_saved_wh * 363.0 / 1e6, abs=1e-4)
    assert payload.baselines["dusk_to_dawn"].baseline_wh == pytest.approx(payload.baseline_wh)
    assert payload.baseline == ("dusk_to_dawn/1",)
    assert payload.detection_share is not None
    assert payload.meters == {}
    assert type(payload).model_validate_json(payload.to_bytes()).to_bytes() == payload.to_bytes()


def test_of_a_night_with_few_people_nothing_tells_that_there_was_anybody(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.run_to(3.0 * 3600.0)
    house.passages("M05", 2)
    house.run_to(DAY_S)
    payload = house.keeper.night(house.store)
    assert payload is not None
    assert (payload.passages, payload.detection_share, payload.d_e) == (0, None, None)


def test_without_a_clock_there_is_no_last_night(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.run_to(DAY_S)
    house.host.utc_at_zero_s = None
    assert house.keeper.night(house.store) is None
    house.keeper.alarm_raised("clock_untrusted:")
    house.host.utc_at_zero_s = EVENING_S
    payload = house.keeper.night(house.store)
    assert payload is not None
    assert payload.alarms == ()


def test_meters_stand_in_the_night_with_how_they_agree(tmp_path: Path) -> None:
    house = House(tmp_path)
    site = house.host.state.site
    moment = Moment(0.0, EVENING_S)
    meters = (Meter("P1", ("L05",)), Meter("P2", ("L06", "L07")))
    house.host = Host(begin(site, Profile(), moment, RECORD_S, meters), utc_at_zero_s=EVENING_S)
    read_all(house.host)
    house.restarted()
    while house.host.now_s < METERS_EVERY_S + RECORD_S:
        for meter, power_w in (("P1", 2.6), ("P2", 5.4)):
            house.host.tell(PowerMeasured(meter, power_w))
        house.run_to(house.host.now_s + 30.0)
        house.keeper.sample()
    assert METERS in {x for prepared in house.written for x in prepared.documents}
    house.run_to(DAY_S)
    house.restarted()
    payload = house.keeper.night(house.store)
    assert payload is not None
    assert set(payload.meters) == {"P1", "P2"}
    assert payload.meters["P1"].explained_pct is not None
    assert payload.meters["P1"].energy_wh > 0.0


def test_a_comparison_that_cannot_be_read_begins_anew(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.store.keep(METERS, {"version": 99})
    house.restarted()
    house.run_to(DAY_S)
    payload = house.keeper.night(house.store)
    assert payload is not None
    assert payload.meters == {}
