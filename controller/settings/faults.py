"""What is wrong with a file or a message: every fault with its place and a remedy."""

import difflib
import itertools
from collections.abc import Iterable
from dataclasses import dataclass

from controller.printable import printable

MOST_FAULTS = 1000
"""Faults of one document that are told."""
MOST_SHOWN = 40
"""Characters of somebody else's text that a fault repeats at most."""
MOST_COMPARED = 1000
"""Known names that an unknown one is compared with."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong.

    `place` names the table or entry and its field (`lamp "L04" at_m`, `mqtt.port`), `problem`
    continues it to a sentence, `hint` says what to do.
    """

    place: str
    problem: str
    hint: str

    def __str__(self) -> str:
        """Give the fault as one line."""
        return f"{self.place}: {self.problem}. Hint: {self.hint}"


class SettingsError(Exception):
    """A file or message that cannot be used, with every fault found in it.

    `source` is the name of the file or the topic.
    """

    def __init__(self, source: str, faults: Iterable[Fault]) -> None:
        """Keep the faults in the order they were found."""
        self.source = source
        self.faults = tuple(faults)
        super().__init__(source, self.faults)

    def __str__(self) -> str:
        """List the faults, one a line, under the source's name."""
        return "\n  ".join([f"{self.source}: {counted(len(self.faults), 'fault')}", *self.lines()])

    def lines(self) -> list[str]:
        """Give one line a fault."""
        return [str(fault) for fault in self.faults]


def first_faults(*found: Iterable[Fault]) -> list[Fault]:
    """Gather faults, each once; after `MOST_FAULTS` one more says that there are others."""
    faults = list(itertools.islice(itertools.chain(*found), MOST_FAULTS + 1))
    if len(faults) > MOST_FAULTS:
        faults[-1] = Fault("file", "has more faults than these", "mend these, then check again")
    return list(dict.fromkeys(faults))


def counted(number: int, noun: str) -> str:
    """Say how many: `1 fault`, `3 faults`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def shortened(text: str) -> str:
    """Cut somebody else's text to what a line can carry."""
    return text if len(text) <= MOST_SHOWN else text[: MOST_SHOWN - 3] + "..."


def quoted(text: str) -> str:
    """Quote somebody else's text: shortened, and nothing in it that could upset a terminal."""
    return f'"{printable(shortened(text))}"'


def nearest(name: str, known: Iterable[str]) -> str:
    """Advise on a name that is not known: the nearest known one, else all of them."""
    names = sorted(itertools.islice(known, MOST_COMPARED))
    match difflib.get_close_matches(name[:MOST_SHOWN], names, n=1):
        case [near]:
            return f'did you mean "{near}"?'
        case _ if names:
            return f"known here: {', '.join(names[:MOST_SHOWN])}"
        case _:
            return "there is none to refer to"
