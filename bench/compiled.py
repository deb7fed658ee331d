"""`python -m bench.compiled MODULE ARGS`: run a simulation with the core as machine code.

mypyc compiles controller.core as it stands to build/compiled, which needs a C compiler and some
minutes; after a change of the code it does so anew. Decisions are the same to the byte, and nights
pass about twice as fast. Nodes do not need it: they wait for people most of the time.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path as FilePath

ROOT = FilePath(__file__).parent.parent
PLACE = ROOT / "build" / "compiled"
CORE = FilePath("controller") / "core"


def main() -> None:
    """Compile if need be, then become the program."""
    if not sys.argv[1:]:
        sys.exit(__doc__)
    command = [sys.executable, "-P", "-m", *sys.argv[1:]]
    os.execve(sys.executable, command, os.environ | searched_first(compiled()))  # noqa: S606


def compiled(place: FilePath = PLACE) -> FilePath:
    """Return the folder with the compiled core.

    Raises OSError, and CalledProcessError where the compiler refuses.
    """
    where = place / fingerprint()
    if not where.is_dir():
        shutil.rmtree(place, ignore_errors=True)
        place.mkdir(parents=True)
        with tempfile.TemporaryDirectory(dir=place) as directory:
            copied = FilePath(directory) / where.name
            for file in _sources():
                target = copied / file.relative_to(ROOT)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file, target)
            print("Compiling the core (once, some minutes) ...", file=sys.stderr, flush=True)
            command = [sys.executable, "-m", "mypyc", str(CORE)]
            subprocess.run(command, cwd=copied, check=True, stdout=subprocess.DEVNULL)
            shutil.rmtree(copied / "build")
            copied.rename(where)
    return where


def searched_first(where: FilePath) -> dict[str, str]:
    """Return the environment in which Python looks for modules there first."""
    return {"PYTHONPATH": f"{where}{os.pathsep}{ROOT}"}


def can_compile() -> bool:
    """Whether mypyc and a C compiler are here."""
    return bool(importlib.util.find_spec("mypyc") and (shutil.which("gcc") or shutil.which("cc")))


def fingerprint() -> str:
    """Return what changes with the code of the controller and with Python."""
    digest = hashlib.sha256(sys.version.encode())
    for file in _sources():
        digest.update(f"{file.relative_to(ROOT)}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def _sources() -> list[FilePath]:
    return sorted((ROOT / "controller").rglob("*.py"))


if __name__ == "__main__":
    main()
