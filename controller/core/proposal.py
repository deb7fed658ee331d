"""A proposed correction of the model as the lines that an operator would put into the path file.

Nothing of it is ever applied by itself: what a lamp draws decides what is said to be saved.
"""

from collections.abc import Iterator

from controller.core.agreement import Agreement
from controller.core.path import PowerTable
from controller.core.site import Site


def proposal_text(agreement: Agreement, site: Site) -> str:
    """Return TOML with comments that say where each line belongs; empty if nothing is proposed."""
    return "".join(f"{line}\n" for line in _lines(agreement, site))


def _lines(agreement: Agreement, site: Site) -> Iterator[str]:
    meter, lamps = agreement.meter, agreement.meter.lamps
    if agreement.table is not None:
        yield f"# Meter {meter.id}: {agreement.samples:.0f} samples. In [[lamp]] {lamps[0]}:"
        yield _power(agreement.table)
    elif agreement.factor is not None:
        factor = agreement.factor
        percent = f"{100.0 * (factor - 1.0):+.1f} %"
        yield f"# Meter {meter.id}: {agreement.samples:.0f} samples, {percent} against the model."
        yield "# Which of what is behind it draws more or less is not known; this scales all alike."
        for lamp in lamps:
            yield f"# In [[lamp]] {lamp}:"
            yield _power(_scaled(site.as_built(lamp).power, factor))
        if meter.controller:
            yield f"# In [[node]] {site.node}:"
            yield f"controller_w = {site.controller_w * factor:.2f}"


def _power(table: PowerTable) -> str:
    points = ", ".join(f"[{level_pct:g}, {watts:.2f}]" for level_pct, watts in table.points)
    return f"power = {{ standby_w = {table.standby_w:.2f}, points = [{points}] }}"


def _scaled(table: PowerTable, factor: float) -> PowerTable:
    points = tuple((level_pct, watts * factor) for level_pct, watts in table.points)
    return PowerTable(table.standby_w * factor, points)
