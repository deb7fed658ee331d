"""What the figures of the council's page rest on, in sentences."""

from collections.abc import Iterator

from controller.accounts.account import Account
from controller.report import phrases
from controller.report.words import Words


def grounds(whole: Account, words: Words) -> Iterator[str]:
    """Yield what the figures rest on, a sentence or two at a time."""
    coverage = words.percent(whole.coverage, 1)
    nights = {"nights": len(whole.nights), "all": whole.period.nights}
    yield words("page_coverage", coverage=coverage, **nights)
    yield words("page_measured", measured=words.percent(whole.measured_share, 0))
    if whole.p_det is not None:
        yield words("page_presence", share=words.percent(whole.p_det, 0))
    yield words(
        "page_figures",
        co2=phrases.co2_figures(words, whole),
        price=phrases.price_figures(words, whole),
    )
    yield words("page_indicators", d_p=_d_p(whole, words), d_e=_d_e(whole, words))


def _d_p(whole: Account, words: Words) -> str:
    known = whole.indicators
    if known.d_p is None or known.flux_lm is None:
        return phrases.unknown(words, phrases.lacks_of_d_p(whole))
    return words(
        "page_d_p",
        value=words.significant(known.d_p),
        power=words.number(known.lamps_w + known.controllers_w, 0),
        flux=words.number(known.flux_lm, 0),
    )


def _d_e(whole: Account, words: Words) -> str:
    known = whole.indicators
    if known.d_e is None or known.area_m2 is None:
        return phrases.unknown(words, phrases.lacks_of_d_e(whole))
    return words(
        "page_d_e",
        value=words.significant(known.d_e),
        p_det=words.percent(known.p_det, 1),
        full=words.number(known.full_w, 0),
        reduced=words.number(known.reduced_w, 0),
        controllers=words.number(known.controllers_w, 0),
        dark=words.number(known.dark_h, 0),
        year=known.year,
        area=words.number(known.area_m2, 0),
    )
