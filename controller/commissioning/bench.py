"""What every step of a self-test works with."""

from collections.abc import Mapping
from dataclasses import dataclass

from controller.commissioning.complaints import Complaints
from controller.commissioning.person import Person
from controller.commissioning.results import Results
from controller.settings.lamp_wiring import RelayLamp
from controller.settings.node import NodeSettings
from controller.settings.site import Installation


@dataclass(frozen=True, slots=True)
class Pace:
    """How long things take, in seconds.

    `level_s`: how long a lamp shows each level; `line_s`: how long a line is watched that nobody
    drives; `reading_s`: how long a light sensor or meter has for a reading; `reply_s`: how long the
    broker has for each answer; `neighbour_s`: how long neighbours are listened for.
    """

    level_s: float
    line_s: float = 0.5
    reading_s: float = 8.0
    reply_s: float = 10.0
    neighbour_s: float = 5.0


ATTENDED = Pace(level_s=2.0)
UNATTENDED = Pace(level_s=1.0)


@dataclass(frozen=True, slots=True)
class Bench:
    """One self-test.

    `lamps` and `sensors` (meters, too) are the ids that are to be tried. `person`: who looks at the
    lamps and walks to the sensors, None where nobody is there. `wait_s`: how long a motion sensor
    waits for somebody; 0: it is only read.
    """

    installation: Installation
    environ: Mapping[str, str]
    lamps: frozenset[str]
    sensors: frozenset[str]
    wait_s: float
    person: Person | None
    pace: Pace
    results: Results
    complaints: Complaints

    @property
    def settings(self) -> NodeSettings:
        """The node file."""
        return self.installation.settings

    def dark_s(self, wiring: object) -> float:
        """Return how long to wait until a lamp is dark that was told so.

        A relay stays on for a while; where nobody looks, that is not waited for.
        """
        least_on_s = wiring.least_on_s if isinstance(wiring, RelayLamp) else 0.0
        return self.pace.level_s + (least_on_s if self.person is not None else 0.0)

    def tell(self, text: str) -> None:
        """Tell whoever is there what to do."""
        if self.person is not None:
            self.person.tell(text)
