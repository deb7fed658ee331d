"""`config` over a real broker."""

import tomllib
from pathlib import Path

import pytest

from controller.core.layers import Layer
from controller.mqtt.config import DesiredConfig, LayerReport, ReportedConfig
from tests.ctl.fake import PROFILE, fake_node, rejected, reported
from tests.ctl.ran import BRIEF_S, ctl
from tests.support.broker import Mosquitto


def write(file: str, text: str) -> None:
    Path(file).write_text(text)


@pytest.fixture
def profile(tmp_path: Path) -> str:
    file = tmp_path / "p.toml"
    file.write_text("version = 99\n[levels]\nbase_pct = 20\npresence_pct = 80\n")
    return str(file)


async def test_get_prints_a_profile_file(mosquitto: Mosquitto) -> None:
    port = mosquitto.port
    async with fake_node(port, "n07"), fake_node(port, "n08") as other:
        ran = await ctl(port, "config", "get", "--node", "n07")
        assert ran.lines == [
            "# n07",
            "# version 3 (layers: tenant 0, path 3, node 0)",
            "levels.base_pct = 10.0",
            "levels.presence_pct = 80.0",
            'rules = [{ base_pct = 5.0, from = "23:00", name = "late" }]',
        ]
        assert tomllib.loads(ran.out) == PROFILE
        both = await ctl(port, "config", "get", "--layer", "path")
        assert both.lines == ["# n07, n08", "# layer path: version 3 in use"]
        layers = {**reported().layers, "path": LayerReport(version=3, refused_version=4)}
        await other.keep(other.topics.config_reported, reported(layers=layers).to_bytes())
        both = await ctl(port, "config", "get", "--layer", "path")
        assert both.lines[2:] == [
            "# n08",
            "# layer path: version 3 in use",
            "# version 4 is refused",
        ]
        whole = await ctl(port, "config", "get", "--node", "n08")
        assert "# version 4 of layer path is refused" in whole.lines
        told = await ctl(port, "config", "get", "--json")
        assert [x["active_version"] for x in told.told] == [3, 3]


async def test_set_gives_the_next_version_and_waits_for_everybody(
    mosquitto: Mosquitto, profile: str
) -> None:
    port = mosquitto.port
    async with fake_node(port, "n07") as node, fake_node(port, "n08", judge=rejected):
        ran = await ctl(port, "config", "set", profile)
        assert (ran.status, ran.err) == (2, "")
        assert ran.lines == [
            "version 4 of layer path is on cyclelight/v1/stadt/kanal/all/config/desired",
            "n07: applied",
            "n08: refused",
            "  levels.base_pct: 120 is above 100. Hint: lower it",
        ]
        ((topic, desired),) = node.desired
        assert topic == node.topics.config_desired[1]
        wanted = {"levels": {"base_pct": 20, "presence_pct": 80}}
        assert desired == DesiredConfig(version=4, profile=wanted)
        again = await ctl(port, "config", "set", profile)
        assert "version 5 of layer path" in again.out


async def test_set_of_one_node_and_of_a_whole_tenant(mosquitto: Mosquitto, profile: str) -> None:
    port = mosquitto.port
    async with fake_node(port, "n07") as node, fake_node(port, "n1", path="wall") as other:
        one = await ctl(port, "config", "set", profile, "--node", "n07", "--json")
        assert one.status == 0
        assert one.told["version"] == 1
        assert [(x["node"], x["applied"]) for x in one.told["nodes"]] == [("n07", True)]
        all_of_them = await ctl(port, "config", "set", profile, "--layer", "tenant")
        assert all_of_them.lines[1:] == ["kanal/n07: applied", "wall/n1: applied"]
        topics = [topic for topic, _ in node.desired]
        assert topics == [node.topics.config_desired[2], node.topics.config_desired[0]]
        assert len(other.desired) == 1


async def test_a_patch_says_what_it_changes(mosquitto: Mosquitto) -> None:
    async with fake_node(mosquitto.port, "n07") as node:
        ran = await ctl(
            mosquitto.port, "config", "set", "--patch", "levels.base_pct=20", "rules=null"
        )
        assert ran.status == 0
        assert ran.lines[1:] == ["n07: applied"]
        ((_, desired),) = node.desired
        patch = {"levels": {"base_pct": 20}, "rules": None}
        assert desired == DesiredConfig(version=4, patch=patch, if_version=3)


async def test_a_faulty_patch_is_never_sent(mosquitto: Mosquitto) -> None:
    async with fake_node(mosquitto.port, "n07") as node:
        ran = await ctl(mosquitto.port, "config", "set", "--patch", "levels.base_pct=90")
        assert ran.status == 2
        assert "--patch: 1 fault" in ran.err
        assert "levels.base_pct: 90 is above presence_pct (80)" in ran.err
        assert node.desired == []


async def test_a_faulty_file_is_told_without_asking_anybody(profile: str) -> None:
    write(profile, "[levels]\nbase_pct = 120\n[fun]\n")
    ran = await ctl(1, "config", "set", profile)
    assert ran.status == 2
    assert ran.complaints[0] == f"{profile}: 2 faults"


async def test_who_is_offline_gets_it_later_and_nobody_waits(
    mosquitto: Mosquitto, profile: str
) -> None:
    port = mosquitto.port
    async with fake_node(port, "n07"), fake_node(port, "n08", judge=lambda *_: None) as gone:
        await gone.keep(gone.topics.availability, b"offline")
        ran = await ctl(port, "config", "set", profile)
        assert ran.status == 0
        assert ran.lines[1:] == ["n07: applied"]
        hint = "it is offline and gets this when it is back"
        assert ran.complaints == [f"n08: has not reported. Hint: {hint}"]


async def test_who_does_not_report_is_named(mosquitto: Mosquitto, profile: str) -> None:
    port = mosquitto.port
    async with fake_node(port, "n07", judge=lambda *_: None):
        ran = await ctl(port, "config", "set", profile, wait=BRIEF_S)
        assert ran.status == 1
        assert ran.complaints == ["n07: has not reported. Hint: look at its journal"]


async def test_an_answer_for_another_layer_tells_too(mosquitto: Mosquitto, profile: str) -> None:
    def judge(layer: Layer, desired: DesiredConfig) -> ReportedConfig:
        # As a node does that has tried a refused layer again: its last word is about that.
        now = {**reported().layers, layer: LayerReport(version=3, refused_version=desired.version)}
        return reported(layer="node", version=7, layers=now)

    async with fake_node(mosquitto.port, "n07", judge=judge):
        ran = await ctl(mosquitto.port, "config", "set", profile)
        assert ran.lines[1:] == ["n07: refused", "  the reasons are in its journal"]


async def test_a_version_of_ones_own_needs_nobody_to_be_there(
    mosquitto: Mosquitto, profile: str
) -> None:
    words = ("config", "set", profile, "--version", "17")
    ran = await ctl(mosquitto.port, *words, wait=BRIEF_S)
    assert ran.status == 1
    assert "version 17 of layer path is on" in ran.out
    assert "nobody of the path" in ran.err
    without = await ctl(mosquitto.port, "config", "set", profile, wait=BRIEF_S)
    assert without.status == 1
    assert "no node of the tenant" in without.err


async def test_diff_compares_setting_by_setting(mosquitto: Mosquitto, profile: str) -> None:
    async with fake_node(mosquitto.port, "n07"):
        ran = await ctl(mosquitto.port, "config", "diff", profile)
        assert ran.lines == ["# n07", "levels.base_pct: 10.0 reported, 20 in the file"]
        told = await ctl(mosquitto.port, "config", "diff", profile, "--json")
        assert told.told[0]["differences"] == ran.lines[1:]
        write(profile, "levels.base_pct = 10\n")
        same = await ctl(mosquitto.port, "config", "diff", profile)
        assert same.lines == ["# n07", "no difference"]


async def test_set_wants_a_file_or_a_patch_and_not_both(profile: str) -> None:
    for words in ((), (profile, "--patch", "a=1")):
        ran = await ctl(1, "config", "set", *words)
        assert ran.status == 2
        assert "usage: cyclelight ctl config set" in ran.err
