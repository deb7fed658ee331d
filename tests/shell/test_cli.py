import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from controller import __version__, cli, daemon, logs
from controller.service import Service
from controller.settings.check import KINDS
from controller.settings.site import Installation

ROOT = Path(__file__).parents[2]
CONFIG = ROOT / "config"
SOUND = CONFIG / "nodes" / "small-n1.toml"


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("CYCLELIGHT_"):
            monkeypatch.delenv(name)


@pytest.fixture
def node_file(tmp_path: Path) -> Path:
    """A sound node file of its own, for tests that spoil it."""
    (tmp_path / "path.toml").write_text((CONFIG / "paths" / "small.toml").read_text())
    text = SOUND.read_text().replace("../paths/small.toml", "path.toml")
    file = tmp_path / "node.toml"
    file.write_text(text.replace('profile_file = "../profiles/default.toml"', ""))
    return file


def spoil(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


Captured = pytest.CaptureFixture[str]


# check


def test_check_says_ok_about_every_file_that_is_shipped(capsys: Captured) -> None:
    files = [
        str(file)
        for folder in ("nodes", "paths", "profiles")
        for file in sorted((CONFIG / folder).glob("*.toml"))
    ]
    assert cli.main(["check", *files]) == 0
    said, complaints = capsys.readouterr()
    assert [line.split(": ok")[0] for line in said.splitlines() if ": ok (" in line] == files
    assert complaints == ""


def test_check_prints_every_fault_with_its_place_and_a_hint(
    node_file: Path, capsys: Captured
) -> None:
    spoil(node_file, "pin = 12", 'pin = "twelve"')
    spoil(node_file, "pin = 27", "pin = 99")
    spoil(node_file, 'host = "localhost"', 'hots = "localhost"')
    assert cli.main(["check", str(node_file)]) == 2
    head, *faults = capsys.readouterr().out.splitlines()
    assert head.startswith(f"{node_file}: ")
    assert len(faults) >= 3
    for place in ("lamps.L1.pin", "motion.M2.pin", "mqtt.host"):
        assert any(fault.strip().startswith(place) for fault in faults), place
    assert all("Hint: " in fault for fault in faults)


def test_one_faulty_file_among_sound_ones_is_enough_for_2(tmp_path: Path, capsys: Captured) -> None:
    assert cli.main(["check", str(SOUND), str(tmp_path / "gone.toml"), str(SOUND)]) == 2
    said = capsys.readouterr().out
    assert said.count(": ok (") == 2
    assert "gone.toml: 1 fault" in said


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe", b"= 5", b"[path", b"unknown = 1", b"a = " + b"[" * 5000]
)
def test_whatever_a_file_holds_check_answers(
    tmp_path: Path, capsys: Captured, content: bytes
) -> None:
    file = tmp_path / "odd.toml"
    file.write_bytes(content)
    assert cli.main(["check", str(file)]) == 2
    said, complaints = capsys.readouterr()
    assert "Hint: " in said
    assert complaints == ""


def test_check_heeds_the_environment(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    monkeypatch.setenv("CYCLELIGHT_MQTT__PORT", "0")
    assert cli.main(["check", str(SOUND)]) == 2
    assert "CYCLELIGHT_MQTT__PORT" in capsys.readouterr().out


# schema


@pytest.mark.parametrize("kind", KINDS)
def test_schema_prints_a_json_schema(kind: str, capsys: Captured) -> None:
    assert cli.main(["schema", kind]) == 0
    assert json.loads(capsys.readouterr().out)["type"] == "object"


# run


def test_run_refuses_faulty_settings_before_anything_starts(
    node_file: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon, "run_node", lambda *_: pytest.fail("started"))
    spoil(node_file, 'node = "n1"', 'node = "n9"')
    assert cli.main(["run", "--node", str(node_file)]) == 2
    said, complaints = capsys.readouterr()
    assert said == ""
    assert f"{node_file}: 1 fault" in complaints
    assert '"n9"' in complaints
    assert "Hint: " in complaints


def test_run_without_its_file_says_so(tmp_path: Path, capsys: Captured) -> None:
    assert cli.main(["run", "--node", str(tmp_path / "gone.toml")]) == 2
    assert "gone.toml" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_run_hands_the_installation_to_the_daemon(
    node_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = list[Installation]()

    async def run_node(installation: Installation, service: Service) -> None:
        assert isinstance(service, Service)
        await asyncio.sleep(0)
        ran.append(installation)

    monkeypatch.setattr(daemon, "run_node", run_node)
    monkeypatch.setattr(logs, "set_up_logging", lambda: None)
    monkeypatch.setenv("CYCLELIGHT_MQTT__HOST", "elsewhere")
    assert cli.main(["run", "--node", str(node_file)]) == 0
    assert [(x.settings.node, x.path.id) for x in ran] == [("n1", "small")]
    assert ran[0].settings.mqtt is not None
    assert ran[0].settings.mqtt.host == "elsewhere"


# the command line itself


@pytest.mark.parametrize(
    "arguments",
    [[], ["fly"], ["run"], ["check"], ["schema"], ["schema", "lamp"], ["check", "--fast", "x"]],
)
def test_a_wrong_command_is_the_callers_fault(arguments: list[str], capsys: Captured) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(arguments)
    assert ended.value.code == 2
    assert "usage: cyclelight" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [[], ["run"], ["check"], ["schema"]])
def test_help_is_there_for_every_command(arguments: list[str], capsys: Captured) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([*arguments, "--help"])
    assert ended.value.code == 0
    assert "usage: cyclelight" in capsys.readouterr().out


def test_the_version_is_told(capsys: Captured) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"cyclelight {__version__}\n"


def command(*arguments: str, encoding: str = "utf-8") -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "controller", *arguments],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONIOENCODING": encoding},
    )


def test_it_runs_as_a_module_with_the_same_statuses(tmp_path: Path) -> None:
    assert command("check", str(SOUND)).returncode == 0
    refused = command("run", "--node", str(tmp_path / "gone.toml"))
    assert refused.returncode == 2
    assert "gone.toml: 1 fault" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_a_terminal_without_umlauts_gets_an_answer_too(tmp_path: Path) -> None:
    refused = command("check", str(tmp_path / "Münster.toml"), encoding="ascii")
    assert "Traceback" not in refused.stderr
    assert refused.returncode == 2
