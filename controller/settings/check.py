"""Check settings files of any kind and say everything that is wrong with them."""

import pathlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from pydantic import BaseModel

from controller.core.path import Path
from controller.core.profile import Profile
from controller.settings.coverage import coverage_notes
from controller.settings.documents import Document, read_document
from controller.settings.faults import Fault, SettingsError, counted
from controller.settings.node import NodeSettings
from controller.settings.path import PathFile, load_path
from controller.settings.profile import ProfileFile, load_profile
from controller.settings.rule_checks import gap_notes
from controller.settings.shape import names_in
from controller.settings.site import Installation, load_installation

Kind = Literal["node", "path", "profile"]

KINDS: Mapping[Kind, type[BaseModel]] = MappingProxyType(
    {"node": NodeSettings, "path": PathFile, "profile": ProfileFile}
)


@dataclass(frozen=True, slots=True)
class Report:
    """What checking one file gave: a summary if it is sound, else its faults."""

    file: pathlib.Path
    summary: str = ""
    faults: tuple[Fault, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def is_sound(self) -> bool:
        """Whether the file can be used."""
        return not self.faults

    def lines(self) -> list[str]:
        """Give the report as lines of text."""
        if self.faults:
            head = f"{self.file}: {counted(len(self.faults), 'fault')}"
            return [head, *(f"  {fault}" for fault in self.faults)]
        return [f"{self.file}: ok ({self.summary})", *(f"  note: {note}" for note in self.notes)]


def check_files(files: Sequence[pathlib.Path], environ: Mapping[str, str]) -> list[Report]:
    """Check node, path and profile files; which kind a file is, its keys say.

    A node file is checked together with the files it names, under the overrides of `environ`.
    """
    return [_checked(file, environ) for file in files]


def kind_of(document: Document) -> Kind | None:
    """Say which kind of file a document is: the one that knows most of its keys, if there is."""
    known = {kind: len(document.keys() & names_in(model)) for kind, model in KINDS.items()}
    best = max(known.values())
    candidates = [kind for kind, number in known.items() if number == best]
    return candidates[0] if best and len(candidates) == 1 else None


def _checked(file: pathlib.Path, environ: Mapping[str, str]) -> Report:
    try:
        match kind_of(read_document(file)):
            case "node":
                return Report(file, _node_summary(load_installation(file, environ)))
            case "path":
                path = load_path(file)
                return Report(file, _path_summary(path), notes=tuple(coverage_notes(path)))
            case "profile":
                profile = load_profile(file)
                notes = tuple(gap_notes(profile.rules))
                return Report(file, _profile_summary(profile), notes=notes)
            case _:
                return Report(file, faults=(_unknown_kind(),))
    except SettingsError as error:
        return Report(file, faults=error.faults)


def _unknown_kind() -> Fault:
    hint = (
        "a node file has path_file, node and state_dir; a path file has [path], [[section]] and "
        "[[lamp]]; a profile has tables like [levels] or [presence]"
    )
    return Fault("file", "is neither a node file nor a path file nor a profile", hint)


def _node_summary(installation: Installation) -> str:
    settings = installation.settings
    wired = (
        counted(len(settings.lamps), "lamp"),
        counted(len(settings.motion), "motion sensor"),
        counted(len(settings.light), "light sensor"),
        counted(len(settings.meter), "meter"),
    )
    return f'node "{settings.node}" of path "{installation.path.id}": {", ".join(wired)}'


def _path_summary(path: Path) -> str:
    built = (
        counted(len(path.lamps), "lamp"),
        counted(len(path.motion_sensors), "motion sensor"),
        counted(len(path.nodes), "node"),
        f"{sum(section.length_m for section in path.sections):g} m",
    )
    return f'path "{path.id}": {", ".join(built)}'


def _profile_summary(profile: Profile) -> str:
    return (
        f"profile version {profile.version}: base {profile.levels.base_pct:g} %, "
        f"presence {profile.levels.presence_pct:g} %, {counted(len(profile.rules), 'rule')}"
    )
