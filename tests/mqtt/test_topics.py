import pytest

from controller.mqtt.topics import Topics

TOPICS = Topics("stadt", "kanal", "n07")


def test_every_topic_of_a_node() -> None:
    root = "cyclelight/v1/stadt/kanal/n07"
    assert TOPICS.availability == f"{root}/availability"
    assert TOPICS.state == f"{root}/state"
    assert TOPICS.lamp_state("L01") == f"{root}/lamp/L01/state"
    assert TOPICS.energy_total == f"{root}/energy/total"
    assert TOPICS.passage == f"{root}/passage"
    assert TOPICS.config_desired == f"{root}/config/desired"
    assert TOPICS.config_reported == f"{root}/config/reported"


def test_what_a_neighbour_says_is_on_its_own_topics() -> None:
    neighbour = Topics("stadt", "kanal", "n08")
    assert TOPICS.passage_of("n08") == neighbour.passage
    assert TOPICS.availability_of("n08") == neighbour.availability


@pytest.mark.parametrize("bad", ["", "a/b", "+", "#", "a\0b", "a\nb", "\ud800", "x" * 65])
def test_an_identifier_that_cannot_be_a_level_is_refused_by_its_name(bad: str) -> None:
    for place in ("tenant", "path", "node"):
        with pytest.raises(ValueError, match=f"^{place}: "):
            Topics(**{"tenant": "t", "path": "p", "node": "n", place: bad})
    with pytest.raises(ValueError, match=r"^lamp: "):
        TOPICS.lamp_state(bad)
    for topic_of in (TOPICS.passage_of, TOPICS.availability_of):
        with pytest.raises(ValueError, match=r"^node: "):
            topic_of(bad)
