"""What the core wants done. Imperative: the host carries effects out, in order."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class FadeLamp:
    """Fade one of this node's lamps from wherever it is to `level_pct` within `fade_s` seconds.

    The fade is linear in DALI level (see `fade.py`). `reason` names the rung of the ladder that
    won, with its cause behind a colon where there is one: `presence:M07`, `base`, `day`.
    `colour_k`: the colour temperature in kelvin of a lamp that can be tuned, None: its own.
    """

    lamp: str
    level_pct: float
    fade_s: float
    reason: str
    colour_k: float | None = None


@dataclass(frozen=True, slots=True)
class AnnouncePassage:
    """Tell the neighbouring nodes what one of our sensors sees.

    `active`: somebody has been there for `age_s` seconds; otherwise they were last seen `age_s`
    seconds ago.
    """

    sensor: str
    seq: int
    age_s: float
    active: bool


@dataclass(frozen=True, slots=True)
class LampEnergy:
    """What one lamp did since the last record. Energies in Wh, times in s.

    `bright_s`: the time above a quarter of full light, which animals notice: the darkness budget.
    `full_load_s`: level-time, so long would full light have given as much luminous flux.
    `detected_s`: the time in the dark in which somebody needed it. `measured`: a meter of its own
    says so, otherwise its power table does.
    """

    lamp: str
    active_energy_wh: float
    baseline_wh: float
    burn_s: float
    switches: int
    bright_s: float = 0.0
    full_load_s: float = 0.0
    detected_s: float = 0.0
    measured: bool = False


@dataclass(frozen=True, slots=True)
class MeterEnergy:
    """What a meter measured since the last record; readings covered `known_s` of it."""

    meter: str
    energy_wh: float
    known_s: float


@dataclass(frozen=True, slots=True)
class RecordEnergy:
    """Add a closed stretch of time to the ledger, one entry a lamp.

    `start_s`, `end_s`: monotonic seconds; `clock_offset_s` gives UTC when added to them, None
    without a trusted clock. `dark_s`: how long conventional lamps would have burned; `late_s`: how
    long of that in the part of the night for which the baseline sets a level of its own.
    `baseline`: with which declared baseline and version of it lamps are compared, like
    `half_night/2`. `passages`: by own sensor how often somebody came while it may have been dark.
    """

    start_s: float
    end_s: float
    clock_offset_s: float | None
    lamps: tuple[LampEnergy, ...]
    overhead_wh: float
    baseline: str = "dusk_to_dawn/1"
    dark_s: float = 0.0
    late_s: float = 0.0
    passages: Mapping[str, int] = field(default_factory=dict)
    meters: tuple[MeterEnergy, ...] = ()

    @property
    def duration_s(self) -> float:
        """How long it is."""
        return self.end_s - self.start_s


Effect = FadeLamp | AnnouncePassage | RecordEnergy
