"""Settings as TOML: what `tomllib` reads back is the same document."""

import json
from collections.abc import Iterator, Mapping


def toml_text(document: Mapping[str, object]) -> str:
    """Write a document of tables, lists of tables, lists, texts, numbers and truth values."""
    return "\n".join(_lines(document, ())).lstrip("\n") + "\n"


def _lines(table: Mapping[str, object], at: tuple[str, ...]) -> Iterator[str]:
    """Give the lines of a table: its own values first, then the tables within it."""
    for key, value in table.items():
        if not (isinstance(value, Mapping) or _tables(value)):
            yield f"{key} = {_value(value)}"
    for key, value in table.items():
        name = ".".join((*at, key))
        if isinstance(value, Mapping):
            if not value or any(not isinstance(x, Mapping) for x in value.values()):
                yield f"\n[{name}]"
            yield from _lines(value, (*at, key))
        for entry in _tables(value):
            yield f"\n[[{name}]]"
            yield from _lines(entry, (*at, key))


def _tables(value: object) -> list[Mapping[str, object]]:
    """Return the tables of which a list consists; none for any other value."""
    return [x for x in value if isinstance(x, Mapping)] if isinstance(value, list | tuple) else []


def _value(value: object) -> str:
    match value:
        case list() | tuple():
            return f"[{', '.join(map(_value, value))}]"
        case str():
            # TOML's basic strings are JSON's, but for one character.
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
        case _:
            return json.dumps(value, allow_nan=False)
