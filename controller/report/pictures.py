"""Pictures of a report. matplotlib, which a Pi need not have, is imported only to draw them.

Colours: cividis for levels, Okabe and Ito's palette for bars; both are told apart by people who
are colour-blind, and in print without colours.
"""

import importlib.util
import io
import math
from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from controller.accounts.account import Account
from controller.accounts.period import MONTHS
from controller.report import phrases
from controller.report.levels import Levels
from controller.report.report import Report
from controller.report.words import Words
from controller.settings.faults import Fault, SettingsError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

WH_PER_KWH = 1000.0
HOUR_S = 3600.0
DPI = 200
POINTS = 8.5
LAMPS, CONTROLLERS, OTHERWISE, SAVED = "#E69F00", "#D55E00", "#999999", "#0072B2"
UNKNOWN = "#d9d9d9"
WIDTH_IN = 7.2
"""As wide as the council's page."""
WHOLE = 0.995
"""What has records of so much of its time has them of all of it, but for seconds of restarts."""
MOST_LAMP_NAMES = 45


def check_matplotlib(option: str) -> None:
    """Raise SettingsError if there is nothing to draw with."""
    if importlib.util.find_spec("matplotlib") is None:
        hint = "install cyclelight[report], or ask for a table, CSV or JSON without pictures"
        fault = Fault(option, "needs matplotlib, which is not installed", hint)
        raise SettingsError("arguments", [fault])


def save(figure: "Figure", file: Path) -> None:
    """Write a picture. Raises OSError."""
    # Without the software's name the bytes depend on the picture only.
    figure.savefig(file, dpi=DPI, metadata={"Software": None})


def as_svg(figure: "Figure") -> bytes:
    """Return a picture as a drawing that prints well in every size."""
    import matplotlib as mpl  # noqa: PLC0415 a Pi need not have it

    out = io.BytesIO()
    with mpl.rc_context({"svg.hashsalt": "cyclelight"}):
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None})
    return out.getvalue()


def _drawing() -> AbstractContextManager[None]:
    import matplotlib as mpl  # noqa: PLC0415 a Pi need not have it

    return mpl.rc_context({"font.size": POINTS})


def _blank(width_in: float, height_in: float) -> tuple["Figure", "Axes"]:
    from matplotlib.figure import Figure  # noqa: PLC0415 a Pi need not have it

    figure = Figure(figsize=(width_in, height_in), layout="constrained")
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _entitle(figure: "Figure", words: Words, key: str, whole: Account) -> None:
    what = f"{whole.path_name}, {words.title(whole.period)}"
    figure.suptitle(f"{words(key)}\n{what}", fontsize=10)


def _local_numbers(axis: "Axis", words: Words) -> None:
    axis.set_major_formatter(lambda value, _: words.plain(round(value, 6)))


# --- level over the night -------------------------------------------------------------------------


def heat_map(report: Report, levels: Levels, words: Words) -> "Figure":
    """Draw how bright each lamp was in each quarter of an hour of a night."""
    with _drawing():
        return _heat_map(report, levels, words)


def _heat_map(report: Report, levels: Levels, words: Words) -> "Figure":
    rows = len(levels.lamps)
    figure, axes = _blank(9.0, min(11.0, 1.6 + 0.14 * max(rows, 10)))
    axes.set_facecolor(UNKNOWN)
    image = axes.pcolormesh(
        levels.edges_s, range(rows + 1), levels.level_pct, cmap="cividis", vmin=0, vmax=100
    )
    axes.invert_yaxis()
    step = math.ceil(rows / MOST_LAMP_NAMES)
    axes.set_yticks(
        [i + 0.5 for i in range(0, rows, step)], list(levels.lamps[::step]), fontsize=6.5
    )
    hours_s = [s for s in levels.edges_s if s % HOUR_S == 0.0]
    axes.set_xticks(hours_s, [f"{datetime.fromtimestamp(s, report.zone):%H:%M}" for s in hours_s])
    for section_end in levels.section_ends[:-1]:
        axes.axhline(section_end, color="white", linewidth=1.5)
    axes.set_xlabel(words("heat_x", zone=report.whole.timezone))
    axes.set_ylabel(words("heat_y"))
    _entitle(figure, words, "heat_title", report.whole)
    figure.colorbar(image, ax=axes, label=words("heat_label"), pad=0.01)
    if levels.gaps:
        from matplotlib.patches import Patch  # noqa: PLC0415 a Pi need not have it

        missing = Patch(facecolor=UNKNOWN, edgecolor="#555555", label=words("heat_missing"))
        figure.legend(handles=[missing], loc="outside lower right", frameon=False)
    return figure


# --- energy against the baselines -----------------------------------------------------------------


def energy(report: Report, words: Words, *, titled: bool = True) -> "Figure":
    """Draw what was used, by lamps and controllers, above what lamps would use otherwise."""
    with _drawing():
        return _energy(report, words, titled=titled)


def _energy(report: Report, words: Words, *, titled: bool) -> "Figure":
    whole = report.whole
    used = whole.declared
    bars = [
        (phrases.declared_baseline(words, whole), used.baseline_wh),
        *((phrases.baseline(words, whole, x.name), x.baseline_wh) for x in whole.standard),
    ]
    figure, axes = _blank(WIDTH_IN, (1.2 if titled else 0.7) + 0.18 * (len(bars) + 1))
    lamps, controllers = used.active_wh / WH_PER_KWH, used.overhead_wh / WH_PER_KWH
    axes.barh(0, lamps, color=LAMPS, label=words("bars_lamps"))
    axes.barh(0, controllers, left=lamps, color=CONTROLLERS, label=words("bars_controllers"))
    kwh = [wh / WH_PER_KWH for _, wh in bars]
    axes.barh(range(1, len(bars) + 1), kwh, color=OTHERWISE, label=words("bars_baseline"))
    for place, value in enumerate([lamps + controllers, *kwh]):
        text = words.significant(value)
        axes.annotate(text, (value, place), (4, 0), textcoords="offset points", va="center")
    axes.set_yticks(range(len(bars) + 1), [words("bars_used"), *(name for name, _ in bars)])
    axes.invert_yaxis()
    axes.margins(x=0.2)
    axes.set_xlabel(words("bars_x"))
    _local_numbers(axes.xaxis, words)
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    if titled:
        _entitle(figure, words, "bars_title", whole)
    return figure


# --- saving over time -----------------------------------------------------------------------------


def savings(report: Report, words: Words, *, titled: bool = True) -> "Figure":
    """Draw the net saving of each month of a year or night of a month; below nothing is a loss."""
    with _drawing():
        return _savings(report, words, titled=titled)


def _savings(report: Report, words: Words, *, titled: bool) -> "Figure":
    whole, by_month = report.whole, report.whole.period.kind == "year"
    figure, axes = _blank(WIDTH_IN, 2.4 if titled else 1.5)
    places = [(x.period.first.month if by_month else x.period.first.day) for x in report.parts]
    values = [x.declared.net_wh / WH_PER_KWH for x in report.parts]
    whole_ones = [x.coverage >= WHOLE for x in report.parts]
    axes.bar(places, values, color=[SAVED if x else OTHERWISE for x in whole_ones])
    axes.axhline(0.0, color="#333333", linewidth=0.8)
    last = MONTHS if by_month else whole.period.nights
    for place in set(range(1, last + 1)) - set(places):
        axes.axvspan(place - 0.5, place + 0.5, color=UNKNOWN, linewidth=0.0)
    axes.set_xlim(0.5, last + 0.5)
    axes.set_xticks(range(1, last + 1), _names(words, last, by_month=by_month))
    axes.set_ylabel(words("saving_y"))
    _local_numbers(axes.yaxis, words)
    when = words("saving_month_x" if by_month else "saving_night_x")
    gaps = len(places) < last or not all(whole_ones)
    axes.set_xlabel(f"{when} ({words('saving_missing')})" if gaps else when)
    if by_month:
        for place, value in zip(places, values, strict=True):
            off_pt = 3 if value >= 0.0 else -11
            axes.annotate(
                words.significant(value),
                (place, value),
                (0, off_pt),
                textcoords="offset points",
                ha="center",
            )
    axes.margins(y=0.15)
    if titled:
        _entitle(figure, words, "saving_title", whole)
    return figure


def _names(words: Words, last: int, *, by_month: bool) -> Sequence[str]:
    if by_month:
        return [name[:3] for name in words.texts["months"].split()]
    return [str(day) for day in range(1, last + 1)]
