"""The results as Markdown tables."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from firmware_sim.cases import HARDER_CASES, TRAFFIC_CASES
from firmware_sim.compare.averages import Average
from firmware_sim.compare.curve import at_equal_service
from firmware_sim.compare.plan import (
    CYCLELIGHT,
    FAMILIES,
    MAIN_CASE,
    NOMINAL,
    ORACLE,
    RIVALS,
    TITLES,
    UNDISTURBED,
    Setting,
)
from firmware_sim.compare.results import Outcome, Results
from firmware_sim.compare.targets import THROUGH_A_FAULT, findings
from firmware_sim.sensors import GRADES

NOTHING = "-"


@dataclass(frozen=True, slots=True)
class Column:
    """A measure with its heading; shown times `factor`, with so many digits."""

    heading: str
    measure: str
    digits: int
    factor: float = 1.0

    def cell(self, averages: Mapping[str, Average]) -> str:
        """Return the mean with half its interval."""
        found = averages.get(self.measure)
        if found is None:
            return NOTHING
        mean = f"{self.factor * found.mean:.{self.digits}f}"
        if found.ci95 is None:
            return mean
        return f"{mean} ± {self.factor * found.ci95:.{self.digits}f}"


COST = (
    Column("energy, Wh", "energy_wh", 1),
    Column("saving, %", "saving_pct", 1),
    Column("E / oracle", "e_over_oracle", 3),
    Column("excess ratio", "excess_ratio", 2),
)
SERVICE = (
    Column("s_full, %", "s_full", 2, 100.0),
    Column("s_own, %", "s_own", 2, 100.0),
    Column("p5, %", "p5", 1, 100.0),
    Column("entry s_full, %", "entry_s_full", 1, 100.0),
)
LAMP = (
    Column("waste, h", "waste_h", 2),
    Column("up-switches", "up_switches", 0),
    Column("flicker", "flicker", 1),
    Column("> 25 % 23-05 h, h", "darkness_h", 2),
)
NETWORK = (
    Column("net saving, %", "saving_net_pct", 1),
    Column("latency p50, ms", "latency_p50_ms", 0),
    Column("latency p99, ms", "latency_p99_ms", 0),
)
SHORT = (COST[0], COST[2], *SERVICE[:3], LAMP[0])


def tables(results: Results) -> dict[str, str]:
    """Return every table that there is something to tell in, by its heading."""
    found = {
        "Targets": _targets(results),
        "Energy at equal service": _equal_service(results),
        **{f"{TRAFFIC_CASES[case].title}": _case(results, case) for case in TRAFFIC_CASES},
        "The controllers themselves, and the network": _controllers(results),
        "Good and poor sensors": _grades(results),
        "Something is broken": _broken(results),
        "Harder cases": _harder(results),
    }
    return {heading: table for heading, table in found.items() if table}


def _targets(results: Results) -> str:
    rows = []
    for found in findings(results):
        target = found.target
        value = NOTHING if found.value is None else f"{found.value:.4g}{target.unit}"
        limits = (f"{limit:g}{target.unit}" for limit in (target.reach, target.beyond))
        rows.append([target.what, found.where, *limits, value, found.mark or "not measured"])
    return _table(["target", "case", "reach", "beyond", "result", ""], rows)


def _equal_service(results: Results) -> str:
    rows = []
    for name, points in results.curves.items():
        found = at_equal_service(points)
        best = max(points, key=lambda point: point.s_full)
        rows.append(
            [
                FAMILIES[name].title,
                NOTHING if found is None else f"{found.energy_wh:.1f}",
                NOTHING if found is None else f"{found.saving_pct:.1f}",
                NOTHING if found is None else f"{found.value_s:.1f}",
                f"{100.0 * best.s_full:.2f}",
            ]
        )
    if (outcome := results.outcome(Setting(MAIN_CASE))) is not None:
        bound = outcome.schemes[ORACLE]
        figures = (f"{bound[name].mean:.1f}" for name in ("energy_wh", "saving_pct"))
        rows.append([TITLES[ORACLE], *figures, NOTHING, "100.00"])
    headings = ["scheme", "energy, Wh", "saving, %", "at a hold of, s", "best s_full, %"]
    return _table(headings, rows)


def _case(results: Results, case: str) -> str:
    outcome = results.outcome(Setting(case))
    columns = (*COST, *SERVICE, *LAMP)
    rows = (
        []
        if outcome is None
        else [
            [title, *_cells(outcome, name, columns)]
            for name, title in TITLES.items()
            if name in outcome.schemes
        ]
    )
    return _table(["scheme", *_headings(columns)], rows)


def _controllers(results: Results) -> str:
    columns = (COST[1], *NETWORK)
    rows = [
        [outcome.setting.title, *_cells(outcome, CYCLELIGHT, columns)]
        for outcome in results.outcomes
        if outcome.setting.undisturbed and outcome.setting.case in TRAFFIC_CASES
    ]
    return _table(["case", *_headings(columns)], rows)


def _grades(results: Results) -> str:
    rows: list[list[str]] = []
    for case in TRAFFIC_CASES:
        for grade in GRADES:
            outcome = results.outcome(Setting(case, grade))
            if outcome is not None:
                rows += _rows(outcome, [outcome.setting.title, grade], (CYCLELIGHT, *RIVALS))
    several = any(o.setting.grade != NOMINAL for o in results.outcomes)
    return _table(["case", "sensors", "scheme", *_headings(SHORT)], rows if several else [])


def _broken(results: Results) -> str:
    rows: list[list[str]] = []
    for outcome in results.outcomes:
        broken = outcome.setting.disturbance
        if broken != UNDISTURBED:
            cells = _cells(outcome, CYCLELIGHT, SHORT)
            own_pct = 100.0 * outcome.schemes[CYCLELIGHT]["s_own"].mean
            rows.append([broken.replace("-", " "), *cells, THROUGH_A_FAULT.mark(own_pct)])
    return _table([TRAFFIC_CASES[MAIN_CASE].title, *_headings(SHORT), _through_a_fault()], rows)


def _through_a_fault() -> str:
    return f"s_own at least {THROUGH_A_FAULT.reach:g} %"


def _harder(results: Results) -> str:
    rows: list[list[str]] = []
    for outcome in results.outcomes:
        if outcome.setting.case in HARDER_CASES:
            rows += _rows(outcome, [outcome.setting.title], (CYCLELIGHT, *RIVALS, ORACLE))
    return _table(["case", "scheme", *_headings(SHORT)], rows)


def _rows(outcome: Outcome, first: Sequence[str], schemes: Iterable[str]) -> Iterator[list[str]]:
    """Yield one row a scheme; what the rows have in common stands in the first only."""
    said = list(first)
    for name in schemes:
        yield [*said, TITLES[name], *_cells(outcome, name, SHORT)]
        said = [""] * len(first)


def _cells(outcome: Outcome, scheme: str, columns: Iterable[Column]) -> list[str]:
    return [column.cell(outcome.schemes[scheme]) for column in columns]


def _headings(columns: Iterable[Column]) -> list[str]:
    return [column.heading for column in columns]


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Lay out a Markdown table; empty without rows."""
    if not rows:
        return ""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
