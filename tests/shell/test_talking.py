import pytest

from controller.core.effects import AnnouncePassage
from controller.core.events import Event, PassageHeard
from controller.core.site import build_site
from controller.inbox import Inbox
from controller.listening import Neighbours
from controller.mqtt.broker import Inbound
from controller.mqtt.topics import Topics
from controller.talking import passage_payload
from tests.core.build import straight_path

TOPICS = Topics("soest", "test", "n1")
SENDER = "n2"
BOOT = "b" * 32


async def heard(passage: AnnouncePassage) -> Event | None:
    """What the node next to the sender makes of an announcement."""
    inbox = Inbox()
    payload = passage_payload(passage, BOOT).to_bytes()
    neighbours = Neighbours(build_site(straight_path(), TOPICS.node), TOPICS, inbox)
    neighbours.take(Inbound(TOPICS.passage_of(SENDER), payload, retained=False, qos=0))
    return await inbox.get(0.0)


@pytest.mark.parametrize("active", [True, False])
async def test_what_a_node_says_another_understands(*, active: bool) -> None:
    said = AnnouncePassage("M08", seq=3, age_s=0.25, active=active)
    assert await heard(said) == PassageHeard("M08", BOOT, 3, 0.25, active)


@pytest.mark.parametrize(("active", "told_s"), [(True, 86400.0), (False, 5.0)])
async def test_an_age_that_cannot_be_told_is_bounded(*, active: bool, told_s: float) -> None:
    said = AnnouncePassage("M08", seq=0, age_s=1e6, active=active)
    assert await heard(said) == PassageHeard("M08", BOOT, 0, told_s, active)


async def test_who_stays_for_an_hour_is_told_to_have_stayed_for_an_hour() -> None:
    said = AnnouncePassage("M08", seq=0, age_s=3600.0, active=True)
    assert await heard(said) == PassageHeard("M08", BOOT, 0, 3600.0, active=True)
