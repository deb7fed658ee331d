"""The files that a simulated night leaves behind. The same night gives the same bytes."""

import csv
import json
from pathlib import Path as FilePath
from typing import Any

from firmware_sim.levels import write_levels
from firmware_sim.node import Log
from firmware_sim.summary import Summary
from firmware_sim.trajectories import write_trajectories
from firmware_sim.world import World

SCHEME = "cyclelight"
DETECTIONS_COLUMNS = ("time_s", "sensor")


def write_night(
    out: FilePath, world: World, log: Log, summary: Summary, meta: dict[str, Any]
) -> None:
    """Write everything but pictures into the directory `out`. Raises OSError."""
    write_json({SCHEME: summary.as_dict()}, out / "summary.json")
    write_json(meta, out / "meta.json")
    write_levels(log.commands, out / "levels.csv")
    write_trajectories(world.people, out / "trajectories.csv")
    with (out / "detections.csv").open("w", encoding="utf-8", newline="") as opened:
        rows = csv.writer(opened, lineterminator="\n")
        rows.writerow(DETECTIONS_COLUMNS)
        rows.writerows((rise.time_s, rise.sensor) for rise in world.sensed.detections)


def write_json(document: dict[str, Any], file: FilePath) -> None:
    """Write indented JSON with a final newline."""
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    file.write_text(text + "\n", encoding="utf-8")
