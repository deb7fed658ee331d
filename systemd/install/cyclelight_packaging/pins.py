"""Which packages a node needs, as pinned by requirements.lock."""

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import requires
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PYTHONS = ("3.11", "3.13")
EXTRAS = ("dali", "hardware", "meters")
FROM_THE_SYSTEM = frozenset({"lgpio"})


def runtime_pins(source: Path) -> Iterator[str]:
    """Give the entries of requirements.lock that a node needs, with their hashes."""
    names = set(runtime_names(source))
    for entry in re.findall(
        r"^\S.*(?:\n\s.*)*\n", (source / "requirements.lock").read_text(), re.MULTILINE
    ):
        name, _, rest = entry.partition("==")
        marker = re.search(r";(.*?)\\?$", rest.splitlines()[0])
        wanted = marker is None or any(_holds(marker[1].strip(), python) for python in PYTHONS)
        if canonicalize_name(name) in names and wanted:
            yield entry


def runtime_names(source: Path) -> set[str]:
    """Return the names of all packages that a node needs, ours left out."""
    project = tomllib.loads((source / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    waiting = [*project["dependencies"], *(text for extra in EXTRAS for text in extras[extra])]
    found: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        wanted = Requirement(waiting.pop())
        name = canonicalize_name(wanted.name)
        key = name, frozenset(wanted.extras)
        if name in FROM_THE_SYSTEM or key in found:
            continue
        found.add(key)
        waiting += [text for text in requires(name) or () if _applies(text, wanted.extras)]
    return {name for name, _ in found}


def _applies(text: str, extras: set[str]) -> bool:
    marker = Requirement(text).marker
    return marker is None or any(
        _holds(str(marker), python, extra) for python in PYTHONS for extra in ("", *extras)
    )


def _holds(marker: str, python: str, extra: str = "") -> bool:
    target = {"python_version": python, "python_full_version": f"{python}.0", "extra": extra}
    return Marker(marker).evaluate({**target, "sys_platform": "linux", "os_name": "posix"})
