"""A report's language: its texts, and how it writes numbers and dates."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Literal

from controller.accounts.period import Period
from controller.core.profile import NightTime
from controller.report.english import ENGLISH
from controller.report.german import GERMAN

Language = Literal["en", "de"]


@dataclass(frozen=True, slots=True)
class Words:
    """One language. `decimal` and `group` are the signs within numbers."""

    language: Language
    texts: Mapping[str, str]
    decimal: str
    group: str

    def __call__(self, key: str, **parts: object) -> str:
        """Return a text with its parts filled in."""
        return self.texts[key].format(**parts)

    def number(self, value: float | None, digits: int) -> str:
        """Write a number with so many decimals, `-` for what is not known."""
        if value is None:
            return "-"
        rounded = round(value, digits) + 0.0  # no negative nothing
        plain = f"{rounded:,.{digits}f}"
        return plain.translate({ord(","): self.group, ord("."): self.decimal})

    def percent(self, share: float | None, digits: int) -> str:
        """Write a share of 0 to 1 in percent, without the sign."""
        return self.number(None if share is None else 100.0 * share, digits)

    def significant(self, value: float, digits: int = 3) -> str:
        """Write a number with about so many digits that say something, none of whole ones lost."""
        exponent = int(f"{value:e}".partition("e")[2])
        return self.number(value, max(0, digits - 1 - exponent))

    def plain(self, value: float, least_digits: int = 0) -> str:
        """Write a number as it was given, with so many decimals at least."""
        digits = len(f"{value:.6f}".rstrip("0").partition(".")[2])
        return self.number(value, max(digits, least_digits))

    def day(self, day: date) -> str:
        """Write a date in words."""
        return self("date", day=day.day, month=self.month(day), year=day.year)

    def month(self, day: date) -> str:
        """Return the name of a day's month."""
        return self.texts["months"].split()[day.month - 1]

    def title(self, period: Period) -> str:
        """Return what a period is called."""
        first = period.first
        match period.kind:
            case "night":
                return self("night_title", date=self.day(first))
            case "month":
                return self("month_title", month=self.month(first), year=first.year)
            case "year":
                return self("year_title", year=first.year)

    def time(self, at: NightTime) -> str:
        """Write a time of night: by the clock, or by the sun."""
        if at.event is None:
            return "{:02d}:{:02d}".format(*divmod(at.minutes, 60))
        if at.minutes == 0:
            return self(at.event)
        return f"{self(at.event)} {at.minutes:+d} {self('minutes')}"


LANGUAGES: Mapping[Language, Words] = MappingProxyType(
    {"en": Words("en", ENGLISH, ".", ","), "de": Words("de", GERMAN, ",", ".")}
)
