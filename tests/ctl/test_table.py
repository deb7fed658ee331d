import pytest

from controller.ctl.console import process_console
from controller.ctl.table import Cell, Column, table
from tests.ctl.consoles import console

COLUMNS = (Column("lamp", yields=True), Column("level", right=True), Column("reason", yields=True))
ROWS = (
    (Cell("L01"), Cell("10 %"), Cell("base")),
    (Cell("L02"), Cell("100 %"), Cell("fail_safe:neighbour_silent", "yellow")),
)


def test_columns_are_aligned_and_lines_have_no_tails() -> None:
    assert table(COLUMNS, ROWS, console()) == [
        "lamp  level  reason",
        "L01    10 %  base",
        "L02   100 %  fail_safe:neighbour_silent",
    ]


def test_the_widest_column_that_may_yields_first() -> None:
    assert table(COLUMNS, ROWS, console(width=30)) == [
        "lamp  level  reason",
        "L01    10 %  base",
        "L02   100 %  fail_safe:neigh..",
    ]


def test_a_width_that_nothing_fits_ends_too() -> None:
    lines = table(COLUMNS, ROWS, console(width=1))
    assert lines[2] == "L02   100 %  fail.."


def test_long_names_of_everything_still_fit_80_columns() -> None:
    rows = [(Cell("L" * 32), Cell("100 %"), Cell("fail_safe:" + "x" * 90))]
    assert max(map(len, table(COLUMNS, rows, console(width=80)))) == 80


def test_colours_stand_around_the_text_and_not_the_space() -> None:
    lines = table(COLUMNS, ROWS, console(colours=True))
    assert lines[0].startswith("\x1b[1mlamp\x1b[0m  ")
    assert lines[2] == "L02   100 %  \x1b[33mfail_safe:neighbour_silent\x1b[0m"


def test_what_others_wrote_cannot_upset_a_terminal() -> None:
    (_, line) = table(COLUMNS, [(Cell("\x1b[2J"), Cell("1"), Cell("a\nb\u202e"))], console())
    assert line == "\\x1b[2J      1  a\\nb\\u202e"


@pytest.mark.parametrize(
    ("environ", "colours", "live"),
    [
        ({"TERM": "xterm"}, True, True),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False, True),
        ({"TERM": "xterm", "NO_COLOR": ""}, True, True),
        ({"TERM": "dumb"}, False, False),
    ],
)
def test_colours_are_for_terminals_that_want_them(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], *, colours: bool, live: bool
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    found = process_console(environ)
    assert (found.colours, found.live) == (colours, live)


def test_a_pipe_has_no_colours_and_no_width() -> None:
    found = process_console({"TERM": "xterm"})
    assert (found.colours, found.live, found.width) == (False, False, None)
