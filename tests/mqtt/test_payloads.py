"""What stands on the wire, byte for byte. docs/mqtt.md shows the same examples."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from controller.mqtt.payloads import (
    DESIRED_LIMIT_BYTES,
    GREATEST_AGE_S,
    GREATEST_STAY_S,
    MOST_ERRORS,
    OFFLINE,
    ONLINE,
    PASSAGE_LIMIT_BYTES,
    ConfigError,
    DesiredConfig,
    LampReport,
    LampStatePayload,
    PassagePayload,
    bounded_errors,
    parse_availability,
    parse_desired,
    parse_passage,
)
from controller.mqtt.wire import GREATEST_INTEGER, PayloadError, encode_json
from tests.mqtt.examples import EXAMPLES, STATE_UNTRUSTED

DOCUMENT = Path(__file__).parents[2] / "docs" / "mqtt.md"
GOLDEN = Path(__file__).parent / "golden"


def outcome(parse: Callable[[bytes], object], data: bytes) -> object:
    """What is read, or the text of the refusal. Any other exception is a failure."""
    try:
        return parse(data)
    except PayloadError as error:
        return str(error)


def is_one_short_line(text: object) -> bool:
    return isinstance(text, str) and len(text) < 300 and text.isprintable()


def golden(name: str) -> bytes:
    return (GOLDEN / f"{name}.json").read_bytes().rstrip(b"\n")


@pytest.mark.parametrize("name", EXAMPLES)
def test_payloads_stand_on_the_wire_as_expected(name: str) -> None:
    assert EXAMPLES[name].to_bytes() == golden(name)


@pytest.mark.parametrize("name", EXAMPLES)
def test_payloads_can_be_read_back(name: str) -> None:
    payload = EXAMPLES[name]
    assert type(payload).model_validate_json(golden(name)).to_bytes() == payload.to_bytes()


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_document_shows_the_same_payloads(name: str) -> None:
    blocks = re.findall(r"^```json\n(.*?)^```", DOCUMENT.read_text(), re.DOTALL | re.MULTILINE)
    assert json.loads(golden(name)) in [json.loads(block) for block in blocks]


def test_times_are_null_while_the_clock_is_not_trusted() -> None:
    sent = json.loads(STATE_UNTRUSTED.to_bytes())
    assert sent["at"] is None
    assert sent["clock_trusted"] is False


@pytest.mark.parametrize(
    ("level_pct", "state", "brightness"),
    [(0.0, "OFF", 0), (0.1, "ON", 1), (10.4, "ON", 10), (99.6, "ON", 100), (100.0, "ON", 100)],
)
def test_a_lamp_is_a_light_of_home_assistant(level_pct: float, state: str, brightness: int) -> None:
    light = LampStatePayload.of_level(level_pct)
    assert (light.state, light.brightness) == (state, brightness)


def test_numbers_are_rounded_and_never_minus_zero() -> None:
    lamp = LampReport(target_pct=-0.01, level_pct=9.96, power_w=1 / 3, reason="base")
    assert (str(lamp.target_pct), lamp.level_pct, lamp.power_w) == ("0.0", 10.0, 0.33)


def passages_of(
    active: st.SearchStrategy[bool], greatest_s: float
) -> st.SearchStrategy[PassagePayload]:
    return st.builds(
        PassagePayload,
        sensor=st.text(min_size=1, max_size=64),
        boot=st.text(min_size=1, max_size=36),
        seq=st.integers(0, GREATEST_INTEGER),
        active=active,
        age_s=st.floats(0.0, greatest_s),
    )


passages = passages_of(st.booleans(), GREATEST_AGE_S) | passages_of(
    st.sampled_from([True]), GREATEST_STAY_S
)


@given(passages)
def test_a_passage_arrives_as_it_was_sent(passage: PassagePayload) -> None:
    data = passage.to_bytes()
    assume(len(data) <= PASSAGE_LIMIT_BYTES)  # identifiers beyond ASCII can take more
    assert parse_passage(data) == passage


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
like_passages = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("sensor", "boot", "seq", "active", "age_s", "extra"), json_values)
)
like_desired = st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("version", "profile", "extra"), json_values)
)
arbitrary = st.binary(max_size=100) | (json_values | like_passages | like_desired).map(
    lambda value: json.dumps(value).encode()
)


@given(arbitrary)
def test_arbitrary_bytes_are_a_payload_or_refused_in_one_line(data: bytes) -> None:
    for parse, kind in ((parse_passage, PassagePayload), (parse_desired, DesiredConfig)):
        result = outcome(parse, data)
        assert isinstance(result, kind) or is_one_short_line(result)


GOOD_PASSAGE = {"sensor": "M07", "boot": "b", "seq": 1, "age_s": 0.5}


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"sensor": ""}, "sensor"),
        ({"sensor": "x" * 65}, "sensor"),
        ({"sensor": 7}, "sensor"),
        ({"boot": "x" * 37}, "boot"),
        ({"seq": -1}, "seq"),
        ({"seq": 1.0}, "seq"),
        ({"seq": True}, "seq"),
        ({"age_s": -0.1}, "age_s"),
        ({"age_s": GREATEST_AGE_S + 0.1}, "age_s"),
        ({"age_s": GREATEST_AGE_S + 0.1, "active": False}, "age_s"),
        ({"age_s": GREATEST_STAY_S + 0.1, "active": True}, "age_s"),
        ({"active": 1}, "active"),
        ({"active": None}, "active"),
        ({"active": "true"}, "active"),
        ({"age_s": "0.5"}, "age_s"),
        ({"age_s": True}, "age_s"),
        ({"age_s": None}, "age_s"),
        ({"speed": 3}, "speed"),
    ],
)
def test_a_passage_is_read_strictly(change: dict[str, object], place: str) -> None:
    parse_passage(json.dumps(GOOD_PASSAGE).encode())
    with pytest.raises(PayloadError, match=f"^{place}: "):
        parse_passage(json.dumps(GOOD_PASSAGE | change).encode())


@pytest.mark.parametrize(
    ("active", "greatest_s"), [(False, GREATEST_AGE_S), (True, GREATEST_STAY_S)]
)
def test_who_stays_may_have_come_long_ago_who_left_not(*, active: bool, greatest_s: float) -> None:
    told = GOOD_PASSAGE | {"active": active, "age_s": greatest_s}
    assert parse_passage(json.dumps(told).encode()).age_s == greatest_s


def test_the_refusal_of_an_age_says_what_would_be_right() -> None:
    expected = "age_s: Input should be less than or equal to 5 unless somebody is there (active)"
    assert outcome(parse_passage, json.dumps(GOOD_PASSAGE | {"age_s": 7}).encode()) == expected


def test_where_nothing_else_is_said_somebody_was_there() -> None:
    assert not parse_passage(json.dumps(GOOD_PASSAGE).encode()).active


def test_a_node_is_there_or_it_is_not() -> None:
    assert (ONLINE, OFFLINE) == (b"online", b"offline")
    assert parse_availability(b"online")
    assert not parse_availability(b"offline")
    assert not parse_availability(b"")


@pytest.mark.parametrize(
    "data", [b"ONLINE", b"online\n", b" ", b"1", b"true", b'"online"', b"\xff\x00", b"on" * 500]
)
def test_any_other_word_is_refused(data: bytes) -> None:
    refusal = outcome(parse_availability, data)
    assert is_one_short_line(refusal)
    assert "neither 'online' nor 'offline'" in str(refusal)


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"version": 0, "profile": {}}, "version"),
        ({"version": "1", "profile": {}}, "version"),
        ({"version": 1}, "profile"),
        ({"version": 1, "profile": []}, "profile"),
        ({"version": 1, "profile": {}, "if_version": 1}, "if_version"),
        ([], "payload"),
    ],
)
def test_only_the_envelope_of_a_desired_profile_is_judged(value: object, place: str) -> None:
    with pytest.raises(PayloadError, match=f"^{place}: "):
        parse_desired(json.dumps(value).encode())


def test_the_inside_of_a_desired_profile_is_passed_on() -> None:
    profile = {"levels": {"base_pct": 10}, "nonsense": [1, 2.5, None, True, "x"]}
    desired = parse_desired(encode_json({"version": 3, "profile": profile}))
    assert desired.version == 3
    assert desired.profile == profile


def test_a_desired_profile_has_a_greatest_size() -> None:
    envelope = len(encode_json({"version": 1, "profile": {"x": ""}}))
    fits = "x" * (DESIRED_LIMIT_BYTES - envelope)
    parse_desired(encode_json({"version": 1, "profile": {"x": fits}}))
    with pytest.raises(PayloadError, match="bytes"):
        parse_desired(encode_json({"version": 1, "profile": {"x": fits + "x"}}))


def test_reported_errors_are_bounded_and_the_rest_is_counted() -> None:
    errors = [
        ConfigError(place=f"rules.{number}", problem="x" * 5000, hint="") for number in range(100)
    ]
    assert bounded_errors(errors[:MOST_ERRORS]) == tuple(errors[:MOST_ERRORS])
    bounded = bounded_errors(errors)
    assert len(bounded) == MOST_ERRORS
    assert bounded[-1].problem == f"{len(errors) - (MOST_ERRORS - 1)} more errors"
    assert len(encode_json([error.model_dump() for error in bounded])) < 10_000


def test_what_is_not_a_number_is_our_own_mistake() -> None:
    with pytest.raises(ValidationError):
        PassagePayload(sensor="M07", boot="b", seq=1, age_s=float("nan"))
