import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from cyclelight_packaging.__main__ import build_package, fetch
from cyclelight_packaging.pins import runtime_pins

from tests.install.machine import ROOT

Changes = tuple[tuple[str, str, str], ...]
"""A file of the project, a text in it, and what takes its place."""


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., bytes]:
    """Build the package of this source tree, of a given version and with changed files."""
    wheels = ROOT / "build" / "wheels"
    try:
        fetch("".join(runtime_pins(ROOT)), wheels)
    except SystemExit as error:
        pytest.skip(f"the wheels cannot be fetched here: {error}")

    @cache
    def build(version: str, changes: Changes = ()) -> bytes:
        folder = tmp_path_factory.mktemp("package")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DPKG_DEB_COMPRESSOR_TYPE", "none")
            source = changed_source(folder / "source", version, changes)
            return build_package(source, folder, wheels).read_bytes()

    return build


def changed_source(folder: Path, version: str, changes: Changes) -> Path:
    """Copy what a package is made of; give it a version and replace a text in some files."""
    for name in ("controller", "firmware_sim", "systemd", "config"):
        ignored = shutil.ignore_patterns("__pycache__", ".mypy_cache")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    (folder / "docs").mkdir()
    for name in ("pyproject.toml", "requirements.lock", "README.md", "CHANGELOG.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    (folder / "controller/__init__.py").write_text(f'"""Changed."""\n\n__version__ = "{version}"\n')
    for name, before, after in changes:
        text = (folder / name).read_text()
        assert before in text
        (folder / name).write_text(text.replace(before, after, 1))
    return folder
