"""The account of a period: everything that a report says. This file has its data."""

from dataclasses import dataclass
from datetime import date

from controller.accounts.indicators import Indicators
from controller.accounts.period import Period
from controller.accounts.saving import Saving
from controller.core.profile import Figure, NightTime


@dataclass(frozen=True, slots=True)
class LampAccount:
    """What one lamp did. Energies in Wh, times in s; `measured_wh` of the energy by a meter.

    `section`: None for a lamp that the sheet no longer has. How long somebody needed it is told of
    no single lamp.
    """

    lamp: str
    node: str
    section: str | None
    active_wh: float
    measured_wh: float
    baseline_wh: float
    burn_s: float
    bright_s: float
    full_load_s: float
    switches: int


@dataclass(frozen=True, slots=True)
class SectionAccount:
    """A section's energy in Wh, and its lamps' mean times in s.

    `bright_s` is its darkness budget: how long lamps gave more than a quarter of full light.
    """

    section: str
    lamps: int
    active_wh: float
    baseline_wh: float
    burn_s: float
    bright_s: float


@dataclass(frozen=True, slots=True)
class NodeAccount:
    """How much of a period a node has records of: on how many nights, and for how long."""

    node: str
    nights: int
    covered_s: float


@dataclass(frozen=True, slots=True)
class MeterAccount:
    """What a meter measured in Wh in the `known_s` of which it has readings."""

    node: str
    meter: str
    energy_wh: float
    known_s: float


@dataclass(frozen=True, slots=True)
class LateHours:
    """The late hours of the baseline that a sheet declares under this label."""

    label: str
    begin: NightTime
    end: NightTime


@dataclass(frozen=True, slots=True)
class Account:
    """What the lamps of one or more nodes did in a period. Energies in Wh, times in s.

    Nothing is made up for time without records: `covered_s` of `period_s` is covered, both summed
    over the nodes; `nights` are those with a record of any node. `dark_s` and `late_s` are means
    of the nodes that have records.

    `declared` compares with the baselines that were declared at the time, `by_label` with each of
    them in its time; `standard` has the customary ones, none where the sheets know no power table
    of the lamps `undescribed`. `co2_kg` and `cost_eur` are of the net saving. `p_det`: the share
    of the dark time in which a lamp was needed, mean of all lamps.
    """

    period: Period
    path_name: str
    tenant: str
    path: str
    timezone: str
    nodes: tuple[NodeAccount, ...]
    nights: tuple[date, ...]
    period_s: float
    covered_s: float
    dark_s: float
    late_s: float
    late_hours: tuple[LateHours, ...]
    declared: Saving
    by_label: tuple[Saving, ...]
    standard: tuple[Saving, ...]
    undescribed: tuple[str, ...]
    measured_wh: float
    co2_kg: float
    co2_figures: tuple[Figure, ...]
    cost_eur: float
    price_figures: tuple[Figure, ...]
    p_det: float | None
    indicators: Indicators
    sections: tuple[SectionAccount, ...]
    lamps: tuple[LampAccount, ...]
    meters: tuple[MeterAccount, ...]

    @property
    def coverage(self) -> float:
        """The share of the period that has records, 0 to 1."""
        return min(1.0, self.covered_s / self.period_s)

    @property
    def measured_share(self) -> float | None:
        """The share of the lamps' energy that meters measured; the rest is by power tables."""
        active_wh = self.declared.active_wh
        return None if active_wh <= 0.0 else self.measured_wh / active_wh
