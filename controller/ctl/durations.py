"""Durations and percentages as people type and read them."""

import argparse
import re

_UNITS_S = {"d": 86400.0, "h": 3600.0, "min": 60.0, "s": 1.0}
_PART = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)\s*(d|h|min|s)\s*")
_FULL_PCT = 100.0
_SHORTEST_WAIT_S, _LONGEST_WAIT_S = 0.1, 600.0
_LONGEST_SHOWN = 40


def duration_s(text: str) -> float:
    """Read `2h`, `90min`, `30s` or `1h30min`, in seconds."""
    total_s, at = 0.0, 0
    while at < len(text) and (part := _PART.match(text, at)):
        total_s += float(part[1]) * _UNITS_S[part[2]]
        at = part.end()
    if at < len(text) or total_s <= 0.0:
        wanted = "is not a duration above zero: write for instance 2h, 90min, 30s or 1h30min"
        raise argparse.ArgumentTypeError(f"{text[:_LONGEST_SHOWN]!a} {wanted}")
    return total_s


def level_pct(text: str) -> float:
    """Read a level in percent, 0 to 100; a percent sign may follow."""
    return _number(text.removesuffix("%"), 0.0, _FULL_PCT, "a level in percent, 0 to 100")


def timeout_s(text: str) -> float:
    """Read how long to wait, in seconds."""
    return _number(text, _SHORTEST_WAIT_S, _LONGEST_WAIT_S, "a number of seconds, 0.1 to 600")


def version(text: str) -> int:
    """Read the version of a profile."""
    if not (text.isascii() and text.isdigit() and 0 < int(text[:17]) <= 2**53):
        wanted = "is not a version: a whole number from 1"
        raise argparse.ArgumentTypeError(f"{text[:_LONGEST_SHOWN]!a} {wanted}")
    return int(text)


def _number(text: str, least: float, greatest: float, wanted: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not least <= number <= greatest:
        raise argparse.ArgumentTypeError(f"{text[:_LONGEST_SHOWN]!a} is not {wanted}")
    return number


def in_words(seconds: float) -> str:
    """Say a duration with its two greatest units: `1 h 30 min`."""
    left = max(0, round(seconds))
    parts = []
    for unit, size_s in _UNITS_S.items():
        number, left = divmod(left, round(size_s))
        if number:
            parts.append(f"{number} {unit}")
    return " ".join(parts[:2]) or "0 s"
