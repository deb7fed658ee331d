"""The rows of the fault table in docs/resilience.md: what befalls the path, what it may do."""

from dataclasses import dataclass

from firmware_sim.storm.scenario import Act, ActKind, Fault, FaultKind
from tests.storm.single import AT_S, LASTS_S

BLINK_S = 0.3
NEXT_SENSOR_S = 12.0
"""The slowest of the people here, 1 m/s, from a cell's edge into its sensor's reach, and a fade."""
ONE_CELL_S = 35.0
QUARTER_S = 905.0


@dataclass(frozen=True)
class Row:
    """`dark_s`, `heals_s`: at most, as the document says; `told`: what operators are told."""

    name: str
    dark_s: float
    heals_s: float
    told: frozenset[str]
    faults: tuple[Fault, ...] = ()
    acts: tuple[Act, ...] = ()


def _row(  # noqa: PLR0913 each has a meaning of its own
    name: str,
    kind: FaultKind,
    where: str = "n3",
    *told: str,
    at_s: float = AT_S,
    lasts_s: float = 0.0,
    amount: float = 0.0,
    dark_s: float = BLINK_S,
    heals_s: float = 0.0,
) -> Row:
    fault = Fault(kind, at_s, lasts_s, where, amount)
    return Row(name, dark_s, heals_s, frozenset(told), (fault,))


def _operators(name: str, *acts: Act, told: tuple[str, ...], dark_s: float = BLINK_S) -> Row:
    return Row(name, dark_s, 0.0, frozenset(told), acts=acts)


RESTART_S, RECONNECT_S, BOOT_S, LINE_S = 65.0, 115.0, 170.0, 55.0
AT_RECORD_S = 880.0  # a record ends at the quarter hour, 20 s later

ROWS = (
    _row("controller crashes", FaultKind.CRASH, "n3", "offline", heals_s=RESTART_S),
    _row(
        "controller is killed while it writes",
        FaultKind.CRASH_AT_WRITE,
        "n3",
        "offline",
        at_s=AT_RECORD_S,
        lasts_s=60.0,
        heals_s=RESTART_S,
    ),
    _row("controller is stopped for an update", FaultKind.STOP, "n3", "offline", heals_s=RESTART_S),
    _row("controller hangs for 10 s", FaultKind.FREEZE, lasts_s=10.0, dark_s=12.0),
    _row(
        "controller hangs for good",
        FaultKind.FREEZE,
        "n3",
        "offline",
        lasts_s=60.0,
        dark_s=22.0,
        heals_s=25.0,
    ),
    _row(
        "Pi loses its power",
        FaultKind.POWER,
        "n3",
        "offline",
        "neighbour_silent",
        lasts_s=LASTS_S,
        dark_s=NEXT_SENSOR_S,
        heals_s=BOOT_S,
    ),
    _row(
        "node is cut off",
        FaultKind.PARTITION,
        "n3",
        "offline",
        "neighbour_silent",
        lasts_s=LASTS_S,
        dark_s=NEXT_SENSOR_S,
        heals_s=RECONNECT_S,
    ),
    _row("connection breaks", FaultKind.CUT, "n3", "offline", heals_s=LINE_S),
    _row(
        "connection breaks while a record is told",
        FaultKind.CUT_AT_RECORD,
        "n3",
        "offline",
        at_s=AT_RECORD_S,
        amount=1.0,
        lasts_s=60.0,
        heals_s=LINE_S,
    ),
    _row(
        "network is slow by 2 s",
        FaultKind.SLOW,
        lasts_s=LASTS_S,
        amount=2.0,
        dark_s=NEXT_SENSOR_S,
    ),
    _row(
        "broker is away",
        FaultKind.BROKER,
        "",
        "neighbour_silent",
        lasts_s=LASTS_S,
        heals_s=RECONNECT_S,
    ),
    _row(
        "broker comes back without memory",
        FaultKind.BROKER,
        "",
        "neighbour_silent",
        lasts_s=LASTS_S,
        amount=1.0,
        heals_s=RECONNECT_S,
    ),
    _row(
        "three passages in ten are lost",
        FaultKind.LOST,
        lasts_s=LASTS_S,
        amount=0.3,
        dark_s=NEXT_SENSOR_S,
    ),
    _row(
        "passages come up to 8 s late and overtake one another",
        FaultKind.LATE,
        lasts_s=LASTS_S,
        amount=8.0,
        dark_s=NEXT_SENSOR_S,
    ),
    _row("passages are doubled", FaultKind.DOUBLED, lasts_s=LASTS_S, amount=1.0),
    _row(
        "passages are damaged",
        FaultKind.DAMAGED,
        lasts_s=LASTS_S,
        amount=1.0,
        dark_s=NEXT_SENSOR_S,
    ),
    _row(
        "flood of nonsense",
        FaultKind.FLOOD,
        "n3",
        "command refused",
        "settings refused",
        amount=400.0,
    ),
    _row(
        "disk is full",
        FaultKind.DISK_FULL,
        "n3",
        "store_unwritable",
        lasts_s=LASTS_S,
        heals_s=QUARTER_S,
    ),
    _row(
        "writes fail",
        FaultKind.DISK_FAILING,
        "n3",
        "store_unwritable",
        lasts_s=LASTS_S,
        heals_s=QUARTER_S,
    ),
    _row(
        "disk turns read-only",
        FaultKind.DISK_READ_ONLY,
        "n3",
        "store_unwritable",
        lasts_s=LASTS_S,
        heals_s=QUARTER_S,
    ),
    _row("wall clock steps by 10 minutes", FaultKind.CLOCK_STEP, amount=-600.0),
    _row("motion sensor is stuck", FaultKind.SENSOR_HIGH, "M09", lasts_s=LASTS_S),
    _row("motion sensor is blind", FaultKind.SENSOR_LOW, "M09", lasts_s=LASTS_S),
    _row("motion sensor chatters", FaultKind.SENSOR_CHATTER, "M09", lasts_s=LASTS_S),
    _row(
        "motion sensor cannot be read",
        FaultKind.SENSOR_UNREADABLE,
        "M09",
        "motion_sensor_unreadable",
        lasts_s=LASTS_S,
    ),
    _row("edges of a motion sensor are lost", FaultKind.SENSOR_EDGES_LOST, "M09", lasts_s=LASTS_S),
    _row(
        "lamp's gear does not answer",
        FaultKind.LAMP_DEAF,
        "L09",
        "lamp_gear_fault",
        lasts_s=LASTS_S,
        dark_s=ONE_CELL_S,
    ),
    _row("lamp burns out", FaultKind.LAMP_BURNT_OUT, "L09", lasts_s=LASTS_S, dark_s=ONE_CELL_S),
    _operators(
        "operators send what is wrong",
        Act(
            ActKind.SETTINGS,
            AT_S,
            "path",
            '{"levels": {"base_pct": 60.0, "presence_pct": 50.0}}',
        ),
        Act(ActKind.NONSENSE, AT_S + 1.0, "n3", "command"),
        Act(ActKind.NONSENSE, AT_S + 1.0, "n3", "settings"),
        Act(ActKind.NONSENSE, AT_S + 1.0, "n3", "retained"),
        told=("command refused", "settings refused"),
    ),
    _operators(
        "operators contradict one another",
        Act(ActKind.SETTINGS, AT_S, "path", '{"levels": {"base_pct": 30.0}}'),
        Act(ActKind.SETTINGS, AT_S + 0.01, "n3", '{"levels": {"base_pct": 5.0}}'),
        Act(ActKind.PATCH, AT_S + 0.02, "n3", '{"levels": {"base_pct": 7.0}}'),
        told=("settings applied",),
    ),
    _operators(
        "operators order darkness",
        Act(ActKind.OVERRIDE, AT_S, "n3", '{"level_pct": 0.0, "duration_s": 600}'),
        told=(),
        dark_s=ONE_CELL_S,
    ),
)
