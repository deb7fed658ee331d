"""The council's page: one page of HTML with everything in it, in plain words, ready to print."""

import base64
import html
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from controller import __version__
from controller.accounts.account import Account, SectionAccount
from controller.accounts.saving import Saving, added
from controller.core.energy import SECONDS_PER_HOUR
from controller.report import phrases, pictures
from controller.report.grounds import grounds
from controller.report.report import Report
from controller.report.style import STYLE
from controller.report.words import Words

if TYPE_CHECKING:
    from matplotlib.figure import Figure

WH_PER_KWH = 1000.0
MOST_SECTIONS, MOST_DECLARED = 3, 2
"""More would not fit the page; the rest is told as one."""
MINUS = "\N{MINUS SIGN}"


def page(report: Report, words: Words) -> str:
    """Return the page. Needs matplotlib. Nothing in it tells of a single lamp or passage."""
    whole = report.whole
    title = f"{whole.path_name}: {words.title(whole.period)}"
    return "\n".join(
        [
            "<!DOCTYPE html>",
            f'<html lang="{words.language}"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{_text(title)}</title><style>{STYLE}</style></head><body><main>",
            f"<h1>{_text(words('page_title'))}</h1>",
            f'<p class="where">{_text(title)}</p>',
            f"<p>{_text(words('page_lead'))}</p>",
            *_headline(whole, words),
            *_reckoning(report, words),
            *_over_time(report, words),
            *_darkness(whole, words),
            *_trust(report, words),
            f"<footer>{_text(_made(whole, words))}</footer>",
            "</main></body></html>",
            "",
        ]
    )


def _text(text: str) -> str:
    return html.escape(text)


def _number(text: str) -> str:
    return text.replace("-", MINUS, 1) if text.startswith("-") and text != "-" else text


def _kwh(words: Words, energy_wh: float) -> str:
    return _number(words.significant(energy_wh / WH_PER_KWH))


# --- parts of the page ----------------------------------------------------------------------------


class _Tile(NamedTuple):
    value: str
    unit: str
    label: str


def _headline(whole: Account, words: Words) -> Iterator[str]:
    yield '<section class="tiles">'
    for tile in _tiles(whole, words):
        value = f"<b>{_text(tile.value)}</b> {_text(tile.unit)}"
        yield f"<div><p>{value}</p><p>{_text(tile.label)}</p></div>"
    yield "</section>"


def _tiles(whole: Account, words: Words) -> Iterator[_Tile]:
    saved_pct = whole.declared.net_pct
    if saved_pct is None:
        yield _Tile("-", "", words("page_no_share"))
    else:
        label = words("page_saved" if saved_pct >= 0.0 else "page_used_more")
        yield _Tile(words.number(abs(saved_pct), 0), "%", label)
    yield _Tile(_kwh(words, whole.declared.net_wh), "kWh", words("page_kwh"))
    yield _Tile(_number(words.significant(whole.co2_kg)), "kg", words("page_co2"))
    yield _Tile(_number(words.number(whole.cost_eur, 2)), "EUR", words("page_cost"))


def _reckoning(report: Report, words: Words) -> Iterator[str]:
    whole, used = report.whole, report.whole.declared
    told = words(
        "page_compare_text",
        used=_kwh(words, used.active_wh + used.overhead_wh),
        lamps=_kwh(words, used.active_wh),
        controllers=_kwh(words, used.overhead_wh),
        baseline=_kwh(words, used.baseline_wh),
        name=phrases.declared_baseline(words, whole),
    )
    yield f"<h2>{_text(words('page_compare'))}</h2><p>{_text(told)}</p>"
    yield _picture(pictures.energy(report, words, titled=False), words("bars_title"))
    yield from _table(
        [words(f"page_{x}") for x in ("against", "would", "gross", "net")],
        [*_declared(whole, words), *_standard(whole, words)],
    )
    if whole.undescribed:
        reason = words("undescribed", lamps=phrases.listed(whole.undescribed))
        yield f"<p>{_text(reason)}</p>"


def _declared(whole: Account, words: Words) -> Iterator[list[str]]:
    shown, others = whole.by_label[:MOST_DECLARED], whole.by_label[MOST_DECLARED:]
    for one in shown:
        name = f"{phrases.baseline(words, whole, one.name)} ({words('declared')})"
        yield _compared(name, one, words)
    if others:
        yield _compared(words("page_other_baselines", count=len(others)), added("", others), words)


def _standard(whole: Account, words: Words) -> Iterator[list[str]]:
    for one in whole.standard:
        yield _compared(phrases.baseline(words, whole, one.name), one, words)


def _compared(name: str, saving: Saving, words: Words) -> list[str]:
    def saved(energy_wh: float, percent: float | None) -> str:
        return f"{_kwh(words, energy_wh)} kWh ({_number(words.number(percent, 0))} %)"

    return [
        name,
        f"{_kwh(words, saving.baseline_wh)} kWh",
        saved(saving.gross_wh, saving.gross_pct),
        saved(saving.net_wh, saving.net_pct),
    ]


def _over_time(report: Report, words: Words) -> Iterator[str]:
    if report.whole.period.kind != "night":
        yield f"<h2>{_text(words('saving_title'))}</h2>"
        yield _picture(pictures.savings(report, words, titled=False), words("saving_title"))


def _darkness(whole: Account, words: Words) -> Iterator[str]:
    yield f"<h2>{_text(words('page_night'))}</h2><p>{_text(words('page_night_text'))}</p>"
    heads = [words(f"page_{x}") for x in ("section", "lamp_count", "lit", "bright")]
    shown, others = whole.sections[:MOST_SECTIONS], whole.sections[MOST_SECTIONS:]
    rows = [_section(x.section, [x], words) for x in shown]
    if others:
        rows.append(_section(words("page_others", count=len(others)), others, words))
    yield from _table(heads, rows)


def _section(name: str, those: Sequence[SectionAccount], words: Words) -> list[str]:
    """Return one row for sections: means of all their lamps."""
    lamps = sum(x.lamps for x in those)
    burn_h, bright_h = (
        sum(x.lamps * time_s for x, time_s in pairs) / lamps / SECONDS_PER_HOUR
        for pairs in ([(x, x.burn_s) for x in those], [(x, x.bright_s) for x in those])
    )
    return [name, str(lamps), f"{words.number(burn_h, 1)} h", f"{words.number(bright_h, 1)} h"]


def _trust(report: Report, words: Words) -> Iterator[str]:
    whole = report.whole
    yield f"<h2>{_text(words('page_trust'))}</h2><ul>"
    for line in grounds(whole, words):
        yield f"<li>{_text(line)}</li>"
    yield "</ul>"


def _made(whole: Account, words: Words) -> str:
    return words(
        "page_made", version=__version__, nodes=phrases.listed([x.node for x in whole.nodes])
    )


# --- HTML -----------------------------------------------------------------------------------------


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    yield "<table><thead><tr>" + "".join(f"<th>{_text(x)}</th>" for x in heads) + "</tr></thead>"
    yield "<tbody>"
    for row in rows:
        yield "<tr>" + "".join(f"<td>{_text(x)}</td>" for x in row) + "</tr>"
    yield "</tbody></table>"


def _picture(figure: "Figure", title: str) -> str:
    data = base64.b64encode(pictures.as_svg(figure)).decode()
    return f'<img alt="{_text(title)}" src="data:image/svg+xml;base64,{data}">'
