"""`make package`: one Debian package for Bookworm and Trixie, 64-bit Pis and PCs.

It needs no network: it brings every wheel that any of them needs, pinned by requirements.lock, and
none that only pictures or tests need. lgpio comes from the system: it has no wheels.
"""

import argparse
import fcntl
import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from cyclelight_packaging.pins import PYTHONS, runtime_pins

ROOT = Path(__file__).parents[3]
MACHINES = ("aarch64", "x86_64")

UNITS = "usr/lib/systemd/system"
OURS = "usr/lib/cyclelight"
SHARED_DOCS = "usr/share/doc/cyclelight"
INSTALLED = {
    "systemd/cyclelight.service": f"{OURS}/bundle/cyclelight.service",
    "systemd/cyclelight-settle.service": f"{UNITS}/cyclelight-settle.service",
    "systemd/sysusers.conf": "usr/lib/sysusers.d/cyclelight.conf",
    "systemd/tmpfiles.conf": "usr/lib/tmpfiles.d/cyclelight.conf",
    "systemd/pwm.rules": "usr/lib/udev/rules.d/60-cyclelight-pwm.rules",
    "systemd/journald.conf": "usr/lib/systemd/journald.conf.d/50-cyclelight.conf",
    "systemd/watchdog.conf": "usr/lib/systemd/system.conf.d/50-cyclelight.conf",
    "systemd/drop-ins": f"{OURS}/drop-ins",
    "systemd/install/cyclelight_updater": f"{OURS}/cyclelight_updater",
    "systemd/install/cyclelight-update": "usr/sbin/cyclelight-update",
    "config": f"{SHARED_DOCS}/config",
    "docs": f"{SHARED_DOCS}/docs",
    "README.md": f"{SHARED_DOCS}/README.md",
    "CHANGELOG.md": f"{SHARED_DOCS}/CHANGELOG.md",
    "LICENSE": f"{SHARED_DOCS}/copyright",
}
LINKS = {
    "usr/bin/cyclelight": "/opt/cyclelight/current/bin/cyclelight",
}


def main() -> None:
    """Build the package and say where it is."""
    parser = argparse.ArgumentParser(description=__doc__, prog="cyclelight_packaging")
    parser.add_argument("--source", type=Path, default=ROOT, help="the project's folder")
    parser.add_argument("--out", type=Path, default=ROOT / "dist", help="where the package goes")
    parser.add_argument(
        "--wheels", type=Path, default=ROOT / "build/wheels", help="where wheels are kept"
    )
    args = parser.parse_args()
    package = build_package(args.source, args.out, args.wheels)
    sys.stdout.write(f"{package}: {package.stat().st_size / 1e6:.1f} MB\n")


def build_package(source: Path, out: Path, wheels: Path) -> Path:
    """Build the package of a source tree in the folder `out`; return its file."""
    pins = "".join(runtime_pins(source))
    fetch(pins, wheels)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as directory:
        root, built = Path(directory) / "root", Path(directory) / "wheel"
        own = build_wheel(source, built)
        version = own.name.split("-")[1]
        root.mkdir(mode=0o755)
        lay_out(source, root)
        bundle = root / OURS / "bundle"
        shutil.copytree(wheels, bundle / "wheels", ignore=shutil.ignore_patterns("pins-*"))
        shutil.copy(own, bundle / "wheels")
        digest = hashlib.sha256(own.read_bytes()).hexdigest()
        (bundle / "requirements.txt").write_text(
            f"{pins}cyclelight=={version} --hash=sha256:{digest}\n"
        )
        (bundle / "version").write_text(f"{version}\n")
        control(source, root, version)
        package = out / f"cyclelight_{version}_all.deb"
        _run("dpkg-deb", "--root-owner-group", "--build", str(root), str(package))
    return package


def fetch(pins: str, wheels: Path) -> None:
    """Fetch the wheels of all machines and Pythons, unless these very pins were fetched before.

    The folder `wheels` is whole or not there, and of two builds at once one waits for the other.
    """
    mark = f"pins-{hashlib.sha256(pins.encode()).hexdigest()[:16]}"
    wheels.parent.mkdir(parents=True, exist_ok=True)
    with Path(f"{wheels}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if (wheels / mark).is_file():
            return
        with tempfile.TemporaryDirectory(dir=wheels.parent) as directory:
            fetched = Path(directory) / wheels.name
            fetched.mkdir()
            (fetched / mark).write_text(pins)
            for machine in MACHINES:
                for python in PYTHONS:
                    download(fetched, fetched / mark, machine, python)
            shutil.rmtree(wheels, ignore_errors=True)
            fetched.rename(wheels)


def download(folder: Path, pins: Path, machine: str, python: str) -> None:
    """Download the wheels of one machine and one Python into `folder`."""
    _run(
        *(sys.executable, "-m", "pip", "download", "-qq", "--no-deps"),
        *("--disable-pip-version-check", "--only-binary", ":all:", "--require-hashes"),
        *("--platform", f"manylinux_2_28_{machine}", "--platform"),
        *(f"manylinux2014_{machine}", "--platform", f"manylinux_2_17_{machine}"),
        *("--python-version", python, "--implementation", "cp"),
        *("--dest", str(folder), "--requirement", str(pins)),
    )


def build_wheel(source: Path, out: Path) -> Path:
    """Build our own wheel from a copy, so that the source stays as it is."""
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory)
        for name in ("pyproject.toml", "README.md", "LICENSE"):
            shutil.copy(source / name, copy)
        for name in ("controller", "firmware_sim"):
            shutil.copytree(
                source / name, copy / name, ignore=shutil.ignore_patterns("__pycache__")
            )
        _run(
            *(sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"),
            *("--no-deps", "--no-build-isolation", "--wheel-dir", str(out), str(copy)),
        )
    (wheel,) = out.glob("cyclelight-*.whl")
    return wheel


def lay_out(source: Path, root: Path) -> None:
    """Copy what the package installs as it is, and make its links."""
    for origin, place in INSTALLED.items():
        target = root / place
        target.parent.mkdir(parents=True, exist_ok=True)
        if (source / origin).is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "state")
            shutil.copytree(source / origin, target, ignore=ignored)
        else:
            shutil.copy(source / origin, target)
    for place, leads_to in LINKS.items():
        (root / place).parent.mkdir(parents=True, exist_ok=True)
        (root / place).symlink_to(leads_to)
    for file in root.rglob("*"):
        if not file.is_symlink():
            runs = file.is_dir() or place_of(file, root) == "usr/sbin/cyclelight-update"
            file.chmod(0o755 if runs else 0o644)


def place_of(file: Path, root: Path) -> str:
    """Return where a file is installed, without the leading slash."""
    return file.relative_to(root).as_posix()


def control(source: Path, root: Path, version: str) -> None:
    """Write what dpkg wants to know, and the maintainer scripts."""
    folder = root / "DEBIAN"
    folder.mkdir(mode=0o755)
    size_kib = sum(x.stat().st_size for x in root.rglob("*") if x.is_file() and not x.is_symlink())
    text = (source / "systemd/debian/control").read_text()
    text = text.replace("@VERSION@", version).replace("@SIZE@", str(size_kib // 1024))
    (folder / "control").write_text(text)
    shutil.copy(source / "systemd/debian/triggers", folder)
    for script in ("postinst", "prerm", "postrm"):
        shutil.copy(source / "systemd/debian" / script, folder)
        (folder / script).chmod(0o755)


def _run(*command: str) -> None:
    done = subprocess.run(command, check=False)  # noqa: S603 the commands are this file's own
    if done.returncode != 0:
        sys.exit(f"cyclelight_packaging: {' '.join(command[:5])} ... failed")


if __name__ == "__main__":
    main()
