"""A question of `cyclelight init`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

Texts = Mapping[str, str]
"""The answers so far, as they were given; `controller.commissioning.reading` says what they mean.
"""


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `default`: None where there is none; `check` raises RefusedError."""

    key: str
    text: str
    check: Callable[[str, Texts], object]
    default: Callable[[Texts], str | None] = lambda _: None
    wanted: Callable[[Texts], bool] = lambda _: True
