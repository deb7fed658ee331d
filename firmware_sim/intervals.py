"""Sets of times or chainages as sorted, disjoint intervals. All functions keep that form."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from operator import itemgetter

Interval = tuple[float, float]
"""Begin and end in seconds or metres, begin < end."""


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """Merge intervals in any order; empty ones are dropped."""
    merged: list[Interval] = []
    for begin, end in sorted(i for i in intervals if i[0] < i[1]):
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((begin, end))
    return merged


def intersection(a: Sequence[Interval], b: Sequence[Interval]) -> list[Interval]:
    """Return what lies in both."""
    common: list[Interval] = []
    i = j = 0
    while i < len(a) and j < len(b):
        begin, end = max(a[i][0], b[j][0]), min(a[i][1], b[j][1])
        if begin < end:
            common.append((begin, end))
        if a[i][1] <= b[j][1]:
            i += 1
        else:
            j += 1
    return common


def gaps(within: Interval, covered: Sequence[Interval]) -> list[Interval]:
    """Return the parts of `within` that `covered` leaves open."""
    begin, end = within
    left_open: list[Interval] = []
    later = bisect_right(covered, begin, key=itemgetter(0))
    if later:
        begin = max(begin, covered[later - 1][1])
    while begin < end and later < len(covered) and covered[later][0] < end:
        left_open.append((begin, covered[later][0]))
        begin = covered[later][1]
        later += 1
    if begin < end:
        left_open.append((begin, end))
    return left_open


def total(intervals: Iterable[Interval]) -> float:
    """Sum the lengths."""
    return sum(end - begin for begin, end in intervals)
