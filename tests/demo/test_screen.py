from dataclasses import replace

import pytest

from firmware_sim.demo.screen import BLOCK, INK, PersonShown, colour, frame, ink, plain_line
from firmware_sim.people import Kind
from tests.demo.snapshots import JUST_BEGUN, SNAPSHOT

WIDE = """\
 cyclelight: 16 lamps, 4 real controllers                       15 of 20 s

                                                                  <i
                              oo>
 | ... ... ::: ... | ### ### ### ### | +++ --- ::: ... |     ... ### ### |
 | ... ... ::: ... | ### ### ### ### | +++ --- ::: ... |     ... ### ### |
    10  10  17  10   100 100 100 100    60  35  20  10    0   10 100 100
  n1 online 12 W    n2 online 60 W    n3 offline        n4 online

 lamps used         0.82 Wh
 conventional       1.00 Wh   full light all night
 saved              18.0 %
 passages             11      lamp commands     17

 oo> rider   i> walker   Ctrl-C ends
 Full light at first: what is not known to be empty is lit.
"""

NARROW = """\
 cyclelight: 16 lamps, 4 real controllers 15 of 20 s

                                     <i
                 oo>
 | . . : . | # # # # | + - : . |   . # # |
 | . . : . | # # # # | + - : . |   . # # |
  n1 online 12 W
  n2 online 60 W
  n3 offline
  n4 online
"""


def drawn(width: int) -> str:
    lines = frame(SNAPSHOT, width=width, coloured=False).plain.splitlines()
    return "".join(line.rstrip() + "\n" for line in lines)


def test_the_whole_screen_in_80_columns() -> None:
    assert drawn(80) == WIDE


def test_a_narrow_terminal_gets_narrow_lamps_and_a_list_of_nodes() -> None:
    assert drawn(50).startswith(NARROW)


@pytest.mark.parametrize("width", [60, 72, 80, 100, 200])
def test_no_line_is_wider_than_the_terminal(width: int) -> None:
    assert max(len(line) for line in drawn(width).splitlines()) <= width


def test_the_screen_fits_in_24_rows() -> None:
    assert max(len(drawn(width).splitlines()) for width in range(20, 120)) <= 24


def test_people_at_the_ends_stay_on_the_screen() -> None:
    people = tuple(PersonShown(Kind.CYCLIST, at_m, eastward=True) for at_m in (0.0, 128.0))
    row = frame(replace(SNAPSHOT, people=people), width=80, coloured=False).plain.splitlines()[3]
    assert row == " " + " oo>".ljust(70) + "oo>"


def test_colours_replace_characters() -> None:
    text = frame(SNAPSHOT, width=80, coloured=True)
    strip = text.plain.splitlines()[4]
    assert strip.replace(" ", "") == ("|" + BLOCK * 12) * 4 + "|"
    styles = {str(span.style) for span in text.spans if text.plain[span.start] == BLOCK}
    assert styles == {colour(level_pct) for level_pct in SNAPSHOT.levels_pct}


def test_full_light_has_the_lamp_s_colour_and_off_none() -> None:
    assert colour(100.0) == "rgb(255,196,96)"
    assert colour(0.0) == "rgb(0,0,0)"


def test_luminance_on_the_screen_is_that_of_the_lamp() -> None:
    red = int(colour(10.0).removeprefix("rgb(").split(",")[0])
    assert (red / 255) ** 2.2 == pytest.approx(0.1, abs=0.002)


def test_ink_grows_with_the_level_and_only_off_is_blank() -> None:
    shown = [ink(level_pct) for level_pct in range(101)]
    assert shown[0] == " "
    assert shown[1] == shown[10] == "."
    assert shown[100] == "#"
    assert shown == sorted(shown, key=INK.index)


def test_a_plain_line() -> None:
    assert plain_line(SNAPSHOT) == (
        "  15 s  |..:.|####|+-:.| .##|  3 nodes online, 1 riding, 1 walking, saved 18.0 %"
    )


def test_too_little_energy_gives_no_share() -> None:
    assert plain_line(JUST_BEGUN).endswith("saved -")
    assert "saved                   -\n" in frame(JUST_BEGUN, width=80, coloured=False).plain


def test_a_show_without_an_end_tells_only_its_time() -> None:
    first = frame(JUST_BEGUN, width=80, coloured=False).plain.splitlines()[0]
    assert first.split("  ")[-1].strip() == "0 s"


def test_no_saving_is_not_written_as_minus_nothing() -> None:
    snapshot = replace(SNAPSHOT, active_wh=1.0001, baseline_wh=1.0)
    assert plain_line(snapshot).endswith("saved 0.0 %")
