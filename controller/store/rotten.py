"""Values from a disk that rots: what no controller can have written counts as nothing.

SQLite finds pages that do not hang together, but it has no checksum of what stands in them. One
figure that cannot be reckoned with or told would hold up everything behind it.
"""

import json
import math
from typing import Any, Never

GREATEST_FIGURE = 1e12
"""More than a lamp can use or burn in a human life, in Wh or s; sums of it are finite."""
GREATEST_INTEGER = 2**53
LONGEST_NAME = 64
LAST_UTC_S = 1e11
"""The year 5138: every calendar and time zone still has a word for it."""


def text(data: bytes) -> str:
    """Read a text as far as it is one."""
    return data.decode(errors="replace")


def figure(value: object) -> float:
    """Return a figure, 0 for what is none."""
    try:
        return checked_figure(value)
    except (TypeError, ValueError):
        return 0


def checked_figure(value: object) -> float:
    """Return a figure. Raises TypeError or ValueError for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("no number")
    if not 0.0 <= value <= GREATEST_FIGURE:
        raise ValueError("no figure")
    return value


def checked_name(value: object) -> str:
    """Return a name that can be told. Raises TypeError or ValueError for what is none."""
    if not isinstance(value, str):
        raise TypeError("no text")
    if not 0 < len(value) <= LONGEST_NAME or not value.isprintable():
        raise ValueError("no name")
    return value


def utc_s(value: object) -> float | None:
    """Return a time in POSIX seconds, None for what is none."""
    if isinstance(value, int | float) and 0.0 <= value <= LAST_UTC_S:
        return value
    return None


def document(written: str) -> dict[str, Any] | None:
    """Read a document of JSON, None if it is no object.

    Raises ValueError for what is not JSON, and for numbers and texts that JSON has no word for:
    neither could be written or told again.
    """
    try:
        read = json.loads(
            written, parse_int=_integer, parse_float=_number, parse_constant=_no_number
        )
        json.dumps(read, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return read if isinstance(read, dict) else None


def _integer(digits: str) -> int:
    number = int(digits)
    if abs(number) > GREATEST_INTEGER:
        raise ValueError("a number too great")
    return number


def _number(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError("a number too great")
    return number


def _no_number(name: str) -> Never:
    raise ValueError(f"{name} is no number")
