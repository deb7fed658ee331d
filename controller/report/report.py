"""A report: the account of its period, the accounts of its parts, and the records behind them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from controller.accounts.account import Account
from controller.accounts.accounting import Source, account
from controller.accounts.period import Period, parts


@dataclass(frozen=True, slots=True)
class Report:
    """The account of a period; `parts`: of the nights of a month or months of a year with records.

    `sources`: the nodes with their records of the period.
    """

    whole: Account
    parts: tuple[Account, ...]
    sources: tuple[Source, ...]

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of the path."""
        return ZoneInfo(self.whole.timezone)

    @property
    def nights_without(self) -> list[date]:
        """The nights of the period of which no node has records."""
        period = self.whole.period
        every = (period.first + timedelta(days=i) for i in range(period.nights))
        return sorted(set(every) - set(self.whole.nights))


def report_of(sources: Sequence[Source], period: Period) -> Report:
    """Account for a period and its parts."""
    each = [account(sources, part) for part in parts(period)]
    return Report(account(sources, period), tuple(x for x in each if x.nights), tuple(sources))
