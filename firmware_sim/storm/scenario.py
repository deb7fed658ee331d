"""What happens in a storm: people, faults, operators. Plain data that a seed decides."""

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum

from firmware_sim.storm.people import Walk

LENGTH_S = 7200.0
CALM_SHARE = 0.75
"""After that part of a storm every fault is over."""
NIGHT_UTC_S = datetime(2025, 1, 15, 18, 0, tzinfo=UTC).timestamp()
"""It is dark from here on for longer than any storm lasts."""


class FaultKind(StrEnum):
    """What may befall a path. `where` and `amount` of a fault depend on it."""

    LOST = "lost"  # passages to a node; amount: chance
    LATE = "late"  # the same; amount: by up to so many seconds
    DOUBLED = "doubled"
    DAMAGED = "damaged"
    FLOOD = "flood"  # of a node with nonsense; amount: messages
    PARTITION = "partition"  # of a node
    CUT = "cut"  # a node's connection
    CUT_AT_RECORD = (
        "cut_at_record"  # when it next tells a record; amount 1: before the broker has it
    )
    SLOW = "slow"  # a node's line; amount: seconds
    BROKER = "broker"  # it restarts; amount 1: and has forgotten what was retained
    CRASH = "crash"  # of a controller; amount: after so many turns, or when it is over
    CRASH_AT_WRITE = "crash_at_write"  # of a controller, in its next piece of work on the disk
    STOP = "stop"  # of a controller, in order
    FREEZE = "freeze"  # of a controller
    POWER = "power"  # of a machine
    DISK_FULL = "disk_full"
    DISK_FAILING = "disk_failing"
    DISK_READ_ONLY = "disk_read_only"
    CLOCK_STEP = "clock_step"  # of a machine's wall clock; amount: seconds
    SENSOR_HIGH = "sensor_high"
    SENSOR_LOW = "sensor_low"
    SENSOR_CHATTER = "sensor_chatter"
    SENSOR_UNREADABLE = "sensor_unreadable"
    SENSOR_EDGES_LOST = "sensor_edges_lost"
    LAMP_DEAF = "lamp_deaf"
    LAMP_BURNT_OUT = "lamp_burnt_out"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something breaks at `at_s` and is well again `lasts_s` later."""

    kind: FaultKind
    at_s: float
    lasts_s: float = 0.0
    where: str = ""
    amount: float = 0.0

    @property
    def until_s(self) -> float:
        """When it is over."""
        return self.at_s + self.lasts_s

    def __str__(self) -> str:
        """Say it in a line."""
        words = [f"{self.at_s:8.1f} s  {self.kind.value}"]
        if self.where:
            words.append(self.where)
        if self.lasts_s:
            words.append(f"for {self.lasts_s:g} s")
        if self.amount:
            words.append(f"({self.amount:g})")
        return " ".join(words)


class ActKind(StrEnum):
    """What operators do."""

    SETTINGS = "settings"
    PATCH = "patch"
    OVERRIDE = "override"
    CLEAR = "clear_override"
    EMERGENCY = "emergency"
    EMERGENCY_OVER = "emergency_over"
    SWITCH = "switch"  # a lamp, from Home Assistant
    ASK = "ask"  # explain, ping, report, selftest, identify
    NONSENSE = "nonsense"


@dataclass(frozen=True, slots=True)
class Act:
    """An operator publishes something at `at_s`, on the topic of a layer or a node.

    `where`: a node, `path` or `tenant`; of a switch the lamp. `what`: its settings as JSON, or the
    level and duration of an order.
    """

    kind: ActKind
    at_s: float
    where: str
    what: str = ""

    def __str__(self) -> str:
        """Say it in a line."""
        return f"{self.at_s:8.1f} s  {self.kind.value} {self.where} {self.what}".rstrip()


@dataclass(frozen=True, slots=True)
class Scenario:
    """A storm. `seed` also decides delays, drifts and all else that is not written down here."""

    seed: int
    length_s: float
    begins_utc_s: float
    walks: tuple[Walk, ...]
    faults: tuple[Fault, ...]
    acts: tuple[Act, ...]

    @property
    def calm_s(self) -> float:
        """When every fault is over."""
        return CALM_SHARE * self.length_s

    def to_json(self) -> str:
        """Write it in a line of JSON."""
        return json.dumps(asdict(self), separators=(",", ":"))

    def __str__(self) -> str:
        """Say it in lines."""
        begins = datetime.fromtimestamp(self.begins_utc_s, UTC).isoformat(timespec="seconds")
        lines = [f"storm {self.seed}: {self.length_s:g} s from {begins}"]
        lines += [f"{walk.at_s:8.1f} s  {walk}" for walk in self.walks]
        lines += [str(fault) for fault in self.faults]
        lines += [str(act) for act in self.acts]
        return "\n".join(lines)


def scenario_of(text: str) -> Scenario:
    """Read what `Scenario.to_json` gave."""
    found = json.loads(text)
    return Scenario(
        found["seed"],
        found["length_s"],
        found["begins_utc_s"],
        tuple(Walk(**one) for one in found["walks"]),
        tuple(Fault(**{**one, "kind": FaultKind(one["kind"])}) for one in found["faults"]),
        tuple(Act(**{**one, "kind": ActKind(one["kind"])}) for one in found["acts"]),
    )
