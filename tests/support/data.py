"""Where the real data lies that some tests measure with. It is not part of the project."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def data_file(name: str) -> Path:
    """Return a file of the real data, or skip the test with the reason."""
    folder = Path(os.environ.get("CYCLELIGHT_DATA") or ROOT.parent / "shared" / "data")
    found = folder / name
    if not found.is_file():
        pytest.skip(f"real data is absent: no {name} in CYCLELIGHT_DATA or beside the project")
    return found
