"""docs/benchmark.md: what was compared, how, and what came out."""

import textwrap

from firmware_sim.cases import CASES
from firmware_sim.compare.plan import FIRST_SEED, MAIN_CASE, NOMINAL, UNDISTURBED, Setting
from firmware_sim.compare.results import Results
from firmware_sim.compare.tables import tables
from firmware_sim.compare.targets import Mark, findings

WIDTH = 100

ABOUT = """\
# The benchmark: energy at equal service

Dark lamps save energy; the work is to save it while nobody rides into the dark. This page
measures both, for cyclelight, for schemes that others run, and for a clairvoyant. It is written
by `cyclelight-sim compare --out out/benchmark --docs docs`; the same code and arguments give the
same page. `make benchmark` runs it in full, 20 seeds of everything; with `--quick` it is three
seeds of the traffic cases. What was not run is named below.
"""
MADE = """\
{nights} simulated nights: {seeds} seeds, from {first} on, in each of {settings} settings. The
parameters of cyclelight were chosen on seeds 1 to {tuned}, so none of these nights had a part in
it. Figures are means with 95 % confidence intervals over the seeds (Student's t). Within a seed
all schemes have the same people, the same sensor reports and the same false alarms. Energies,
hours and counts are per lamp and night.
"""
HOW = """\
## Scene

A straight path of 43 lamps, 35 m apart, with a motion sensor at each (reach 7 m) and four
controllers. Lamps have 15 W and the default power table, a base level of 10 %, 1 s to more light
and 3 s to less. There is no light sensor, so every scheme switches by the sun at the same moments.
Energy counts from half an hour before dusk to half an hour after dawn, standby included, for all
alike.

Traffic by the hour comes from the counts of Stadt Münster (Radverkehrszählstellen, dl-de/by-2-0;
see `config/traffic`): Kanalpromenade section 5, mean weekday of December and January (A5 winter)
and of June (A5 June); section 6 in winter (A6 winter). The nights are of 15 January and 18 June
2025. How people and sensors are drawn from it stands in [simulator.md](simulator.md); the mix of
people and the sensors' grades are assumptions.

## Judge

Only the truth is judged, not what sensors saw. A person needs every lamp cell (half the spacing on
either side) between 8 m behind and the wet stopping sight distance ahead, 60 m at most; a walker
15 m. A cell is served while its lamp is at 90 % or more. Persons are judged between the third lamp
and the third last; the entry is told apart.

| measure | meaning |
|---|---|
| energy | Wh per lamp and night, lamps only |
| saving, net saving | against conventional lighting; net of what the controllers draw in a day |
| E / oracle | energy over the oracle's |
| excess ratio | what is above base level all night, over the same of the oracle |
| s_full, s_own | share of person-seconds with every needed cell served, with the own cell served |
| p5 | 5th percentile over persons of their own share: averages hide one dark ride |
| entry s_full | s_full from an entry to the third lamp |
| waste | hours at 90 % or more that nobody needed |
| up-switches, flicker | flicker: brightening within 10 s after a dimming began |
| > 25 % 23-05 h | the darkness budget |

## Schemes

All but the oracle see sensor reports only. A hold counts from the fall of a sensor's output, which
itself stays high for 2 s. "±2" are the two next lamps along every branch.

* **conventional**, **off** and **50 % 23-05 h**: timetables.
* **own lamp**, **zone ±2** (with 120 s as at LEW's path), **whole path**: fixed zones.
* **Münster**: one lamp behind and two ahead, 53 s, 3 s to full light, as published. As built it
  does not know directions, so "ahead" is one orientation of the path for everybody.
* **graded ±3**: 100, 100, 60 and 30 % with growing distance, 12 s; like TALiSMaN, a
  reconstruction.
* **oracle**: knows every trajectory. Each fade begins so that 90 % is reached when a need begins,
  and dimming begins when it ends, in every gap in which the level can fall below 90 %. Among
  schemes with these levels and fades that do not dim before a need ends, none serves everybody
  with less energy.

**Energy at equal service** sweeps each scheme's hold and compares energies where s_full is 99 %,
linear between the swept values. The target against Münster takes its published hold instead,
where it serves less: at equal service it would need so long a hold that any comparison is easy.
"""
PICTURES = """\
## Pictures

![Energy against service]({folder}/benchmark-curve.png)

Each line is one scheme with its hold swept; down and right is better.

![Twenty minutes of one night]({folder}/benchmark-night.png)

Twenty minutes of one night: people as lines, the level of each lamp as brightness.
"""
LIMITS = """\
## Limits

Everything is simulated: people and sensors are assumptions, lamps are ideal, dusk and dawn follow
the sun alone. The harder cases have the traffic of A5 winter. A dog triggers sensors, and nobody
judges its light. With a dead node the lamps of the second controller burn at full, as its wiring
makes them, and its sensors are silent: that light serves people and costs energy. Reference
schemes are not run with broken parts, because how they break is not known. Two of the oracle's
habits flatter others: it dims in every short gap, so it switches often, and some of that is
flicker.
"""


def results_document(results: Results) -> str:
    """Return all tables under their headings."""
    parts = [f"## {heading}\n\n{table}\n" for heading, table in tables(results).items()]
    return "\n".join(parts)


def benchmark_document(results: Results, pictures: str) -> str:
    """Return the whole page. `pictures`: the folder of the pictures, seen from the page."""
    made = MADE.format(
        nights=results.seeds * len(results.outcomes),
        seeds=results.seeds,
        first=FIRST_SEED,
        tuned=FIRST_SEED - 1,
        settings=len(results.outcomes),
    )
    parts = [ABOUT, made, in_short(results), results_document(results)]
    if results.outcome(Setting(MAIN_CASE)) is not None:
        parts.append(PICTURES.format(folder=pictures))
    return "\n".join([*parts, HOW, LIMITS, _left_out(results)]).rstrip() + "\n"


def in_short(results: Results) -> str:
    """Return in one line how the results stand to the targets."""
    marks = [found.mark for found in findings(results) if found.mark is not None]
    missed = sum(mark is Mark.MISSED for mark in marks)
    beyond = sum(mark is Mark.BEYOND for mark in marks)
    return f"Of {len(marks)} targets {missed} are missed and {beyond} are exceeded.\n"


def _left_out(results: Results) -> str:
    ran = {outcome.setting.case for outcome in results.outcomes}
    missing = [case.title for name, case in CASES.items() if name not in ran]
    if all(outcome.setting.grade == NOMINAL for outcome in results.outcomes):
        missing.append("good and poor sensors")
    if all(outcome.setting.disturbance == UNDISTURBED for outcome in results.outcomes):
        missing.append("broken parts")
    return textwrap.fill(f"Not run this time: {', '.join(missing)}.", WIDTH) if missing else ""
