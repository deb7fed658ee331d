"""Health of the lamps' drivers: what they themselves tell of a lamp, its gear or its bus."""

from collections.abc import Iterator

from controller.core.health.alarms import Finding
from controller.core.health.examination import Examination, Rule


def gear_fault(x: Examination) -> Iterator[Finding]:
    """Say which lamps' drivers tell of a fault, those among them that could not be opened."""
    faults = x.vitals.lamp_faults
    for lamp in sorted({*x.state.lamps, *faults}):
        cause = faults.get(lamp)
        yield Finding(lamp, cause is not None, {} if cause is None else {"cause": cause})


RULES = (Rule("lamp_gear_fault", 60.0, 60.0, gear_fault),)
