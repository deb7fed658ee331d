from hypothesis import given
from hypothesis import strategies as st

from controller.mqtt.outbound import KeptValues, Transient, TransientQueue


def take_all(kept: KeptValues) -> list[tuple[str, bytes]]:
    taken = []
    while (value := kept.take()) is not None:
        taken.append(value)
    return taken


def test_a_newer_value_replaces_one_that_waits_and_keeps_its_place() -> None:
    kept = KeptValues(8)
    for topic, payload in (("a", b"1"), ("b", b"1"), ("a", b"2")):
        assert kept.put(topic, payload)
    assert take_all(kept) == [("a", b"2"), ("b", b"1")]


def test_a_value_is_handed_out_once_and_again_when_asked_to() -> None:
    kept = KeptValues(8)
    kept.put("a", b"1")
    assert take_all(kept) == [("a", b"1")]
    assert take_all(kept) == []
    kept.again()
    assert take_all(kept) == [("a", b"1")]


def test_one_topic_too_many_is_turned_down_but_known_topics_go_on() -> None:
    kept = KeptValues(1)
    assert kept.put("a", b"1")
    assert not kept.put("b", b"1")
    assert kept.put("a", b"2")
    assert take_all(kept) == [("a", b"2")]


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.binary(max_size=2))))
def test_the_last_value_of_every_topic_is_handed_out(puts: list[tuple[str, bytes]]) -> None:
    kept = KeptValues(6)
    for topic, payload in puts:
        kept.put(topic, payload)
    assert dict(take_all(kept)) == dict(puts)


def test_messages_come_in_order_until_their_deadline() -> None:
    queue = TransientQueue(8)
    messages = [Transient("a", bytes([number]), float(number)) for number in range(4)]
    for message in messages:
        queue.put(message)
    assert queue.take(now_s=1.0) == messages[2]
    assert queue.take(now_s=3.0) is None
    assert queue.dropped == 3


@given(st.lists(st.floats(0.0, 10.0)), st.floats(0.0, 10.0), st.integers(1, 5))
def test_every_message_is_handed_out_or_counted(
    deadlines_s: list[float], now_s: float, room: int
) -> None:
    queue = TransientQueue(room)
    for deadline_s in deadlines_s:
        queue.put(Transient("a", b"", deadline_s))
        assert len(queue) <= room
    handed_out = []
    while (message := queue.take(now_s)) is not None:
        handed_out.append(message.deadline_s)
    assert handed_out == [due_s for due_s in deadlines_s[-room:] if due_s > now_s]
    assert queue.dropped == len(deadlines_s) - len(handed_out)
