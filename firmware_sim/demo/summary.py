"""What the demo says at its end. Pure."""

from firmware_sim.demo.screen import Snapshot, percent


def summary(snapshot: Snapshot, losses: int) -> str:
    """Return the closing words. `losses`: how often a node went offline during the show."""
    stayed = f"all {len(snapshot.nodes)} nodes stayed online"
    if losses:
        stayed = f"nodes went offline {losses} times"
    return (
        f"{snapshot.elapsed_s:.0f} s: {stayed}, {snapshot.passages} passages, "
        f"{snapshot.commands} lamp commands seen\n"
        f"lamps used {snapshot.active_wh:.2f} Wh, conventional light "
        f"{snapshot.baseline_wh:.2f} Wh: saved {percent(snapshot.saved_pct)}\n"
        f"the controllers themselves used {snapshot.overhead_wh:.2f} Wh"
    )
