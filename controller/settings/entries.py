"""What is sound of a faulty document, so that one fault does not hide the others."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from controller.settings.places import place_of
from controller.settings.shape import Loc, is_identifier, value_at


@dataclass(frozen=True, slots=True)
class Entry:
    """One table of a document, of which only the sound values are shown."""

    document: Mapping[str, object]
    loc: Loc
    unsound: frozenset[Loc]

    def place(self, *names: str) -> str:
        """Name the entry, or one of its fields."""
        return place_of(self.document, (*self.loc, *names))

    def is_faulty(self, name: str) -> bool:
        """Say whether a field's value, or a table around it, is not sound."""
        loc = (*self.loc, name)
        return any(loc[:end] in self.unsound for end in range(len(loc) + 1))

    def value(self, name: str) -> object:
        """Give a field's value, None where it is missing or not sound."""
        return None if self.is_faulty(name) else value_at(self.document, (*self.loc, name))

    def text(self, name: str) -> str | None:
        """Give a field's value if it is text."""
        value = self.value(name)
        return value if isinstance(value, str) else None

    def number(self, name: str) -> float | None:
        """Give a field's value if it is a number."""
        value = self.value(name)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        return float(value)

    def number_or(self, name: str, default: float) -> float | None:
        """Give a number, the default where it is left out, None where it is faulty."""
        if self.is_faulty(name):
            return None
        given = self.number(name)
        return default if given is None else given

    @property
    def name(self) -> str | None:
        """The entry's id: its field `id` in an array of tables, else its key."""
        if isinstance(self.loc[-1], int):
            return self.text("id")
        return self.loc[-1] if is_identifier(self.loc[-1]) else None


def entries(
    document: Mapping[str, object], unsound: frozenset[Loc], kind: str
) -> tuple[Entry, ...]:
    """Give the entries of `[[kind]]` or `[kind.ID]`, the faulty ones among them."""
    return tuple(Entry(document, (kind, key), unsound) for key in _keys(document.get(kind)))


def _keys(tables: object) -> Iterator[str | int]:
    match tables:
        case Mapping():
            yield from tables
        case list():
            yield from range(len(tables))
        case _:
            return
