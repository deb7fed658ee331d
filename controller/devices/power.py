"""What every meter's driver holds its readings to."""

import math

LEAST_W = -0.5
"""Below this a reading is no noise around nothing: the meter is wired the wrong way round."""


def drawn_w(power_w: float) -> float:
    """Return a reading that can be counted: what is behind a meter draws power or none.

    Raises OSError for a reading that is no number or says that lamps give power back.
    """
    if not math.isfinite(power_w):
        raise OSError("it does not answer with a number")
    if power_w < LEAST_W:
        raise OSError(f"it measures {power_w:.1f} W: swap the meter's two sides, supply and load")
    return max(0.0, power_w)
