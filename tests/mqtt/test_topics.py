import pytest

from controller.mqtt.topics import Topics

TOPICS = Topics("stadt", "kanal", "n07")


def test_every_topic_of_a_node() -> None:
    root = "cyclelight/v1/stadt/kanal/n07"
    assert TOPICS.availability == f"{root}/availability"
    assert TOPICS.state == f"{root}/state"
    assert TOPICS.lamp_state("L01") == f"{root}/lamp/L01/state"
    assert TOPICS.energy_total == f"{root}/energy/total"
    assert TOPICS.energy_interval == f"{root}/energy/interval"
    assert TOPICS.night == f"{root}/night"
    assert TOPICS.count == f"{root}/count"
    assert TOPICS.alarm == f"{root}/alarm"
    assert TOPICS.passage == f"{root}/passage"
    assert TOPICS.lamp_set("L01") == f"{root}/lamp/L01/set"
    assert TOPICS.config_reported == f"{root}/config/reported"
    assert TOPICS.config_schema == f"{root}/config/schema"
    assert TOPICS.reply == f"{root}/reply"


@pytest.mark.parametrize("name", ["command", "config/desired"])
def test_operators_speak_to_a_tenant_to_a_path_and_to_a_node(name: str) -> None:
    found = {"command": TOPICS.command, "config/desired": TOPICS.config_desired}[name]
    assert found == (
        f"cyclelight/v1/stadt/all/all/{name}",
        f"cyclelight/v1/stadt/kanal/all/{name}",
        f"cyclelight/v1/stadt/kanal/n07/{name}",
    )


def test_what_a_neighbour_says_is_on_its_own_topics() -> None:
    neighbour = Topics("stadt", "kanal", "n08")
    assert TOPICS.passage_of("n08") == neighbour.passage
    assert TOPICS.availability_of("n08") == neighbour.availability


@pytest.mark.parametrize("bad", ["", "a/b", "+", "#", "a\0b", "a\nb", "\ud800", "x" * 65])
def test_an_identifier_that_cannot_be_a_level_is_refused_by_its_name(bad: str) -> None:
    for place in ("tenant", "path", "node"):
        with pytest.raises(ValueError, match=f"^{place}: "):
            Topics(**{"tenant": "t", "path": "p", "node": "n", place: bad})
    for topic_of in (TOPICS.lamp_state, TOPICS.lamp_set):
        with pytest.raises(ValueError, match=r"^lamp: "):
            topic_of(bad)
    for topic_of in (TOPICS.passage_of, TOPICS.availability_of):
        with pytest.raises(ValueError, match=r"^node: "):
            topic_of(bad)
