"""Real-looking records: a simulated night of the small path, closed every quarter of an hour."""

import functools
from dataclasses import replace
from datetime import date

from controller.accounts.accounting import Source
from controller.accounts.site import sheet_of
from controller.core.effects import RecordEnergy
from controller.core.path import Path
from controller.core.profile import Profile
from controller.core.site import build_site
from controller.settings.path import load_path
from controller.store.records import ClosedRecord
from firmware_sim.crowd import typical_crowd
from firmware_sim.node import Log
from firmware_sim.sensors import GRADES
from firmware_sim.simulation import simulate
from firmware_sim.span import night_span
from firmware_sim.world import build_world
from tests.support.data import ROOT

SMALL = ROOT / "config" / "paths" / "small.toml"
TRAFFIC = ROOT / "config" / "traffic" / "a6-winter.toml"
DAY = date(2025, 1, 15)


def small() -> Path:
    """The small path, with a width and an illuminance of its section."""
    path = load_path(SMALL)
    (section,) = path.sections
    return replace(path, sections=(replace(section, width_m=3.0, illuminance_lx=5.0),))


def closed(record: RecordEnergy, seq: int) -> ClosedRecord:
    """What the ledger makes of a record of that night."""
    assert record.clock_offset_s is not None
    return ClosedRecord(
        seq=seq,
        boot="b",
        start_utc_s=record.start_s + record.clock_offset_s,
        end_utc_s=record.end_s + record.clock_offset_s,
        duration_s=record.duration_s,
        night=DAY,
        baseline=record.baseline,
        dark_s=record.dark_s,
        late_s=record.late_s,
        overhead_wh=record.overhead_wh,
        lamps={x.lamp: x for x in record.lamps},
        meters={x.meter: x for x in record.meters},
    )


@functools.cache
def simulated(path: Path, profile: Profile) -> Log:
    """What the nodes of a path did in the night of `DAY`."""
    span = night_span(path, profile.daylight, DAY)
    crowd = typical_crowd(TRAFFIC, path, span, seed=1)
    world = build_world(path, span, crowd.people, GRADES["nominal"], seed=1)
    return simulate(world, profile, 1, lambda _: None)


def sources(path: Path, profile: Profile) -> list[Source]:
    """Every node of a path with its records of the night of `DAY`."""
    found = []
    for node in path.nodes:
        sheet = sheet_of(build_site(path, node.id), profile)
        own = [r for r in simulated(path, profile).records if r.lamps[0].lamp in sheet.lamps]
        found.append(Source(sheet, [closed(r, i) for i, r in enumerate(own, 1)]))
    return found
