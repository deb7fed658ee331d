"""Facts of the table in words: a label, and a text that fits a terminal of 80 columns."""

import textwrap
from collections.abc import Iterator

from controller.accounts.account import Account
from controller.core.energy import SECONDS_PER_HOUR
from controller.printable import printable
from controller.report import phrases
from controller.report.choice import named
from controller.report.report import Report
from controller.report.words import Words

WIDTH = 80
LABEL_WIDTH = 14
WH_PER_KWH = 1000.0


def _fact(label: str, text: str) -> list[str]:
    first, rest = f"{label:<{LABEL_WIDTH}}", " " * LABEL_WIDTH
    return textwrap.wrap(
        printable(text), WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False
    )


def wrapped(text: str) -> list[str]:
    """Break a text into lines."""
    return textwrap.wrap(text, WIDTH)


def kwh(words: Words, energy_wh: float) -> str:
    """Write an energy in kWh."""
    return words.number(energy_wh / WH_PER_KWH, 2)


def coverage(report: Report, words: Words) -> Iterator[str]:
    """Say how much of the period has records, and which nights have none."""
    whole, without = report.whole, report.nights_without
    text = words(
        "records_text",
        nights=len(whole.nights),
        all=whole.period.nights,
        coverage=words.percent(whole.coverage, 1),
    )
    yield from _fact(words("records"), text)
    if without:
        yield from _fact(words("without"), named(without, words("to")))


def used(whole: Account, words: Words) -> Iterator[str]:
    """Say what was used, how that is known, and how long it was dark."""
    lamps = words(
        "lamps_used_text",
        kwh=kwh(words, whole.declared.active_wh),
        measured=words.percent(whole.measured_share, 1),
    )
    yield from _fact(words("lamps_used"), lamps)
    overhead = words("controllers_used_text", kwh=kwh(words, whole.declared.overhead_wh))
    yield from _fact(words("controllers_used"), overhead)
    for meter in whole.meters:
        hours = words.number(meter.known_s / SECONDS_PER_HOUR, 1)
        text = words("meter_text", kwh=kwh(words, meter.energy_wh), hours=hours, node=meter.node)
        yield from _fact(words("meter", meter=meter.meter), text)
    dark = words(
        "dark_text",
        dark=words.number(whole.dark_s / SECONDS_PER_HOUR, 1),
        late=words.number(whole.late_s / SECONDS_PER_HOUR, 1),
        hours=phrases.exact_late_hours(words, whole),
    )
    yield from _fact(words("dark"), dark)
    share = words("p_det_unknown")
    if whole.p_det is not None:
        share = words("p_det_text", share=words.percent(whole.p_det, 1))
    yield from _fact(words("p_det"), share)


def worth(whole: Account, words: Words) -> Iterator[str]:
    """Say what the saving is in CO2 and money."""
    co2 = words(
        "co2_text", kg=words.number(whole.co2_kg, 2), figures=phrases.co2_figures(words, whole)
    )
    yield from _fact(words("co2"), co2)
    cost = words(
        "cost_text",
        eur=words.number(whole.cost_eur, 2),
        figures=phrases.price_figures(words, whole),
    )
    yield from _fact(words("cost"), cost)
    yield from wrapped(words("net_note"))


def norm(whole: Account, words: Words) -> Iterator[str]:
    """Give the indicators of EN 13201-5 with what they were worked out from."""
    known = whole.indicators
    d_p = phrases.unknown(words, phrases.lacks_of_d_p(whole))
    if known.d_p is not None and known.flux_lm is not None:
        d_p = words(
            "d_p_text",
            value=words.significant(known.d_p),
            power=words.number(known.lamps_w + known.controllers_w, 1),
            flux=words.number(known.flux_lm, 0),
        )
    yield "EN 13201-5"
    yield from _fact(words("d_p"), d_p)
    d_e = phrases.unknown(words, phrases.lacks_of_d_e(whole))
    if known.d_e is not None:
        d_e = words(
            "d_e_text",
            value=words.significant(known.d_e),
            full=words.number(known.full_w, 1),
            reduced=words.number(known.reduced_w, 1),
            standby=words.number(known.standby_w, 1),
            controllers=words.number(known.controllers_w, 1),
            dark=words.number(known.dark_h, 0),
            year=known.year,
            area=words.number(known.area_m2, 0),
        )
    yield from _fact(words("d_e"), d_e)
