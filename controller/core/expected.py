"""What a meter should have read: of lamps that stood still, what their power tables say."""

from controller.core.energy import power_w
from controller.core.metering import STALE_S, Metered
from controller.core.state import State

# A meter averages over a second or more: so long before a reading no lamp may have faded.
SETTLED_S = 5.0


def expected_w(metered: Metered, state: State, now_s: float) -> float | None:
    """Return what is behind a meter by the model, in watts, when it was last read.

    None where it was not read of late, or a lamp behind it was or may have been fading then, or is
    not driven: nobody knows what that one draws.
    """
    read_at_s, lamps = metered.read_at_s, metered.meter.lamps
    if metered.power_w is None or now_s > read_at_s + STALE_S or not is_driven(metered, state):
        return None
    fades = [state.lamps[x].fade for x in lamps]
    if any(fade.end_s > read_at_s - SETTLED_S for fade in fades):
        return None
    tables = [state.site.lamps[x].power for x in lamps]
    lamps_w = sum(power_w(table, fade.to_pct) for table, fade in zip(tables, fades, strict=True))
    return lamps_w + (state.site.controller_w if metered.meter.controller else 0.0)


def is_driven(metered: Metered, state: State) -> bool:
    """Whether all lamps behind a meter are driven by this node."""
    return state.lamps.keys() >= set(metered.meter.lamps)
