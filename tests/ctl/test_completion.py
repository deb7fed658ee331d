"""Completion: asked of a real bash, and read for the other shells."""

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from controller.cli import _parser
from controller.ctl.completion import completion
from controller.ctl.tree import commands_of
from tests.ctl.ran import run

ASK = """
source {script}
COMP_WORDS=({words}); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_cyclelight
printf '%s\\n' "${{COMPREPLY[@]}}"
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("completion") / "cyclelight.bash"
    file.write_text(completion(_parser(), "bash"))
    return file


def completed(script: Path, *words: str, folder: Path | None = None) -> list[str]:
    asked = ASK.format(script=script, words=shlex.join(["cyclelight", *words]))
    done = subprocess.run(
        ["bash", "--norc", "-c", asked], check=True, capture_output=True, text=True, cwd=folder
    )
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["c"], ["check", "ctl"]),
        (["ctl", "st"], ["status"]),
        (["ctl", "--broker", "b", "c"], ["config", "clear", "completion"]),
        (["ctl", "--node", "status", "wa"], ["watch"]),
        (["ctl", "config", "v"], ["validate"]),
        (["ctl", "config", "set", "--la"], ["--layer"]),
        (["ctl", "config", "set", "--layer", ""], ["tenant", "path", "node"]),
        (["ctl", "emergency", "--scope", "t"], ["tenant"]),
        (["ctl", "emergency", "--e"], ["--end"]),
        (["ctl", "override", "--l"], ["--lamp", "--level"]),
        (["ctl", "override", "--level", ""], []),
        (["ctl", "completion", ""], ["bash", "zsh", "fish", "--help"]),
        (["schema", "p"], ["path", "profile"]),
        (["run", "--n"], ["--node"]),
        (["nonsense", "ctl", ""], []),
    ],
)
def test_bash_knows_what_may_come_next(script: Path, words: list[str], found: list[str]) -> None:
    if words[0] == "nonsense":
        assert "status" in completed(script, *words)
    else:
        assert completed(script, *words) == found


def test_bash_offers_files_where_files_are_wanted(script: Path, tmp_path: Path) -> None:
    (tmp_path / "profile.toml").write_text("")
    for words in (
        ["run", "--node"],
        ["check"],
        ["ctl", "config", "set"],
        ["ctl", "status", "--ca-file"],
        ["ctl", "config", "validate", "x", "--path-file"],
    ):
        assert "profile.toml" in completed(script, *words, "prof", folder=tmp_path), words
    # There `--node` is a name and no file.
    assert completed(script, "ctl", "status", "--node", "prof", folder=tmp_path) == []


def test_every_command_has_an_end_of_its_own() -> None:
    found = {command.at for command in commands_of(_parser())}
    for name in (
        *("status", "watch", "override", "clear", "emergency", "explain", "identify", "ping"),
        *("selftest", "report", "completion"),
        *("config get", "config set", "config diff", "config validate"),
    ):
        assert f"cyclelight ctl {name}" in found
        assert run("ctl", *name.split(), "--help").status == 0


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_printed(shell: str) -> None:
    ran = run("ctl", "completion", shell)
    assert (ran.status, ran.err) == (0, "")
    for word in ("emergency", "--password-file" if shell != "fish" else "-l password-file"):
        assert word in ran.out


@pytest.mark.parametrize(("shell", "check"), [("bash", "-n"), ("zsh", "-n"), ("fish", "-n")])
def test_the_shell_itself_finds_no_fault(shell: str, check: str, tmp_path: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    file = tmp_path / "script"
    file.write_text(completion(_parser(), shell))
    done = subprocess.run([shell, check, str(file)], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_fish_calls_the_function_that_the_script_has() -> None:
    lines = completion(_parser(), "fish").splitlines()
    (function,) = [line.split()[1] for line in lines if line.startswith("function ")]
    asking = [line for line in lines if " -n " in line]
    assert asking
    assert all(f'-n "{function} ' in line for line in asking)


def test_no_quote_of_a_help_text_breaks_a_script() -> None:
    lines = completion(_parser(), "fish").splitlines()
    assert any("path\\'s id" in line for line in lines)
    bash = completion(_parser(), "zsh")
    assert "'\"'\"'s id" in bash


def test_an_unknown_shell_is_refused() -> None:
    assert run("ctl", "completion", "powershell").status == 2
