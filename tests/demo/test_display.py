import io
import sys

import pytest
from rich.console import Console

from firmware_sim.demo.display import LineDisplay, LiveDisplay, choose_display
from firmware_sim.demo.screen import plain_line
from tests.demo.snapshots import JUST_BEGUN, SNAPSHOT


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def terminal(monkeypatch: pytest.MonkeyPatch, kind: str) -> Terminal:
    """Make standard output a terminal of a kind; to be called in a test, after pytest's capture."""
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", kind)
    output = Terminal()
    monkeypatch.setattr(sys, "stdout", output)
    return output


def test_a_terminal_is_drawn_on(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal(monkeypatch, "xterm-256color")
    assert isinstance(choose_display(), LiveDisplay)


def test_a_dumb_terminal_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal(monkeypatch, "dumb")
    assert isinstance(choose_display(), LineDisplay)


def test_a_file_gets_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr(sys, "stdout", io.StringIO())
    assert isinstance(choose_display(), LineDisplay)


def test_a_line_comes_once_a_second(capsys: pytest.CaptureFixture[str]) -> None:
    with LineDisplay() as display:
        display.show(JUST_BEGUN)
        display.show(JUST_BEGUN)
        display.show(SNAPSHOT)
    assert capsys.readouterr().out == f"{plain_line(JUST_BEGUN)}\n{plain_line(SNAPSHOT)}\n"


def live(colours: str | None, encoding: str) -> str:
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding=encoding)
    console = Console(file=file, force_terminal=True, color_system=colours, width=80, height=24)  # type: ignore[arg-type]
    with LiveDisplay(console) as display:
        display.show(SNAPSHOT)
    file.flush()
    return raw.getvalue().decode(encoding)


def test_colours_are_used_where_there_are_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\N{FULL BLOCK}" in live("truecolor", "utf-8")
    assert "\N{FULL BLOCK}" in live("256", "utf-8")


@pytest.mark.parametrize(
    ("colours", "encoding"), [("standard", "utf-8"), (None, "utf-8"), ("256", "latin-1")]
)
def test_elsewhere_characters_are(colours: str | None, encoding: str) -> None:
    assert "### ### ### ###" in live(colours, encoding)


def test_nobody_who_wants_no_colour_gets_any(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "### ### ### ###" in live("256", "utf-8")


def test_the_terminal_is_given_back() -> None:
    written = live("256", "utf-8")
    assert written.startswith("\x1b[?1049h")
    assert written.rindex("\x1b[?1049l") > written.rindex("\x1b[?1049h")
    assert written.rindex("\x1b[?25h") > written.rindex("\x1b[?25l")
