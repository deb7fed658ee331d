"""JSON on the wire: one way to write it, and a distrustful way to read it."""

import json
from typing import Never

GREATEST_INTEGER = 2**53
"""Beyond it a reader that keeps numbers as doubles, as most JSON readers do, loses digits."""

GREATEST_DEPTH = 12
"""Objects and arrays within one another; a profile needs five."""


class PayloadError(ValueError):
    """A payload that is refused; the text says what is wrong with it, in one line."""


def encode_json(value: object) -> bytes:
    """Write plain data as compact UTF-8 with sorted keys: the same value gives the same bytes."""
    text = json.dumps(
        value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
    )
    return text.encode()


def decode_json(data: bytes, *, limit_bytes: int) -> object:
    """Read plain data of at most `limit_bytes` bytes.

    Stricter than the standard library, so that whatever is accepted can also be written again:
    raises PayloadError for names that stand twice, NaN and infinity, integers beyond 2**53,
    halves of surrogate pairs, and nesting deeper than `GREATEST_DEPTH`.
    """
    if len(data) > limit_bytes:
        raise PayloadError(f"{len(data)} bytes; at most {limit_bytes} are accepted")
    try:
        value = json.loads(
            data.decode(),
            object_pairs_hook=_unique,
            parse_int=_bounded,
            parse_float=_finite,
            parse_constant=_refuse_constant,
        )
    except UnicodeDecodeError as error:
        raise PayloadError(f"not UTF-8: byte {error.start} does not fit") from None
    except json.JSONDecodeError as error:
        raise PayloadError(f"not JSON: {error}") from None
    except RecursionError:
        raise _too_deep() from None
    _check_depth_and_text(value)
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in pairs:
        if name in found:
            raise PayloadError(f"the name {name[:40]!a} stands twice in one object")
        found[name] = value
    return found


def _bounded(digits: str) -> int:
    # The length first: Python itself refuses to convert thousands of digits.
    if len(digits) > len(str(-GREATEST_INTEGER)) or abs(int(digits)) > GREATEST_INTEGER:
        raise PayloadError(f"the number {digits[:20]}... is too great")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise PayloadError(f"the number {digits[:20]} is too great")
    return number


def _refuse_constant(name: str) -> Never:
    raise PayloadError(f"{name} is not a number of JSON")


def _too_deep() -> PayloadError:
    return PayloadError(f"nested deeper than {GREATEST_DEPTH} levels")


def _check_depth_and_text(value: object) -> None:
    open_ends = [(value, 0)]
    while open_ends:
        item, depth = open_ends.pop()
        if isinstance(item, str):
            _check_text(item)
        elif isinstance(item, dict | list):
            if depth == GREATEST_DEPTH:
                raise _too_deep()
            inside = [*item, *item.values()] if isinstance(item, dict) else item
            open_ends.extend((part, depth + 1) for part in inside)


def _check_text(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise PayloadError(f"the text {text[:40]!a} holds half of a surrogate pair") from None
