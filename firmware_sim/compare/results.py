"""The outcome of a comparison: averages over seeds, setting by setting and scheme by scheme."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import controller
from firmware_sim.compare.averages import Average, average
from firmware_sim.compare.contest import Record
from firmware_sim.compare.curve import Swept, at_equal_service
from firmware_sim.compare.measures import Measures
from firmware_sim.compare.plan import FAMILIES, FIRST_SEED, MAIN_CASE, Family, Setting, nights

DIGITS = 6


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the nights of one setting come to: averages by measure, of the night and by scheme."""

    setting: Setting
    world: Mapping[str, Average]
    schemes: Mapping[str, Mapping[str, Average]]


@dataclass(frozen=True, slots=True)
class Results:
    """A whole comparison. `curves`: by family, in order of the values; empty if not swept."""

    seeds: int
    outcomes: tuple[Outcome, ...]
    curves: Mapping[str, tuple[Swept, ...]]

    def outcome(self, setting: Setting) -> Outcome | None:
        """Return what one setting came to, None if it was not run."""
        return next((o for o in self.outcomes if o.setting == setting), None)

    def average(self, setting: Setting, scheme: str, measure: str) -> Average | None:
        """Return one figure, None if there is none."""
        found = self.outcome(setting)
        return None if found is None else found.schemes.get(scheme, {}).get(measure)


def gather(settings: Iterable[Setting], seeds: int, records: Mapping[str, Record]) -> Results:
    """Average the records of all settings; every job must be among them."""
    outcomes = tuple(_outcome(setting, seeds, records) for setting in settings)
    main = next((o for o in outcomes if o.setting == Setting(MAIN_CASE)), None)
    curves = {} if main is None else {n: _curve(f, main) for n, f in FAMILIES.items()}
    return Results(seeds, outcomes, curves)


def as_document(results: Results) -> dict[str, Any]:
    """Return the results as plain data, in a fixed order; swept points stand in `curves` only."""
    return {
        "version": controller.__version__,
        "first_seed": FIRST_SEED,
        "seeds": results.seeds,
        "settings": [
            {
                **asdict(outcome.setting),
                "world": _plain(outcome.world),
                "schemes": {
                    name: _plain(found)
                    for name, found in outcome.schemes.items()
                    if "/" not in name
                },
            }
            for outcome in results.outcomes
        ],
        "curves": {
            name: {
                "points": [_rounded(asdict(point)) for point in points],
                "at_equal_service": _rounded(asdict(found)) if found else None,
            }
            for name, points in results.curves.items()
            for found in [at_equal_service(points)]
        },
    }


def _outcome(setting: Setting, seeds: int, records: Mapping[str, Record]) -> Outcome:
    found = [records[job.key] for job in nights(setting, seeds)]
    return Outcome(
        setting,
        _averages([night["world"] for night in found]),
        {
            name: _averages([night["schemes"][name] for night in found])
            for name in found[0]["schemes"]
        },
    )


def _averages(nights: Sequence[Measures]) -> dict[str, Average]:
    """Average every measure that all nights have."""
    common = [name for name in nights[0] if all(name in night for night in nights)]
    return {name: average([night[name] for night in nights]) for name in common}


def _curve(family: Family, outcome: Outcome) -> tuple[Swept, ...]:
    found = []
    for point in family.points:
        swept = outcome.schemes[point.name]
        wanted = (swept[name].mean for name in ("energy_wh", "saving_pct", "s_full"))
        found.append(Swept(point.value_s, *wanted))
    return tuple(found)


def _plain(averages: Mapping[str, Average]) -> dict[str, Any]:
    return {name: _rounded(asdict(found)) for name, found in averages.items()}


def _rounded(table: dict[str, Any]) -> dict[str, Any]:
    return {k: round(v, DIGITS) if isinstance(v, float) else v for k, v in table.items()}
