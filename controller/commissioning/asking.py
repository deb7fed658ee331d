"""Where answers come from: somebody at a terminal, or a file."""

from collections.abc import Iterable
from pathlib import Path

from controller.commissioning.question import Question
from controller.commissioning.refusing import RefusedError
from controller.ctl.console import Console
from controller.settings.documents import read_document
from controller.settings.faults import Fault, SettingsError, nearest


def asked(questions: Iterable[Question], console: Console) -> dict[str, str]:
    """Ask every question until its answer can be used. Raises SettingsError at the end of input."""
    texts: dict[str, str] = {}
    for question in questions:
        if question.wanted(texts):
            texts[question.key] = _answer(question, texts, console)
    return texts


def confirmed(question: str, console: Console, *, usual: bool) -> bool:
    """Ask for y or n; Enter takes the usual one. Raises SettingsError at the end of input."""
    while True:
        given = _line(f"{question} [{'y' if usual else 'n'}] ", question).lower()
        if given in ("", "y", "yes", "n", "no"):
            return usual if not given else given.startswith("y")
        console.say("Please type y or n.")


def read(questions: Iterable[Question], file: Path) -> dict[str, str]:
    """Take the answers from a file. Raises SettingsError with every fault of it."""
    document = read_document(file)
    texts: dict[str, str] = {}
    faults: list[Fault] = []
    asked_for = list(questions)
    known = [question.key for question in asked_for]
    faults += [
        Fault(key, "is not a question of init", nearest(key, known))
        for key in document
        if key not in known
    ]
    for question in asked_for:
        if not question.wanted(texts):
            continue
        usual = question.default(texts)
        given = _text(document[question.key]) if question.key in document else usual
        try:
            if given is None:
                faults.append(Fault(question.key, "is missing", question.text))
            else:
                question.check(given, texts)
                texts[question.key] = given
                continue
        except RefusedError as error:
            faults.append(error.fault)
        if usual is None:
            break  # what follows may depend on this answer
        texts[question.key] = usual
    if faults:
        raise SettingsError(str(file), faults)
    return texts


def _answer(question: Question, texts: dict[str, str], console: Console) -> str:
    usual = question.default(texts)
    prompt = question.text + (": " if usual is None else f" [{usual}]: ")
    while True:
        given = _line(prompt, question.text) or usual or ""
        try:
            question.check(given, texts)
        except RefusedError as error:
            console.say(f"  {error.fault}")
        else:
            return given


def _line(prompt: str, question: str) -> str:
    try:
        return input(prompt).strip()
    except EOFError:
        fault = Fault(
            question, "the input ended here, nothing was written", "answer every question"
        )
        raise SettingsError("init", [fault]) from None


def _text(value: object) -> str:
    """Return an answer of a TOML file as somebody would have typed it."""
    match value:
        case bool():
            return "y" if value else "n"
        case list():
            return ", ".join(map(_text, value))
        case _:
            return str(value)
