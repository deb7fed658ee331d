"""What a call did in the modules of a target: which of their lines followed upon which.

`sys.settrace` is all that every Python from 3.11 on has on every machine; wheels of the usual
fuzzing engines are missing for arm64. It sees no lines of C or Rust: the text of a refusal tells
what those did (`kinds_of`).
"""

import re
import sys
from collections.abc import Callable, Iterable
from types import CodeType, FrameType, ModuleType
from typing import Any

MOST_LINES = 300_000
"""Lines of a target's modules that one input may cost; a thousand times what most cost."""

_REPEATED = re.compile(r"\".*\"|'.*'|`.*`")
_WORD = re.compile(r"\b[a-z]{2,}\b")
_WORDS_OF_A_KIND = 6


class TooMuchWorkError(BaseException):
    """An input keeps a parser busy. No Exception, so that nobody on the way catches it."""


class Tracer:
    """Follows calls through some modules. `features` and `lines` are those of the last call."""

    def __init__(self, modules: Iterable[ModuleType]) -> None:
        self._local: dict[str, Callable[[FrameType, str, Any], Any]] = {}
        for number, module in enumerate(modules, start=1):
            self._local[str(module.__file__)] = self._follower(number << 20)
        self._entered: set[CodeType] = set()
        self.features: set[object] = set()
        self.lines = 0

    def call(self, function: Callable[[], object]) -> None:
        """Call a function and follow it. Raises what it raises, and TooMuchWorkError."""
        self.features, self.lines, self._at = set(), 0, 0
        before = sys.gettrace()
        sys.settrace(self._enter)
        try:
            function()
        finally:
            sys.settrace(before)

    def reached(self, features: Iterable[object]) -> tuple[int, int]:
        """Return how many lines these features reach, and how many their functions have."""
        seen = {feature & 0xFFFFFFFF for feature in features if isinstance(feature, int)}
        known = {line for code in self._entered for *_, line in code.co_lines() if line}
        return len(seen), max(len(seen), len(known))

    def _enter(self, frame: FrameType, _event: str, _arg: object) -> Any:  # noqa: ANN401 settrace's
        local = self._local.get(frame.f_code.co_filename)
        if local is not None:
            self._entered.add(frame.f_code)
        return local

    def _follower(self, base: int) -> Callable[[FrameType, str, Any], Any]:
        def follow(frame: FrameType, event: str, _arg: object) -> Any:  # noqa: ANN401 settrace's
            if event == "line":
                here = base | frame.f_lineno
                self.features.add(self._at << 32 | here)
                self._at = here
                self.lines += 1
                if self.lines > MOST_LINES:
                    raise TooMuchWorkError
            return follow

        return follow


def kinds_of(refusal: Exception) -> set[object]:
    """Return what a refusal says, line by line, without what it repeats of the input."""
    said = (_REPEATED.sub("", line) for line in str(refusal).split("\n"))
    own = (line.rpartition(": ")[2] for line in said)  # what stands before may be the input's
    return {" ".join(_WORD.findall(line)[:_WORDS_OF_A_KIND]) for line in own}
