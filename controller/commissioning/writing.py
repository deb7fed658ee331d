"""Files that are whole or not there: written beside their places first, then renamed."""

import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from controller.settings.faults import Fault, SettingsError

_MODE = 0o644
"""Anybody may read them: passwords stand in files of their own."""


def there_already(folder: Path, names: Mapping[str, str]) -> list[str]:
    """Return which of the files exist."""
    return [name for name in names if (folder / name).exists()]


def write_all(folder: Path, texts: Mapping[str, str]) -> None:
    """Write files into a folder, which is made if need be. Raises SettingsError.

    Until every one is on the disk, none of them has its name.
    """
    beside: dict[Path, Path] = {}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in texts.items():
            with tempfile.NamedTemporaryFile(
                "w", dir=folder, prefix=f".{name}.", delete=False, encoding="utf-8"
            ) as stream:
                beside[Path(stream.name)] = folder / name
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
                os.fchmod(stream.fileno(), _MODE)
        for written, place in beside.items():
            written.replace(place)
    except OSError as error:
        why = error.strerror or type(error).__name__
        fault = Fault(str(folder), f"cannot be written: {why}", "choose another directory")
        raise SettingsError("--out", [fault]) from error
    finally:
        for written in beside:
            with suppress(OSError):
                written.unlink()
