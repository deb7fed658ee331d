"""What must hold between the entries of a path file. Each rule gives the faults it finds."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from controller.settings.documents import Document
from controller.settings.entries import Entry, entries
from controller.settings.faults import Fault, nearest, quoted
from controller.settings.shape import Loc

KINDS = ("junction", "section", "node", "lamp", "motion_sensor", "light_sensor")
PLACED = ("lamp", "motion_sensor")
ON_NODES = ("lamp", "motion_sensor", "light_sensor")
REFERENCES = (
    ("section", "from", "junction"),
    ("section", "to", "junction"),
    ("lamp", "section", "section"),
    ("lamp", "node", "node"),
    ("motion_sensor", "section", "section"),
    ("motion_sensor", "node", "node"),
    ("light_sensor", "node", "node"),
)

Entries = Mapping[str, tuple[Entry, ...]]


def path_faults(document: Document, unsound: frozenset[Loc]) -> Iterator[Fault]:
    """Give every fault between the entries, as far as their values are sound."""
    found = {kind: entries(document, unsound, kind) for kind in KINDS}
    for kind in KINDS:
        yield from _duplicates(kind, found[kind])
    for kind, field, wanted in REFERENCES:
        yield from _dangling(found[kind], field, wanted, found[wanted])
    for kind in PLACED:
        yield from _beyond_the_end(found[kind], found["section"])
    yield from _idle_nodes(found)
    yield from _disconnected(found)


def _duplicates(kind: str, those: Iterable[Entry]) -> Iterator[Fault]:
    seen: set[str] = set()
    for entry in those:
        if entry.name in seen:
            problem = f"there is another {kind.replace('_', ' ')} of this id"
            yield Fault(entry.place("id"), problem, "give each its own id")
        if entry.name is not None:
            seen.add(entry.name)


def _names(those: Iterable[Entry]) -> set[str]:
    return {entry.name for entry in those if entry.name is not None}


def _dangling(
    those: Iterable[Entry], field: str, wanted: str, targets: Iterable[Entry]
) -> Iterator[Fault]:
    known = _names(targets)
    for entry in those:
        name = entry.text(field)
        if name is not None and name not in known:
            problem = f"there is no {wanted} {quoted(name)}"
            yield Fault(entry.place(field), problem, nearest(name, known))


def _beyond_the_end(those: Iterable[Entry], sections: Iterable[Entry]) -> Iterator[Fault]:
    lengths = {section.name: section.number("length_m") for section in sections}
    for entry in those:
        at_m, length_m = entry.number("at_m"), lengths.get(entry.text("section"))
        if at_m is not None and length_m is not None and at_m > length_m:
            section = quoted(str(entry.text("section")))
            problem = f"{at_m:g} is beyond the end of section {section} ({length_m:g} m)"
            hint = "count metres from the junction the section comes from, or name another section"
            yield Fault(entry.place("at_m"), problem, hint)


def _idle_nodes(found: Entries) -> Iterator[Fault]:
    busy = {entry.text("node") for kind in ON_NODES for entry in found[kind]}
    if None in busy:
        return  # a faulty entry, already told, may belong to any of them
    for node in found["node"]:
        if node.name is not None and node.name not in busy:
            problem = "has neither a lamp nor a sensor"
            yield Fault(node.place(), problem, "name it in a lamp or sensor, or remove it")


@dataclass(slots=True)
class _Groups:
    """Which junctions hang together (a disjoint-set forest)."""

    parent: dict[str, str]

    def root(self, junction: str) -> str:
        while self.parent[junction] != junction:
            junction = self.parent[junction]
        return junction

    def join(self, one: str, other: str) -> None:
        self.parent[self.root(other)] = self.root(one)


def _disconnected(found: Entries) -> Iterator[Fault]:
    ends = [(section.text("from"), section.text("to")) for section in found["section"]]
    junctions = {name: entry for entry in found["junction"] if (name := entry.name) is not None}
    groups = _Groups({name: name for name in junctions})
    for start, end in ends:
        if start not in junctions or end not in junctions:
            return  # already told; what hangs together cannot be known
        groups.join(str(start), str(end))
    touched = {name for pair in ends for name in pair}
    for name, junction in junctions.items():
        if name not in touched:
            hint = "let a section begin or end there, or remove it"
            yield Fault(junction.place(), "no section touches it", hint)
    yield from _apart(junctions, groups, touched)


def _apart(
    junctions: Mapping[str, Entry], groups: _Groups, touched: set[str | None]
) -> Iterator[Fault]:
    roots: dict[str, str] = {}
    for name in junctions:
        if name in touched:
            roots.setdefault(groups.root(name), name)
    first, *others = [*roots.values()] or [""]
    for name in others:
        problem = f"cannot be reached from junction {quoted(first)}"
        hint = "add the missing section, or make two path files of it"
        yield Fault(junctions[name].place(), problem, hint)
