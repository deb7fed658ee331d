"""The path as built: sections, junctions, nodes, lamps and sensors. Plain data.

A section runs from one junction to another; `at_m` is the chainage along its section, from its
`start` junction. `controller.settings.path` reads a path file into these.
"""

from dataclasses import dataclass, field
from itertools import pairwise


@dataclass(frozen=True, slots=True)
class Section:
    """A stretch of path between two junctions, `length_m` long.

    `width_m`: how wide the strip is that is to be lit, `illuminance_lx`: the mean illuminance on
    it at full light; None where nobody has measured. Only accounts ask for them.
    """

    id: str
    start: str
    end: str
    length_m: float
    width_m: float | None = None
    illuminance_lx: float | None = None


@dataclass(frozen=True, slots=True)
class PowerTable:
    """Electrical power of a lamp: `standby_w` when off, else linear between (flux %, W) points.

    Points are sorted by flux, from 0 to 100, at least two.
    """

    standby_w: float
    points: tuple[tuple[float, float], ...]

    @classmethod
    def for_rated(cls, rated_w: float) -> "PowerTable":
        """Scale the default table, P(d) = 1.2 + 13.8 d watts for a 15 W luminaire, to `rated_w`.

        An assumption for LED luminaires with a dimmable gear, to be replaced by a measured table.
        """
        share = rated_w / 15.0
        return cls(0.4 * share, ((0.0, 1.2 * share), (100.0, rated_w)))


@dataclass(frozen=True, slots=True)
class ConstantLight:
    """Constant light output (CLO): how much of its output a lamp needs for its full light.

    `points`: (hours burned, % of output), linear between; hours rise from 0, the output does not
    fall. After the last point it stays. `burned_h`: the hours that the ledger does not know of.
    """

    points: tuple[tuple[float, float], ...]
    burned_h: float = 0.0

    def output_pct(self, ledger_h: float) -> float:
        """Return the output to a tenth of a percent; `ledger_h`: hours that the ledger counted."""
        burned_h = max(0.0, ledger_h + self.burned_h)
        for (before_h, low_pct), (after_h, high_pct) in pairwise(self.points):
            if burned_h <= after_h:
                share = (burned_h - before_h) / (after_h - before_h)
                return round(low_pct + share * (high_pct - low_pct), 1)
        return self.points[-1][1]


@dataclass(frozen=True, slots=True)
class Lamp:
    """One luminaire, `at_m` along its section, driven by `node`.

    `cct_k`: the range of colour temperatures of a lamp that can be tuned, kelvin, warm end first.
    `clo`: of a lamp whose light is held constant over its life; `output_pct`: how much of its
    output gives full light now. Levels, and the fluxes of `power`, are shares of that light.
    """

    id: str
    section: str
    at_m: float
    node: str
    rated_w: float
    power: PowerTable
    cct_k: tuple[float, float] | None = None
    clo: ConstantLight | None = None
    output_pct: float = 100.0

    def output_at(self, level_pct: float) -> float:
        """Return what is to be asked of the lamp for a level, in % of its output."""
        return level_pct * self.output_pct / 100.0

    def tuned_k(self, wanted_k: float | None) -> float | None:
        """Return the colour temperature to set, None for a lamp of one colour.

        The nearest that the lamp has to what is wanted; if nothing is, its warm end, which
        disturbs animals and sleepers least.
        """
        if self.cct_k is None:
            return None
        warm_k, cold_k = self.cct_k
        return warm_k if wanted_k is None else max(warm_k, min(cold_k, wanted_k))


@dataclass(frozen=True, slots=True)
class MotionSensor:
    """A motion sensor, `at_m` along its section, that sees people within `reach_m`."""

    id: str
    section: str
    at_m: float
    node: str
    reach_m: float


@dataclass(frozen=True, slots=True)
class LightSensor:
    """A light sensor of `node`."""

    id: str
    node: str


@dataclass(frozen=True, slots=True)
class Node:
    """One controller. `controller_w`: what it draws itself, around the clock."""

    id: str
    controller_w: float = 3.0


@dataclass(frozen=True, slots=True)
class Path:
    """The whole installation. Identifiers are unique within their kind; references resolve."""

    tenant: str
    id: str
    name: str
    latitude_deg: float
    longitude_deg: float
    timezone: str
    junctions: tuple[str, ...]
    sections: tuple[Section, ...]
    nodes: tuple[Node, ...]
    lamps: tuple[Lamp, ...]
    motion_sensors: tuple[MotionSensor, ...]
    light_sensors: tuple[LightSensor, ...] = field(default=())
