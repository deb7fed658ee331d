"""What is amiss, where and for how long it may hide people: the judge's excuses, all of them.

A fault that the controller is to take without any loss of light is no ill: messages that are
doubled, clocks that step, disks, floods, orderly stops, crashes, broker restarts. Sensors and
lamps are ill for the time of their fault and a while after; a node's messages while they may be
lost or late; what is around a node without power until the others are told.
"""

import math
from dataclasses import dataclass

from firmware_sim.storm.course import LAMPS, LAMPS_OF, NODE_IDS, SENSORS
from firmware_sim.storm.scenario import Fault, FaultKind

HABITS_S = 1800.0
"""So long a sensor's false alarms are remembered (docs/presence.md, Habits)."""
UNSEEN_S = 60.0
"""Until the slowest who went unseen has been seen by the next sensor (35 m at 0.7 m/s)."""
NOTICED_S = 2.0
"""Until what the broker says has arrived and a lamp has faded up."""
HORIZON_LAMPS = 7
"""As far as tracks look ahead: 240 m."""
_MESSAGES = frozenset(
    {FaultKind.LOST, FaultKind.DAMAGED, FaultKind.LATE, FaultKind.SLOW, FaultKind.PARTITION}
)
_SENSOR = frozenset(x for x in FaultKind if x.value.startswith("sensor"))
_LAMP = frozenset(x for x in FaultKind if x.value.startswith("lamp"))


@dataclass(slots=True)
class _Ill:
    """From when until when something is amiss, and near which lamps."""

    from_s: float
    until_s: float
    lamps: frozenset[str]


class Ills:
    """Keeps what is amiss."""

    def __init__(self) -> None:
        """Begin with everything in order."""
        self._ills: list[_Ill] = []
        self._unfit: dict[str, list[_Ill]] = {x: [] for x in (*SENSORS, *LAMPS)}
        self._interrupted: dict[str, float] = dict.fromkeys(NODE_IDS, -math.inf)
        self._undriven: dict[str, _Ill] = {}
        self._unnoticed: dict[str, _Ill] = {}
        self._began: dict[str, float] = dict.fromkeys(NODE_IDS, 0.0)
        self._ruled: dict[str, float] = dict.fromkeys(NODE_IDS, -math.inf)
        self._open: dict[int, list[tuple[_Ill, float]]] = {}

    def broke(self, fault: Fault, now_s: float) -> None:
        """Take note of a fault that begins."""
        opened: list[tuple[_Ill, float]] = []
        if fault.kind in _SENSOR:
            opened.append((self._unwell(fault.where, now_s), 0.0))
            opened.append((self._ill(now_s, _near(_lamp_at(fault.where))), HABITS_S))
        elif fault.kind in _LAMP:
            opened.append((self._unwell(fault.where, now_s), 1.0))
            opened.append((self._ill(now_s, frozenset({fault.where})), 1.0))
        elif fault.kind in _MESSAGES or fault.kind is FaultKind.FREEZE:
            opened.append((self._ill(now_s, frozenset(LAMPS)), UNSEEN_S))
        if opened:
            self._open[id(fault)] = opened

    def healed(self, fault: Fault, now_s: float) -> None:
        """Take note of a fault that is over."""
        for ill, after_s in self._open.pop(id(fault), ()):
            ill.until_s = now_s + after_s

    def interrupt(self, node: str, now_s: float) -> None:
        """Take note that a node's controller began, ended, was stopped or went on."""
        self._interrupted[node] = now_s

    def begin(self, node: str, now_s: float) -> None:
        """Take note that a node's controller has begun."""
        self._began[node] = now_s
        self.notice(node, now_s)
        self.interrupt(node, now_s)
        self._driven(node, now_s)

    def began_s(self, node: str) -> float:
        """Return when the running controller of a node began."""
        return self._began[node]

    def undriven(self, node: str, now_s: float) -> None:
        """Take note that lamps of a node may keep a level that nobody decides any more."""
        kept = frozenset(x for x in LAMPS_OF[node] if LAMPS.index(x) % 2 == 1)
        self._undriven[node] = self._ill(now_s, kept)

    def vanish(self, node: str, now_s: float) -> None:
        """Take note that a node is gone, and that nobody knows of it yet."""
        near = frozenset[str]().union(*(_near(lamp) for lamp in LAMPS_OF[node]))
        self._unnoticed[node] = self._ill(now_s, near)

    def notice(self, node: str, now_s: float) -> None:
        """Take note that the others are told that it is gone, or that it is back."""
        ill = self._unnoticed.pop(node, None)
        if ill is not None:
            ill.until_s = now_s + NOTICED_S

    def _driven(self, node: str, now_s: float) -> None:
        ill = self._undriven.pop(node, None)
        if ill is not None:
            ill.until_s = now_s + 1.0

    def unfit(self, subject: str, since_s: float) -> bool:
        """Whether a sensor or lamp has been out of order at any time since then."""
        return any(ill.until_s > since_s for ill in self._unfit[subject])

    def interrupted(self, node: str, since_s: float) -> bool:
        """Whether a node's controller has not run all the time since then."""
        return self._interrupted[node] > since_s

    def rule(self, node: str, now_s: float) -> None:
        """Take note that operators have changed what holds at a node."""
        self._ruled[node] = now_s

    def ruled(self, node: str, since_s: float) -> bool:
        """Whether they have since then: lamps may be on their way to another level."""
        return self._ruled[node] > since_s

    def ordered(self, lamps: frozenset[str], from_s: float, until_s: float) -> None:
        """Take note of a time in which operators decide."""
        self._ills.append(_Ill(from_s, until_s, lamps))

    def any_within(self, lamp: str, begin_s: float, end_s: float) -> bool:
        """Whether anything is amiss near a lamp at any time between two moments."""
        return any(
            ill.from_s < end_s and ill.until_s > begin_s and lamp in ill.lamps for ill in self._ills
        )

    def _ill(self, now_s: float, lamps: frozenset[str]) -> _Ill:
        ill = _Ill(now_s, math.inf, lamps)
        self._ills.append(ill)
        return ill

    def _unwell(self, subject: str, now_s: float) -> _Ill:
        ill = _Ill(now_s, math.inf, frozenset())
        self._unfit[subject].append(ill)
        return ill


def _lamp_at(sensor: str) -> str:
    return LAMPS[SENSORS.index(sensor)]


def _near(lamp: str) -> frozenset[str]:
    at = LAMPS.index(lamp)
    return frozenset(LAMPS[max(0, at - HORIZON_LAMPS) : at + HORIZON_LAMPS + 1])
