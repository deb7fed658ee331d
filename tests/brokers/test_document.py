"""docs/brokers.md: what it shows can be pasted, and says what the program says."""

import re
import shutil
import ssl
import subprocess
from pathlib import Path

from controller.broker_roles.command import FORMATS
from controller.broker_roles.granting import MOST_NAME_CHARACTERS
from controller.cli import main
from tests.brokers.authority import CONFIG

TEXT = (Path(__file__).parents[2] / "docs" / "brokers.md").read_text()
BLOCKS = re.findall(r"^```sh\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)


def test_the_commands_for_certificates_work_as_they_stand(tmp_path: Path) -> None:
    shutil.copy(CONFIG / "ca.cnf", tmp_path)
    # Without a passphrase, which nobody would type here.
    script = "set -e\n" + "".join(BLOCKS).replace("-keyout ca.key", "-nodes -keyout ca.key")
    done = subprocess.run(
        ["sh", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    authority = str(tmp_path / "ca.crt")
    for name, purpose in (("n07", "sslclient"), ("bridge", "sslclient"), ("broker", "sslserver")):
        for asked in ("sslclient", "sslserver"):
            command = ["openssl", "verify", "-purpose", asked, "-CAfile", authority]
            verified = subprocess.run(
                [*command, str(tmp_path / f"{name}.crt")], capture_output=True, check=False
            )
            assert (verified.returncode == 0) == (asked == purpose), (name, asked)
    revoked = subprocess.run(
        ["openssl", "crl", "-in", str(tmp_path / "ca.crl"), "-text", "-noout"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert revoked.stdout.count("Serial Number") == 1
    assert ssl.create_default_context(cafile=authority)


def test_every_option_of_the_command_is_explained() -> None:
    for option in ("--operators", "--home-assistant", "--readers", "--admins", "--secrets"):
        assert option in TEXT
    assert all(f"--format {name}" in TEXT for name in FORMATS if name != "dynsec")
    assert f"It can have {MOST_NAME_CHARACTERS} characters" in TEXT


def test_every_file_is_there_and_every_port_is_right() -> None:
    for name in re.findall(r"\(\.\./config/mosquitto/([\w.]+)\)", TEXT):
        assert (CONFIG / name).is_file()
    for port in re.findall(r"-p (\d+)|:(\d{4})", TEXT):
        assert f"listener {''.join(port)}" in (CONFIG / "path.conf").read_text()


def test_the_line_for_a_node_is_a_node_files(tmp_path: Path) -> None:
    (table,) = re.findall(r"^```toml\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
    examples = Path(__file__).parents[2] / "config"
    shutil.copytree(examples, tmp_path / "config")
    file = tmp_path / "config" / "nodes" / "small-n1.toml"
    text = re.sub(r"^\[mqtt\]\n(?:.+\n)*", "", file.read_text(), flags=re.MULTILINE)
    for key in ("ca.crt", "n07.crt", "n07.key"):
        (tmp_path / key).touch()
    file.write_text(text + table.replace("/etc/cyclelight/tls", str(tmp_path)))
    assert main(["check", str(file)]) == 0
