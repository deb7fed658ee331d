"""What came of one storm, small enough to be handed from process to process."""

from collections import Counter
from dataclasses import dataclass

from firmware_sim.rubbish import rubbish_kept
from firmware_sim.storm.drawing import draw
from firmware_sim.storm.judge.bench import Finding
from firmware_sim.storm.judge.judge import Judge
from firmware_sim.storm.scenario import Scenario
from firmware_sim.storm.seams import ERROR
from firmware_sim.storm.weather import weather

INFO = 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """`finding`: the invariant that broke, None if all held. `why`: what the core knew then."""

    scenario: Scenario
    finding: Finding | None
    why: tuple[str, ...]
    digest: str
    lines: tuple[str, ...]
    counts: Counter[str]
    longest: dict[str, int]


def outcome(scenario: Scenario, *, keep_trace: bool = False) -> Outcome:
    """Run a storm before the judge."""
    judge = Judge(keep_trace=keep_trace)
    with rubbish_kept():
        weather(scenario, judge, least_level=INFO if keep_trace else ERROR)
    return Outcome(
        scenario,
        judge.bench.finding,
        judge.bench.why,
        judge.trace.digest,
        tuple(judge.trace.lines),
        judge.bench.counts,
        judge.bounds.longest,
    )


def of_seed(seed: int, *, busy: bool = False) -> Outcome:
    """Draw a storm and run it."""
    return outcome(draw(seed, busy=busy))
