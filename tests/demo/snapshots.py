"""A snapshot to draw, with everything that can be seen at once."""

from dataclasses import replace

from firmware_sim.demo.screen import NodeShown, PersonShown, Snapshot
from firmware_sim.people import Kind

SNAPSHOT = Snapshot(
    elapsed_s=15.2,
    length_s=20.0,
    levels_pct=(10, 10, 17, 10, 100, 100, 100, 100, 60, 35, 20, 10, 0, 10, 100, 100),
    people=(
        PersonShown(Kind.CYCLIST, 52.0, eastward=True),
        PersonShown(Kind.PEDESTRIAN, 116.0, eastward=False),
    ),
    nodes=(
        NodeShown("n1", online=True, power_w=12.2),
        NodeShown("n2", online=True, power_w=60.0),
        NodeShown("n3", online=False, power_w=35.0),
        NodeShown("n4", online=True, power_w=None),
    ),
    active_wh=0.82,
    baseline_wh=1.0,
    overhead_wh=0.05,
    passages=11,
    commands=17,
)
JUST_BEGUN = replace(SNAPSHOT, elapsed_s=0.0, length_s=None, active_wh=0.0, baseline_wh=0.0)
