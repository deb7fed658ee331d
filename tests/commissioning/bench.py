"""A small node to try: two lamps, two motion sensors, a light sensor and a meter."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controller.commissioning.bench import Pace
from tests.board.fixtures import Client
from tests.ctl.ran import Ran, run

HASTE = Pace(level_s=0.05, line_s=0.05, reading_s=8.0, reply_s=10.0, neighbour_s=0.5)

PATH = """
[path]
tenant = "soest"
id = "small"
name = "Small path"
latitude = 51.57
longitude = 8.11
timezone = "Europe/Berlin"
[[junction]]
id = "west"
[[junction]]
id = "east"
[[section]]
id = "s1"
from = "west"
to = "east"
length_m = 140
[[node]]
id = "n1"
[[node]]
id = "n2"
[[light_sensor]]
id = "D1"
node = "n1"
"""

WIRES: dict[str, dict[str, Any]] = {
    "lamps.L1": {"kind": "gpio_pwm", "pin": 12},
    "lamps.L2": {"kind": "gpio_pwm", "pin": 13},
    "motion.M1": {"kind": "gpio", "pin": 17},
    "motion.M2": {"kind": "gpio", "pin": 27},
    "light.D1": {"kind": "bh1750"},
    "meter.P1": {
        "kind": "ina226",
        "shunt_ohm": 0.01,
        "max_a": 8,
        "lamps": ["L1", "L2"],
        "controller": True,
    },
}


@dataclass
class Place:
    """The files of a node, and what is outside its board."""

    folder: Path
    outside: Client

    @property
    def node_file(self) -> Path:
        return self.folder / "n1.toml"

    def write(self, *, clock: str = "always", mqtt: str = "", **wires: dict[str, Any]) -> None:
        """Write the files; `wires` replaces tables, their dots as double underscores."""
        tables = WIRES | {name.replace("__", "."): table for name, table in wires.items()}
        lines = ['path_file = "path.toml"', 'node = "n1"', 'state_dir = "state"']
        lines += [f'clock = {{ trust = "{clock}" }}', mqtt]
        for name, table in tables.items():
            lines += [f"[{name}]", *(f"{key} = {json.dumps(x)}" for key, x in table.items())]
        self.node_file.write_text("\n".join(lines))
        (self.folder / "path.toml").write_text(PATH + _standing())

    def put(self, **message: object) -> None:
        """Change something outside the board, and know that the board has heard of it."""
        self.outside.send(message)
        self.outside.so_far()

    def duties(self, pin: int) -> list[float]:
        """What a pin was told since the last message of ours."""
        return [x["duty"] for x in self.outside.so_far() if x.get("pin") == pin]

    def selftest(self, *words: str) -> Ran:
        return run("selftest", "--node", str(self.node_file), "--yes", *words)


def mqtt(port: int, more: str = "") -> str:
    """The table for a broker on this machine."""
    return f'[mqtt]\nhost = "127.0.0.1"\nport = {port}\n{more}\n'


def line(ran: Ran, beginning: str) -> str:
    """The one result that begins with a status and a subject."""
    [found] = [x for x in ran.lines if " ".join(x.split()).startswith(beginning)]
    return " ".join(found.split())


def _standing() -> str:
    parts = []
    for number, node in enumerate(("n1", "n1", "n2", "n2"), 1):
        at_m = 35.0 * number - 17.5
        parts.append(f"""
[[lamp]]
id = "L{number}"
section = "s1"
at_m = {at_m}
node = "{node}"
rated_w = 15
[[motion_sensor]]
id = "M{number}"
section = "s1"
at_m = {at_m}
node = "{node}"
reach_m = 7
""")
    return "".join(parts)
