"""`cyclelight-sim compare`: every lighting scheme in the same nights, measured and told."""
