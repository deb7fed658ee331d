"""The report as text for a terminal of 80 columns."""

from collections.abc import Iterator

from controller.accounts.account import Account, LampAccount
from controller.accounts.saving import Saving
from controller.core.energy import SECONDS_PER_HOUR
from controller.ctl.console import Console
from controller.ctl.table import Cell, Column, table
from controller.printable import printable
from controller.report import facts, phrases
from controller.report.report import Report
from controller.report.words import Words


def table_text(report: Report, words: Words, console: Console) -> str:
    """Return the whole report, tables one below the other."""
    return "\n".join(line for block in _blocks(report, words, console) for line in [*block, ""])


def _blocks(report: Report, words: Words, console: Console) -> Iterator[list[str]]:
    whole = report.whole
    title = printable(f"{whole.path_name}: {words.title(whole.period)}")
    yield [console.styled(title, "bold"), *facts.coverage(report, words), *facts.used(whole, words)]
    yield [*_savings(whole, words, console), *facts.worth(whole, words)]
    yield list(facts.norm(whole, words))
    if len(whole.nodes) > 1:
        yield _nodes(whole, words, console)
    if whole.period.kind != "night":
        yield _parts(report, words, console)
    yield [*_sections(whole, words, console), *facts.wrapped(words("means"))]
    yield _lamps(whole, words, console)


def _savings(whole: Account, words: Words, console: Console) -> list[str]:
    keys = ("baseline", "gross", "share", "net", "share")
    columns = [Column(words("head_against"), yields=True)]
    columns += [Column(words(f"head_{key}"), right=True) for key in keys]
    rows = [_saving(x, f"{x.name} ({words('declared')})", words) for x in whole.by_label]
    if len(whole.by_label) != 1:
        rows.append(_saving(whole.declared, words("mixed"), words))
    rows += [
        _saving(x, phrases.short_baseline(words, whole, x.name), words) for x in whole.standard
    ]
    lines = table(columns, rows, console)
    if whole.undescribed:
        lines += facts.wrapped(words("undescribed", lamps=phrases.listed(whole.undescribed)))
    return lines


def _saving(saving: Saving, name: str, words: Words) -> list[Cell]:
    return [
        Cell(name),
        Cell(facts.kwh(words, saving.baseline_wh)),
        Cell(facts.kwh(words, saving.gross_wh)),
        Cell(words.number(saving.gross_pct, 1)),
        Cell(facts.kwh(words, saving.net_wh)),
        Cell(words.number(saving.net_pct, 1)),
    ]


def _h(words: Words, time_s: float) -> str:
    return words.number(time_s / SECONDS_PER_HOUR, 2)


def _nodes(whole: Account, words: Words, console: Console) -> list[str]:
    columns = [
        Column(words("head_node")),
        Column(words("head_nights"), right=True),
        Column(words("head_coverage"), right=True),
    ]
    each_s = whole.period_s / len(whole.nodes)
    return table(
        columns,
        [
            [
                Cell(x.node),
                Cell(str(x.nights)),
                Cell(words.percent(min(1.0, x.covered_s / each_s), 1)),
            ]
            for x in whole.nodes
        ],
        console,
    )


def _parts(report: Report, words: Words, console: Console) -> list[str]:
    heads = ("lamps_kwh", "controllers", "baseline", "net", "share", "coverage")
    what = "head_night" if report.whole.period.kind == "month" else "head_month"
    columns = [Column(words(what)), *(Column(words(f"head_{x}"), right=True) for x in heads)]
    return table(columns, [_part(x, words) for x in report.parts], console)


def _part(part: Account, words: Words) -> list[Cell]:
    saving = part.declared
    return [
        Cell(part.period.label),
        Cell(facts.kwh(words, saving.active_wh)),
        Cell(facts.kwh(words, saving.overhead_wh)),
        Cell(facts.kwh(words, saving.baseline_wh)),
        Cell(facts.kwh(words, saving.net_wh)),
        Cell(words.number(saving.net_pct, 1)),
        Cell(words.percent(part.coverage, 1)),
    ]


def _sections(whole: Account, words: Words, console: Console) -> list[str]:
    heads = ("lamps", "lamps_kwh", "baseline", "burn", "bright")
    columns = [Column(words("head_section"))]
    columns += [Column(words(f"head_{x}"), right=True) for x in heads]
    rows = [
        [
            Cell(x.section),
            Cell(str(x.lamps)),
            Cell(facts.kwh(words, x.active_wh)),
            Cell(facts.kwh(words, x.baseline_wh)),
            Cell(_h(words, x.burn_s)),
            Cell(_h(words, x.bright_s)),
        ]
        for x in whole.sections
    ]
    return table(columns, rows, console)


def _lamps(whole: Account, words: Words, console: Console) -> list[str]:
    heads = ("wh", "baseline_wh", "burn", "bright", "load", "switches", "measured")
    columns = [Column(words("head_lamp"), yields=True), Column(words("head_section"), yields=True)]
    columns += [Column(words(f"head_{x}"), right=True) for x in heads]
    return table(columns, [_lamp(x, words) for x in whole.lamps], console)


def _lamp(lamp: LampAccount, words: Words) -> list[Cell]:
    measured = None if lamp.active_wh <= 0.0 else lamp.measured_wh / lamp.active_wh
    return [
        Cell(lamp.lamp),
        Cell(lamp.section or "-"),
        Cell(words.number(lamp.active_wh, 1)),
        Cell(words.number(lamp.baseline_wh, 1)),
        Cell(_h(words, lamp.burn_s)),
        Cell(_h(words, lamp.bright_s)),
        Cell(_h(words, lamp.full_load_s)),
        Cell(str(lamp.switches)),
        Cell(words.percent(measured, 1)),
    ]
