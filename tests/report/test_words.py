import string
from datetime import date

import pytest

from controller.accounts.period import month, night, year
from controller.core.profile import NightTime
from controller.report.english import ENGLISH
from controller.report.german import GERMAN
from controller.report.words import LANGUAGES

EN, DE = LANGUAGES["en"], LANGUAGES["de"]


def parts(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_say_the_same_things() -> None:
    assert ENGLISH.keys() == GERMAN.keys()
    differing = [x for x in ENGLISH if parts(ENGLISH[x]) != parts(GERMAN[x])]
    assert differing == []


@pytest.mark.parametrize(
    ("value", "digits", "english", "german"),
    [
        (1234567.891, 2, "1,234,567.89", "1.234.567,89"),
        (-0.001, 2, "0.00", "0,00"),
        (-1234.5, 1, "-1,234.5", "-1.234,5"),
        (None, 2, "-", "-"),
    ],
)
def test_numbers_are_written_as_the_language_does(
    value: float | None, digits: int, english: str, german: str
) -> None:
    assert (EN.number(value, digits), DE.number(value, digits)) == (english, german)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0.00"),
        (0.0291, "0.0291"),
        (0.1964, "0.196"),
        (9.876, "9.88"),
        (59.54, "59.5"),
        (823.4, "823"),
        (12345.6, "12,346"),
        (-5.204, "-5.20"),
    ],
)
def test_three_digits_tell_something_and_no_whole_one_is_lost(value: float, text: str) -> None:
    assert EN.significant(value) == text


@pytest.mark.parametrize(("value", "text"), [(0.3, "0.30"), (0.2875, "0.2875"), (1.0, "1.00")])
def test_a_price_is_told_as_it_was_given(value: float, text: str) -> None:
    assert EN.plain(value, 2) == text


def test_periods_have_titles() -> None:
    periods = (night(date(2025, 1, 5)), month(2025, 3), year(2025))
    assert [EN.title(x) for x in periods] == ["Night of 5 January 2025", "March 2025", "Year 2025"]
    assert [DE.title(x) for x in periods] == ["Nacht vom 5. Januar 2025", "März 2025", "Jahr 2025"]


def test_times_of_night_are_by_the_clock_or_the_sun() -> None:
    assert EN.time(NightTime(None, 23 * 60 + 5)) == "23:05"
    assert EN.time(NightTime("sunset", 0)) == "sunset"
    assert DE.time(NightTime("sunrise", -30)) == "Sonnenaufgang -30 min"
