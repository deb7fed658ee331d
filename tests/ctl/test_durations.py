import argparse

import pytest

from controller.ctl.durations import duration_s, in_words, level_pct, timeout_s, version


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30s", 30), ("90min", 5400), ("2h", 7200), ("1h30min", 5400), ("1.5h", 5400), ("1d", 86400)],
)
def test_durations_are_read_as_people_write_them(text: str, seconds: float) -> None:
    assert duration_s(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "0s", "2", "2m", "-1h", "h", "1h ago", "1e9s", "9999999h", "nan s"]
)
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="2h, 90min, 30s"):
        duration_s(text)


@pytest.mark.parametrize(("text", "pct"), [("0", 0.0), ("60", 60.0), ("12.5%", 12.5), ("100", 100)])
def test_levels_are_percent(text: str, pct: float) -> None:
    assert level_pct(text) == pct


@pytest.mark.parametrize("text", ["-1", "101", "nan", "inf", "half", ""])
def test_what_is_no_level_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="0 to 100"):
        level_pct(text)


@pytest.mark.parametrize("text", ["0", "601", "nan", "soon"])
def test_nobody_waits_for_ever(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=r"0\.1 to 600"):
        timeout_s(text)


@pytest.mark.parametrize("text", ["0", "-1", "1.0", "9" * 5000, "²"])
def test_versions_are_whole_numbers_from_1(text: str) -> None:
    assert version("17") == 17
    with pytest.raises(argparse.ArgumentTypeError, match="whole number"):
        version(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.6, "1 min"), (5400, "1 h 30 min"), (90061, "1 d 1 h"), (-5, "0 s")],
)
def test_durations_are_told_with_their_two_greatest_units(seconds: float, text: str) -> None:
    assert in_words(seconds) == text
