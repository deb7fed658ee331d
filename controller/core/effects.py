"""What the core wants done. Imperative: the host carries effects out, in order."""

from dataclasses import dataclass


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
    """What one lamp did since the last record. Energies in Wh, burn time in s.

    `bright_s`: the time above a quarter of full light, which animals notice: the darkness budget.
    """

    lamp: str
    active_energy_wh: float
    baseline_wh: float
    burn_s: float
    switches: int
    bright_s: float = 0.0


@dataclass(frozen=True, slots=True)
class RecordEnergy:
    """Add a closed stretch of time to the ledger: `duration_s` long, one entry a lamp."""

    duration_s: float
    lamps: tuple[LampEnergy, ...]
    overhead_wh: float


Effect = FadeLamp | AnnouncePassage | RecordEnergy
