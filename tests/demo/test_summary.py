from firmware_sim.demo.summary import summary
from tests.demo.snapshots import SNAPSHOT


def test_closing_words() -> None:
    assert summary(SNAPSHOT, losses=0) == (
        "15 s: all 4 nodes stayed online, 11 passages, 17 lamp commands seen\n"
        "lamps used 0.82 Wh, conventional light 1.00 Wh: saved 18.0 %\n"
        "the controllers themselves used 0.05 Wh"
    )


def test_a_node_that_was_away_is_told() -> None:
    assert summary(SNAPSHOT, losses=2).startswith("15 s: nodes went offline 2 times, 11 passages")
