"""The unit and its drop-ins, as systemd itself judges them."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.install.machine import ROOT

SYSTEMD = ROOT / "systemd"
DROP_INS = sorted((SYSTEMD / "drop-ins").glob("*.conf"))
THRESHOLD = 16
"""Tenths: an exposure of at most 1.6."""


@pytest.fixture(params=[None, *DROP_INS], ids=lambda x: "alone" if x is None else x.stem)
def unit(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The unit with at most one drop-in; what it starts is a program that is there."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is absent: apt-get install systemd")
    text = (SYSTEMD / "cyclelight.service").read_text()
    program = "/opt/cyclelight/current/bin/cyclelight"
    assert program in text
    (tmp_path / "cyclelight.service").write_text(text.replace(program, "/bin/true"))
    if request.param is not None:
        (tmp_path / "cyclelight.service.d").mkdir()
        shutil.copy(request.param, tmp_path / "cyclelight.service.d")
    return tmp_path / "cyclelight.service"


def analyze(*arguments: str) -> tuple[int, str]:
    done = subprocess.run(
        ("systemd-analyze", *arguments), capture_output=True, text=True, check=False
    )
    return done.returncode, done.stdout + done.stderr


def test_systemd_finds_no_fault(unit: Path) -> None:
    status, said = analyze("verify", "--man=no", str(unit))
    assert status == 0, said
    assert unit.name not in said


def test_its_exposure_is_within_the_threshold(unit: Path) -> None:
    arguments = ("--offline=yes", "--no-pager", f"--threshold={THRESHOLD}")
    status, said = analyze("security", *arguments, str(unit))
    assert status == 0, said[-400:]


def test_an_open_unit_would_be_refused(unit: Path) -> None:
    kept = [
        line for line in unit.read_text().splitlines() if not line.startswith("CapabilityBounding")
    ]
    unit.write_text("\n".join(kept))
    arguments = ("--offline=yes", "--no-pager", f"--threshold={THRESHOLD}")
    assert analyze("security", *arguments, str(unit))[0] != 0
