"""Read TOML files; whatever is wrong with a file as such is one clear fault."""

import pathlib
import tomllib

from controller.settings.faults import Fault, SettingsError

MOST_BYTES = 1024 * 1024

Document = dict[str, object]


def read_document(file: pathlib.Path) -> Document:
    """Read a TOML file of at most 1 MiB.

    Raises SettingsError, with one fault, for a file that is missing, unreadable, too big, not
    UTF-8 or not TOML.
    """
    try:
        return tomllib.loads(_text(file))
    except RecursionError:
        fault = Fault("file", "is nested too deeply", "settings need three levels at most")
    except UnicodeDecodeError as error:
        fault = Fault("file", f"is not UTF-8 text at byte {error.start}", "save it as UTF-8")
    except tomllib.TOMLDecodeError as error:
        fault = Fault("file", f"is not TOML: {error}", "mend this line first, then check again")
    except ValueError as error:
        # Numbers of thousands of digits, days that no calendar has.
        fault = Fault("file", f"has an impossible value: {error}", "correct it")
    except OSError as error:
        why = error.strerror or type(error).__name__
        fault = Fault("file", f"cannot be read: {why}", "check the name and the permissions")
    raise SettingsError(str(file), [fault])


def is_file(file: pathlib.Path) -> bool:
    """Say whether a file is there. One whose name is too long, or cannot be looked up, is not."""
    try:
        return file.is_file()
    except OSError:
        return False


def _text(file: pathlib.Path) -> str:
    if file.exists() and not file.is_file():
        raise OSError(0, "it is not a file")
    with file.open("rb") as stream:
        content = stream.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise OSError(0, f"it is larger than {MOST_BYTES} bytes")
    return content.decode()
