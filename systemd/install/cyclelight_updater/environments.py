"""Environments: one folder a version, Python and bundle, whole or not there."""

import hashlib
import os
import pwd
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from cyclelight_updater.errors import UpdateError
from cyclelight_updater.places import Places
from cyclelight_updater.service import UNIT

USER = "cyclelight"
PYTHON = f"py{sys.version_info.major}.{sys.version_info.minor}"
LIMIT_S = 900


@dataclass(frozen=True, slots=True)
class Bundle:
    """What a package brings: wheels, the list of them with hashes, the unit, the version."""

    folder: Path

    @property
    def name(self) -> str:
        """The environment's name: other contents or another Python make another environment."""
        version = (self.folder / "version").read_text().strip()
        digest = hashlib.sha256()
        for file in ("requirements.txt", UNIT):
            digest.update((self.folder / file).read_bytes())
        return f"{version}-{PYTHON}-{digest.hexdigest()[:8]}"


def build(bundle: Bundle, places: Places) -> Path:
    """Return the bundle's environment; build it if it is not there. Raises UpdateError.

    The unit is copied last: an environment without it was cut short and is built again.
    """
    environment = places.home / bundle.name
    if (environment / UNIT).is_file():
        return environment
    shutil.rmtree(environment, ignore_errors=True)
    places.home.mkdir(parents=True, exist_ok=True)
    python = str(environment / "bin/python")
    install = (python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    offline = ("--no-index", "--find-links", str(bundle.folder / "wheels"), "--no-cache-dir")
    wanted = ("--no-deps", "--require-hashes", "--requirement")
    try:
        # The system's packages shine through: lgpio comes from there.
        _run(sys.executable, "-m", "venv", "--system-site-packages", str(environment))
        _run(*install, *offline, *wanted, str(bundle.folder / "requirements.txt"))
        shutil.copyfile(bundle.folder / UNIT, environment / "unit.new")
        os.sync()
        (environment / "unit.new").replace(environment / UNIT)
    except (OSError, UpdateError) as error:
        shutil.rmtree(environment, ignore_errors=True)
        raise UpdateError(f"the environment {bundle.name} cannot be built: {error}") from error
    return environment


def check(environment: Path, files: Path) -> None:
    """Let a version examine a node's files as the service would. Raises UpdateError."""
    command = str(environment / "bin/cyclelight")
    _run(command, "check", str(files / "node.toml"), user=_service_user())


def is_usable(environment: Path) -> bool:
    """Whether a version can still be run: its Python may be gone since it was built."""
    try:
        _run(str(environment / "bin/cyclelight"), "--version")
    except UpdateError:
        return False
    return True


def point(link: Path, environment: Path) -> None:
    """Let a link lead to an environment, from one moment to the next."""
    new = link.with_name(f"{link.name}.new")
    new.unlink(missing_ok=True)
    new.symlink_to(environment.name)
    new.replace(link)
    os.sync()


def use(places: Places, environment: Path) -> None:
    """Let the service be that of an environment, from its next start on."""
    new = places.unit.with_name("cyclelight.service.new")
    new.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(environment / UNIT, new)
    new.replace(places.unit)
    point(places.current, environment)


def pointed(link: Path) -> Path | None:
    """Return the environment that a link leads to, if there is one."""
    return link.resolve() if (link / UNIT).is_file() else None


def prune(places: Places) -> None:
    """Remove every environment but the one in use and the one before."""
    kept = {pointed(places.current), pointed(places.previous)}
    for entry in places.home.iterdir():
        if entry.is_dir() and not entry.is_symlink() and entry.resolve() not in kept:
            shutil.rmtree(entry)


def _service_user() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(USER) if os.geteuid() == 0 else None
    except KeyError:
        return None


def _run(*command: str, user: pwd.struct_passwd | None = None) -> None:
    """Run a program without our environment. Raises UpdateError with what it said."""
    plain = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
    try:
        done = subprocess.run(  # noqa: S603 the commands are this file's own
            command,
            env=plain,
            user=None if user is None else user.pw_uid,
            group=None if user is None else user.pw_gid,
            extra_groups=None if user is None else [],
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UpdateError(str(error)) from error
    if done.returncode != 0:
        raise UpdateError(f"{' '.join(command[:3])} says:\n{done.stdout}{done.stderr}".strip())
