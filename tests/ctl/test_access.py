"""How to get in: the command line, the environment, a node file."""

import argparse
from pathlib import Path

import pytest

from controller.cli import _parser
from controller.ctl.access import Access, access, wants_json
from controller.ctl.trouble import CtlError
from controller.settings.faults import SettingsError
from tests.ctl.ran import run

ROOT = Path(__file__).parents[2]
NODE_FILE = ROOT / "config" / "nodes" / "small-n1.toml"
USUAL = ("--broker", "b", "--tenant", "t", "--path", "p")


def words(*given: str) -> argparse.Namespace:
    return _parser().parse_args(["ctl", *given])


def reach(*given: str, **environ: str) -> Access:
    environment = {f"CYCLELIGHT_CTL_{name}": value for name, value in environ.items()}
    return access(words(*given, "status"), environment)


def fault(*given: str, **environ: str) -> str:
    with pytest.raises(CtlError) as refused:
        reach(*given, **environ)
    assert refused.value.status == 2
    return str(refused.value)


def test_options_may_stand_before_and_behind_the_command() -> None:
    before = access(words("--broker", "b", "--tenant", "t", "status", "--path", "p"), {})
    assert (before.broker.host, before.tenant, before.path, before.node) == ("b", "t", "p", None)
    assert before.timeout_s == 5.0
    nested = access(words(*USUAL, "config", "--node", "n", "get", "--timeout", "9"), {})
    assert (nested.node, nested.timeout_s) == ("n", 9.0)


def test_the_command_line_counts_more_than_the_environment() -> None:
    found = reach("--broker", "here", BROKER="there", TENANT="t", PATH="p", NODE="n", TIMEOUT="1.5")
    assert (found.broker.host, found.tenant, found.path, found.node) == ("here", "t", "p", "n")
    assert found.timeout_s == 1.5
    assert reach(*USUAL, NODE="").node is None


@pytest.mark.parametrize(
    ("written", "host", "port"),
    [
        ("b", "b", 1883),
        ("b:1884", "b", 1884),
        ("192.0.2.1:1", "192.0.2.1", 1),
        ("::1", "::1", 1883),
        ("[::1]", "::1", 1883),
        ("[::1]:1884", "::1", 1884),
    ],
)
def test_a_broker_is_a_host_with_or_without_a_port(written: str, host: str, port: int) -> None:
    broker = reach("--broker", written, "--tenant", "t").broker
    assert (broker.host, broker.port) == (host, port)


@pytest.mark.parametrize("written", ["b:", "b:x", "b:0", "b:70000", "b:-1", ".", "b:1884²"])
def test_what_is_no_broker_is_said_to_be_none(written: str) -> None:
    assert "Hint: " in fault("--broker", written, "--tenant", "t")


def test_tls_has_a_port_of_its_own(tmp_path: Path) -> None:
    ca = tmp_path / "ca"
    ca.write_text("")
    assert reach(*USUAL, "--ca-file", str(ca)).broker.port == 8883


def test_a_password_comes_from_a_file_only(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("secret words\n")
    found = reach(*USUAL, "--username", "u", "--password-file", str(file))
    assert (found.broker.username, found.broker.password) == ("u", "secret words")
    assert "secret" not in repr(found)
    refused = run("ctl", *USUAL, "status", "--password", "secret")
    assert (refused.status, refused.out) == (2, "")
    assert "unrecognized arguments: --password secret" in refused.err


def test_what_is_missing_is_named_with_every_way_to_give_it() -> None:
    assert fault() == (
        "--broker: is not given. Hint: add --broker HOST[:PORT] or set CYCLELIGHT_CTL_BROKER, or "
        "name a node file with --node-file"
    )
    assert fault("--broker", "b").startswith("--tenant: is not given")
    with pytest.raises(CtlError, match="--path: is not given"):
        reach("--broker", "b", "--tenant", "t").address()
    with pytest.raises(CtlError, match=r"--node: is not given. Hint: add --node NAME or set \S+$"):
        reach(*USUAL).address("node")


def test_halves_and_missing_files_are_faults(tmp_path: Path) -> None:
    assert "there is no file" in fault(*USUAL, "--ca-file", str(tmp_path / "gone"))
    assert "--username" in fault(*USUAL, "--password-file", str(tmp_path))
    file = tmp_path / "file"
    file.write_bytes(b"\xff")
    assert "not UTF-8" in fault(*USUAL, "--username", "u", "--password-file", str(file))
    assert "cert_file: works only together" in fault(*USUAL, "--cert-file", str(file))


def test_unknown_and_impossible_environment_is_a_fault() -> None:
    assert 'did you mean "CYCLELIGHT_CTL_TENANT"' in fault(*USUAL, TENNANT="t")
    assert fault(*USUAL, TIMEOUT="soon").startswith("CYCLELIGHT_CTL_TIMEOUT: ")
    named = {"PASSWORD": "secret"}
    assert fault(*USUAL, **named).startswith("CYCLELIGHT_CTL_PASSWORD: is not a known option")


def test_names_that_no_topic_can_have_are_refused() -> None:
    with pytest.raises(CtlError, match="--node: "):
        reach(*USUAL, "--node", "+").address()
    with pytest.raises(CtlError, match="--tenant: "):
        reach("--broker", "b", "--tenant", "a/b").address("tenant")


def test_addresses_and_their_topics() -> None:
    way_in = reach(*USUAL, "--node", "n")
    assert way_in.address().topic("command") == "cyclelight/v1/t/p/n/command"
    assert way_in.address("path").topic("command") == "cyclelight/v1/t/p/all/command"
    assert way_in.address("tenant").topic("command") == "cyclelight/v1/t/all/all/command"
    assert way_in.address("tenant").filter("reply") == "cyclelight/v1/t/+/+/reply"
    assert [way_in.address(x).layer for x in ("node", "path", "tenant")] == [
        "node",
        "path",
        "tenant",
    ]


def test_json_can_be_asked_for_in_the_environment() -> None:
    assert wants_json(words("status", "--json"), {})
    assert wants_json(words("status"), {"CYCLELIGHT_CTL_JSON": "1"})
    assert not wants_json(words("status"), {"CYCLELIGHT_CTL_JSON": "0"})


# node files


def test_a_node_file_says_it_all() -> None:
    found = reach("--node-file", str(NODE_FILE), BROKER="elsewhere", USERNAME="somebody")
    assert (found.broker.host, found.broker.port) == ("localhost", 1883)
    assert (found.tenant, found.path, found.node) == ("soest", "small", None)
    assert found.broker.username is None
    assert found.broker.client_id.startswith("cyclelight-ctl-")
    assert len(found.broker.client_id) == 23
    assert found.built is not None


def test_a_node_file_is_read_under_the_environment_of_the_node() -> None:
    environ = {"CYCLELIGHT_MQTT__HOST": "other", "CYCLELIGHT_CTL_NODE_FILE": str(NODE_FILE)}
    assert access(words("status"), environ).broker.host == "other"
    assert access(words(*USUAL, "status"), environ).broker.host == "b"


def test_no_option_changes_what_a_node_file_says() -> None:
    told = fault("--node-file", str(NODE_FILE), "--username", "u")
    assert told.startswith("--username: does not go with a node file")


def test_a_faulty_node_file_tells_every_fault(tmp_path: Path) -> None:
    file = tmp_path / "node.toml"
    file.write_text("nodes = 1\n")
    with pytest.raises(SettingsError):
        reach("--node-file", str(file))
    assert run("ctl", "--node-file", str(file), "status").status == 2


def test_a_node_file_without_a_broker_leads_nowhere(tmp_path: Path) -> None:
    text = NODE_FILE.read_text().replace("../", f"{ROOT}/config/")
    file = tmp_path / "node.toml"
    file.write_text(text.replace('[mqtt]\nhost = "localhost"\n', ""))
    assert "mqtt: is missing" in fault("--node-file", str(file))


def test_other_commands_do_not_mind_the_environment_of_ctl(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CYCLELIGHT_CTL_BROKER", "b")
    assert run("check", str(NODE_FILE)).status == 0
