"""Phrases that the table and the council's page share: baselines, late hours, figures, lacks."""

from collections.abc import Sequence

from controller.accounts.account import Account, LateHours
from controller.accounts.indicators import Lack
from controller.core.profile import Figure
from controller.report.words import Words

MOST_NAMED = 4
CENT_DIGITS = 2


def late_hours(words: Words, whole: Account) -> str:
    """Say what the late hours are."""
    return " / ".join(dict.fromkeys(_span(words, x) for x in whole.late_hours))


def exact_late_hours(words: Words, whole: Account) -> str:
    """Say what the late hours are, whose they are, and for which baselines nobody knows."""
    declared = [words("late_of", hours=_span(words, x), label=x.label) for x in whole.late_hours]
    others = {x.name for x in whole.by_label} - {x.label for x in whole.late_hours}
    earlier = [words("late_earlier", labels=listed(sorted(others)))] if others else []
    return "; ".join([*declared, *earlier])


def _span(words: Words, hours: LateHours) -> str:
    return words("from_to", begin=words.time(hours.begin), end=words.time(hours.end))


def baseline(words: Words, whole: Account, name: str) -> str:
    """Say in plain words what a baseline is: `half_night/2` is a declared one's version."""
    kind, _, number = name.partition("/")
    if kind not in words.texts:
        return name
    plain = words(kind, late=late_hours(words, whole))
    return words("version", name=plain, number=number) if number else plain


def short_baseline(words: Words, whole: Account, kind: str) -> str:
    """Say in a few words what a customary baseline is."""
    return words(f"short_{kind}", late=late_hours(words, whole))


def declared_baseline(words: Words, whole: Account) -> str:
    """Say what the declared baseline is, and that it is; or that there was more than one."""
    match whole.by_label:
        case (only,):
            return f"{baseline(words, whole, only.name)} ({words('declared')})"
        case _:
            return words("mixed")


def co2_figures(words: Words, whole: Account) -> str:
    """Quote the figures that CO2 was reckoned with."""
    return _figures(words, "co2_figure", whole.co2_figures)


def price_figures(words: Words, whole: Account) -> str:
    """Quote the prices that money was reckoned with."""
    return _figures(words, "price_figure", whole.price_figures, CENT_DIGITS)


def _figures(words: Words, key: str, figures: Sequence[Figure], least_digits: int = 0) -> str:
    return "; ".join(
        words(key, value=words.plain(x.value, least_digits), year=x.year, source=x.source)
        for x in figures
    )


def unknown(words: Words, lacks: Sequence[Lack]) -> str:
    """Say why an indicator is not known."""
    reasons = [
        words(f"lack_{what}", sections=listed([x.section for x in lacks if x.what == what]))
        for what in dict.fromkeys(x.what for x in lacks)
    ]
    return words("unknown", reasons="; ".join(reasons))


def listed(names: Sequence[str]) -> str:
    """List names, not too many of them."""
    more = len(names) - MOST_NAMED
    return ", ".join([*names[:MOST_NAMED], *([f"+ {more}"] if more > 0 else [])])


def lacks_of_d_p(whole: Account) -> list[Lack]:
    """Return what D_P lacks: width and illuminance."""
    return [x for x in whole.indicators.lacks if x.what != "dark_s"]


def lacks_of_d_e(whole: Account) -> list[Lack]:
    """Return what D_E lacks: width and darkness."""
    return [x for x in whole.indicators.lacks if x.what != "illuminance_lx"]
