"""The inputs that are kept: a file each, in a directory a target, named after its content."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

FOLDER = Path(__file__).parent / "corpus"
MOST_BYTES = 300 * 1024
"""Of all inputs together: a corpus is reviewed and cloned like code."""


def inputs_of(target: str) -> list[bytes]:
    """Return the inputs of a target, none if it has none yet."""
    return [file.read_bytes() for file in sorted((FOLDER / target).glob("*"))]


def keep(target: str, inputs: Iterable[bytes]) -> None:
    """Put inputs in the place of those that were kept."""
    folder = FOLDER / target
    folder.mkdir(parents=True, exist_ok=True)
    named = {name_of(data): data for data in inputs}
    for name, data in named.items():
        (folder / name).write_bytes(data)
    for file in folder.iterdir():
        if file.name not in named:
            file.unlink()


def name_of(data: bytes) -> str:
    """Name an input after its content."""
    return hashlib.sha256(data).hexdigest()[:12]
