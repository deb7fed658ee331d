"""A reconciliation as a document of JSON types, so that it outlives a restart."""

from collections.abc import Mapping

from controller.core.comparison import (
    MOST_BINS,
    MOST_WEEKS,
    Bin,
    Compared,
    Reconciliation,
    Sums,
    Week,
)

VERSION = 1
GREATEST_NUMBER = 1e15
"""No sum that was ever written comes near it; squares of it can still be added up."""


def to_document(reconciliation: Reconciliation) -> dict[str, object]:
    """Return what `from_document` reads."""
    meters = {
        name: {
            "model": compared.model,
            "bins": [list(x) for x in compared.bins],
            "weeks": [list(x) for x in compared.weeks],
            "sums": list(compared.sums),
        }
        for name, compared in reconciliation.meters.items()
    }
    return {"version": VERSION, "meters": meters}


def from_document(document: Mapping[str, object]) -> Reconciliation:
    """Read what `to_document` gave. Raises ValueError for anything else."""
    match document:
        case {"version": 1, "meters": dict(meters)}:
            return Reconciliation({str(x): _compared(known) for x, known in meters.items()})
        case _:
            raise ValueError("this is no comparison of meters that this version knows")


def _compared(known: object) -> Compared:
    match known:
        case {"model": str(model), "bins": list(bins), "weeks": list(weeks), "sums": list(sums)}:
            return Compared(
                model,
                bins=tuple(_bin(x) for x in bins[:MOST_BINS]),
                weeks=tuple(_week(x) for x in weeks[-MOST_WEEKS:]),
                sums=Sums(*_numbers(sums, len(Sums._fields))),
            )
        case _:
            raise ValueError("a meter's comparison lacks its parts")


def _bin(row: object) -> Bin:
    *numbers, reference = row if isinstance(row, list) and row else [None]
    key, level_pct, weight, mean_w, variance_w2, seen_utc_s = _numbers(numbers, 6)
    if reference is not None:
        (reference,) = _numbers([reference], 1)
    if weight <= 0.0 or variance_w2 < 0.0:
        raise ValueError("a level of a meter's comparison has no weight or a negative variance")
    return Bin(int(key), level_pct, weight, mean_w, variance_w2, seen_utc_s, reference)


def _week(row: object) -> Week:
    number, samples, mean_utc_s, measured_w, first_w = _numbers(row, 5)
    if first_w <= 0.0:
        raise ValueError("a week of a meter's comparison has nothing to compare with")
    return Week(int(number), int(samples), mean_utc_s, measured_w, first_w)


def _numbers(row: object, count: int) -> list[float]:
    if not isinstance(row, list) or len(row) != count or not all(map(_is_number, row)):
        raise ValueError(f"a row of a meter's comparison is not of {count} numbers")
    return row


def _is_number(value: object) -> bool:
    match value:
        case bool():
            return False
        case int() | float():
            return -GREATEST_NUMBER <= value <= GREATEST_NUMBER
        case _:
            return False
