"""Overrides from the environment: `CYCLELIGHT_MQTT__HOST` sets `mqtt.host`.

pydantic-settings nests and converts the values. It passes over names that it does not know and
lowers the case of ids, so the names are resolved here first.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic_settings import BaseSettings, EnvSettingsSource

from controller.settings.documents import Document
from controller.settings.faults import Fault, nearest, quoted
from controller.settings.shape import Loc, below, is_identifier, is_mapping, names_in, value_at

PREFIX = "CYCLELIGHT_"
SEPARATOR = "__"
MOST_NAME_CHARACTERS = 120
"""Longer names are shown shortened; the longest that means something has less."""
NOT_SETTINGS = ("CYCLELIGHT_BOARD", "CYCLELIGHT_DATA")
"""Names with our prefix that other parts of the programs read."""


@dataclass(frozen=True, slots=True)
class Overrides:
    """A document under its overrides, what is wrong with them, and which place each one set."""

    document: Document
    faults: tuple[Fault, ...]
    origin: Mapping[Loc, str]


class _Environment(EnvSettingsSource):
    """pydantic-settings' own source, reading the variables it is given instead of os.environ."""

    def __init__(self, settings: type[BaseSettings], variables: Mapping[str, str]) -> None:
        self._variables = variables
        super().__init__(settings)

    def _load_env_vars(self) -> Mapping[str, str | None]:
        return dict(self._variables)


def overridden(
    settings: type[BaseSettings], document: Document, environ: Mapping[str, str]
) -> Overrides:
    """Lay the environment's values over a document."""
    variables: dict[str, str] = {}
    origin: dict[Loc, str] = {}
    faults: list[Fault] = []
    for name in sorted(set(environ) - set(NOT_SETTINGS)):
        if name.startswith(PREFIX):
            match _resolved(settings, document, name):
                case Fault() as fault:
                    faults.append(fault)
                case keys:
                    origin[keys] = name
                    variables[PREFIX + SEPARATOR.join(keys)] = environ[name]
    values = _Environment(settings, variables)()
    return Overrides(_merged(document, values), tuple(faults), origin)


def _resolved(
    settings: type[BaseSettings], document: Document, name: str
) -> tuple[str, ...] | Fault:
    """Give the keys that a variable's name stands for, in the case they have in the file."""
    annotation: object = settings
    keys: tuple[str, ...] = ()
    place = name if name.isprintable() and len(name) <= MOST_NAME_CHARACTERS else quoted(name)
    for word in name.removeprefix(PREFIX).split(SEPARATOR):
        key, advice = _key(annotation, value_at(document, keys), word)
        if key is None:
            return Fault(place, "is not a known setting", advice)
        keys = (*keys, key)
        annotation = below(annotation, key)
    if is_mapping(annotation) or names_in(annotation):
        return Fault(place, "names a table, not a setting", f"add {SEPARATOR} and a setting's name")
    return keys


def _key(annotation: object, table: object, word: str) -> tuple[str | None, str]:
    """Find the key that a word means, or say what it could be."""
    if not is_mapping(annotation):
        known = names_in(annotation)
        return (word.lower(), "") if word.lower() in known else (None, nearest(word.lower(), known))
    if not is_identifier(word):
        return None, "put the id of a lamp or sensor here"
    return next(_same_but_for_case(table, word), word), ""


def _same_but_for_case(table: object, word: str) -> Iterator[str]:
    if isinstance(table, Mapping):
        yield from (key for key in table if key == word)
        yield from (key for key in table if key.lower() == word.lower())


def _merged(lower: Mapping[str, object], upper: Mapping[str, object]) -> Document:
    merged = dict(lower)
    for key, value in upper.items():
        covered = merged.get(key)
        if isinstance(covered, Mapping) and isinstance(value, Mapping):
            merged[key] = _merged(covered, value)
        else:
            merged[key] = value
    return merged
