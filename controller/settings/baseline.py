"""What the town would burn without the controller, as a profile declares it.

An auditor must see what was compared with: whoever changes it gives it another `version`.
"""

from collections.abc import Iterator, Mapping

from pydantic import Field

from controller.core.profile import Baseline, BaselineKind, Rule
from controller.settings.entries import Entry
from controller.settings.faults import Fault
from controller.settings.rule_checks import ends_before_it_begins
from controller.settings.rules import TimeText, night_time, night_time_text
from controller.settings.shape import Loc, Table

_DEFAULT = Baseline()
_LEVELS_PCT: Mapping[BaselineKind, float] = {
    "dusk_to_dawn": 100.0,
    "part_night": 0.0,
    "half_night": 50.0,
}
_OWN_FIELDS = ("level_pct", "lamp_w")


class BaselineSettings(Table):
    """What lamps without the controller would do: full from dusk to dawn, less in late hours."""

    kind: BaselineKind = Field(
        default=_DEFAULT.kind,
        description="dusk_to_dawn: full all night; part_night: off in the late hours; half_night: "
        "half the flux in them; own: what level_pct and lamp_w say",
    )
    version: int = Field(
        default=_DEFAULT.version,
        ge=1,
        le=9999,
        description="a whole number from 1, another one whenever the baseline changes",
    )
    begin: TimeText = Field(
        default=night_time_text(_DEFAULT.begin),
        alias="from",
        description="when the late hours begin, a time of night",
    )
    end: TimeText = Field(
        default=night_time_text(_DEFAULT.end),
        alias="to",
        description="when the late hours end, a time of night",
    )
    level_pct: float | None = Field(
        default=None,
        ge=0,
        le=100,
        description="for kind own: percent of flux in the late hours, 0 to 100; 0 is cut off",
    )
    lamp_w: float | None = Field(
        default=None,
        gt=0,
        le=1000,
        description="for kind own: watts a lamp of before draws at full; left out: as the new one",
    )


def core_baseline(settings: BaselineSettings) -> Baseline:
    """Give a baseline as the core takes it."""
    own_pct = 100.0 if settings.level_pct is None else settings.level_pct
    return Baseline(
        kind=settings.kind,
        version=settings.version,
        begin=night_time(settings.begin),
        end=night_time(settings.end),
        level_pct=_LEVELS_PCT.get(settings.kind, own_pct),
        lamp_w=settings.lamp_w,
    )


def baseline_document(baseline: Baseline) -> dict[str, object]:
    """Give what `BaselineSettings` would make a baseline of."""
    document: dict[str, object] = {
        "kind": baseline.kind,
        "version": baseline.version,
        "from": night_time_text(baseline.begin),
        "to": night_time_text(baseline.end),
    }
    if baseline.kind == "own":
        document["level_pct"] = baseline.level_pct
    if baseline.lamp_w is not None:
        document["lamp_w"] = baseline.lamp_w
    return document


def baseline_faults(document: Mapping[str, object], unsound: frozenset[Loc]) -> Iterator[Fault]:
    """Give what cannot hold together of a profile's baseline."""
    entry = Entry(document, ("baseline",), unsound)
    if entry.is_faulty("kind"):
        return
    if (entry.text("kind") or _DEFAULT.kind) != "own":
        for name in _OWN_FIELDS:
            if entry.value(name) is not None:
                yield Fault(entry.place(name), "is for kind own only", 'remove it, or say "own"')
    if not (entry.is_faulty("from") or entry.is_faulty("to")):
        begin = entry.text("from") or night_time_text(_DEFAULT.begin)
        end = entry.text("to") or night_time_text(_DEFAULT.end)
        if ends_before_it_begins(Rule("", begin=night_time(begin), end=night_time(end))):
            problem = "is no later than from; a night lasts from noon to noon"
            yield Fault(entry.place("to"), problem, "swap from and to")
