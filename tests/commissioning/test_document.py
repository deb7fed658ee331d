"""docs/commissioning.md: what it shows can be pasted."""

import textwrap
import tomllib
from pathlib import Path

from controller.commissioning.questions import questions
from tests.ctl.ran import run

DOCS = Path(__file__).parents[2] / "docs"


def shown_answers() -> str:
    text = (DOCS / "commissioning.md").read_text()
    block = text.split('    tenant = "soest"', 1)[1].split("\n\n", 1)[0]
    return textwrap.dedent('    tenant = "soest"' + block)


def test_the_answers_that_are_shown_make_a_sound_path(tmp_path: Path) -> None:
    (tmp_path / "answers.toml").write_text(shown_answers())
    ran = run("init", "--answers", str(tmp_path / "answers.toml"), "--out", str(tmp_path / "out"))
    assert (ran.status, ran.err) == (0, "")


def test_every_question_but_those_of_secrets_is_shown() -> None:
    known = {question.key for question in questions(Path())}
    assert known - tomllib.loads(shown_answers()).keys() == {
        "password_file",
        "cert_file",
        "key_file",
    }


def test_the_diagram_states_the_rule() -> None:
    assert "(pictures/wiring.svg)" in (DOCS / "wiring.md").read_text()
    assert "an undriven line means light" in (DOCS / "pictures" / "wiring.svg").read_text()
