"""What a self-test found, step by step."""

from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from controller.ctl.console import Console, Style
from controller.printable import printable

Status = Literal["ok", "failed", "skipped"]

_STYLES: dict[Status, Style] = {"ok": "green", "failed": "red", "skipped": "yellow"}
WIDTH = len("skipped")


class Result(NamedTuple):
    """One thing that was tried. `remedy`: what to do about it, empty where nothing needs doing."""

    step: str
    subject: str
    status: Status
    text: str
    remedy: str = ""

    @property
    def sentence(self) -> str:
        """The result in one line."""
        what = f"{self.step} {self.subject}".rstrip()
        hint = f". Hint: {self.remedy}" if self.remedy else ""
        return printable(f"{what}: {self.text}{hint}")


@dataclass(slots=True)
class Results:
    """All results so far; each is shown as soon as it is known."""

    console: Console
    found: list[Result] = field(default_factory=list)

    def ok(self, step: str, subject: str, text: str) -> None:
        """Note that something works."""
        self._add(Result(step, subject, "ok", text))

    def failed(self, step: str, subject: str, text: str, remedy: str) -> None:
        """Note that something does not work, and what to do."""
        self._add(Result(step, subject, "failed", text, remedy))

    def failed_because(self, step: str, subject: str, reason: str, otherwise: str) -> None:
        """Note what a driver says of a failure. Most say what to do, too, behind a semicolon.

        `otherwise`: what to do where the driver does not say.
        """
        problem, _, remedy = reason.partition("; ")
        self.failed(step, subject, problem, remedy or otherwise)

    def skipped(self, step: str, subject: str, text: str, remedy: str = "") -> None:
        """Note that something was not tried, and why."""
        self._add(Result(step, subject, "skipped", text, remedy))

    def number(self, status: Status) -> int:
        """Count the results of one status."""
        return sum(result.status == status for result in self.found)

    @property
    def verdict(self) -> str:
        """The whole in one line."""
        outcome = "PASSED" if self.passed else "NOT PASSED"
        numbers = ", ".join(f"{self.number(x)} {x}" for x in ("ok", "failed", "skipped"))
        return f"{outcome} ({numbers})"

    @property
    def passed(self) -> bool:
        """Whether nothing failed."""
        return not self.number("failed")

    def _add(self, result: Result) -> None:
        self.found.append(result)
        status = self.console.styled(f"{result.status:<{WIDTH}}", _STYLES[result.status])
        self.console.say(f"{status}  {result.sentence}")
