"""Passwords of people: made once, kept in files for them alone, hashed for the broker."""

import base64
import hashlib
import os
import pathlib
import secrets
import stat

from controller.broker_roles.dynsec import HashedPassword
from controller.settings.faults import Fault, SettingsError

ITERATIONS = 10_000
"""Of PBKDF2: some milliseconds a login on a Raspberry Pi, during which the broker stands still."""

_PASSWORD_BYTES = 24
_SALT_BYTES = 12
"""What the plugin of mosquitto 2.0 expects."""
_HASH_BYTES = 64
_MOST_BYTES = 4096


def password_of(name: str, directory: pathlib.Path) -> HashedPassword:
    """Return the hash of a login's password, which stands in the file of its name.

    Where there is no such file the password is made and written there, readable by its owner only.
    Raises SettingsError if the file cannot be read or written, is empty, or is open to others.
    """
    file = directory / name
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        password = _read(file) if file.exists() else _made(file)
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "is not UTF-8 text"
        raise _fault(file, f"cannot be used: {why}", "name a directory of your own") from None
    return hashed(password, secrets.token_bytes(_SALT_BYTES))


def hashed(password: str, salt: bytes) -> HashedPassword:
    """Hash a password as the plugin does: PBKDF2 (RFC 8018) with HMAC-SHA512, 64 bytes."""
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, ITERATIONS, _HASH_BYTES)
    return HashedPassword(_base64(digest), _base64(salt), ITERATIONS)


def _made(file: pathlib.Path) -> str:
    password = secrets.token_urlsafe(_PASSWORD_BYTES)
    with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(f"{password}\n")
    return password


def _read(file: pathlib.Path) -> str:
    if stat.S_IMODE(file.stat().st_mode) & (stat.S_IRWXG | stat.S_IRWXO):
        raise _fault(file, "holds a password that others may read", f"chmod 600 {file}")
    with file.open("rb") as stream:
        password = stream.read(_MOST_BYTES).decode().rstrip("\r\n")
    if not password:
        raise _fault(file, "holds no password", "delete the file, and a password is made")
    return password


def _fault(file: pathlib.Path, problem: str, hint: str) -> SettingsError:
    return SettingsError(str(file), [Fault("password", problem, hint)])


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
