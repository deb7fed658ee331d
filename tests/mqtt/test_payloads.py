"""What stands on the wire, byte for byte, and what is refused."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from controller.mqtt.commands import (
    ARGUMENTS,
    COMMAND_LIMIT_BYTES,
    GREATEST_EMERGENCY_S,
    GREATEST_IDENTIFY_S,
    GREATEST_OVERRIDE_S,
    MOST_LAMPS,
    Command,
    CommandName,
    IdentifyArgs,
    LampSet,
    OrderResult,
    Reply,
    parse_lamp_set,
)
from controller.mqtt.config import (
    DESIRED_LIMIT_BYTES,
    MOST_ERRORS,
    DesiredConfig,
    Trouble,
    bounded_errors,
    parse_desired,
)
from controller.mqtt.payloads import (
    GREATEST_AGE_S,
    GREATEST_STAY_S,
    OFFLINE,
    ONLINE,
    PASSAGE_LIMIT_BYTES,
    LampReport,
    LampStatePayload,
    PassagePayload,
    Payload,
    parse_availability,
    parse_passage,
)
from controller.mqtt.wire import GREATEST_INTEGER, PayloadError, encode_json
from tests.mqtt.examples import EXAMPLES, STATE_UNTRUSTED, parse_command

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


def test_times_are_null_while_the_clock_is_not_trusted() -> None:
    sent = json.loads(STATE_UNTRUSTED.to_bytes())
    assert sent["at"] is None
    assert sent["clock_trusted"] is False


@pytest.mark.parametrize(
    ("level_pct", "state", "brightness"),
    [(0.0, "OFF", 0), (0.1, "ON", 1), (10.4, "ON", 10), (99.6, "ON", 100), (100.0, "ON", 100)],
)
def test_a_lamp_is_a_light_of_home_assistant(level_pct: float, state: str, brightness: int) -> None:
    light = LampStatePayload.of_level(level_pct, "override")
    assert (light.state, light.brightness, light.effect) == (state, brightness, "override")


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


field_names = st.text(max_size=5)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(field_names, inner),
    max_leaves=8,
)
offsets = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
times = st.one_of(
    st.datetimes(timezones=st.none() | offsets).map(datetime.isoformat),
    st.from_regex(
        r"2026-01-15T17:03:22(\.[0-9]{1,9})?(Z|[+-][0-2][0-9]:[0-5][0-9])?", fullmatch=True
    ),
    st.text(max_size=30),
)
names = st.sampled_from(["name", "", "x" * 65]) | st.text(max_size=5)
likely: dict[str, st.SearchStrategy[object]] = {
    "sensor": names,
    "boot": names,
    "seq": st.integers(-1, 2**53 + 1),
    "active": st.booleans(),
    "age_s": st.floats(-1.0, 1e5),
    "version": st.integers(-1, 2**53 + 1),
    "profile": st.dictionaries(st.text(max_size=5), json_values, max_size=3),
    "patch": st.dictionaries(st.text(max_size=5), json_values, max_size=3),
    "if_version": st.integers(-1, 3),
    "id": names,
    "name": st.sampled_from(list(ARGUMENTS)),
    "args": st.dictionaries(st.text(max_size=5), json_values, max_size=3),
    "expires_at": times,
    "state": st.sampled_from(["ON", "OFF", "on"]),
    "brightness": st.integers(-1, 101),
    "effect": st.just("automatic"),
    "lamps": st.lists(names, max_size=3),
    "lamp": names,
    "level_pct": st.floats(-1.0, 101.0),
    "duration_s": st.floats(-1.0, 1e5),
}
PARSERS: tuple[tuple[Callable[[bytes], Payload], type[Payload], tuple[str, ...]], ...] = (
    (parse_passage, PassagePayload, ("sensor", "boot", "seq", "active", "age_s")),
    (parse_desired, DesiredConfig, ("version", "profile", "patch", "if_version")),
    (parse_command, Command, ("id", "name", "args", "expires_at")),
    (parse_lamp_set, LampSet, ("state", "brightness", "effect")),
)


def like(fields: tuple[str, ...]) -> st.SearchStrategy[dict[str, object]]:
    """Objects with some of these fields, most of them sound, and now and then another one."""
    values = {name: likely[name] | likely[name] | json_values for name in fields}
    return st.fixed_dictionaries({}, optional={**values, "extra": json_values})


arbitrary = st.binary(max_size=100) | st.one_of(
    json_values, *(like(fields) for _, _, fields in PARSERS)
).map(lambda value: json.dumps(value).encode())


@given(arbitrary)
def test_any_bytes_are_refused_in_one_line_or_read_and_can_be_written_again(data: bytes) -> None:
    for parse, kind, _ in PARSERS:
        result = outcome(parse, data)
        if isinstance(result, kind):
            assert outcome(parse, result.to_bytes()) == result
        else:
            assert is_one_short_line(result)


@pytest.mark.parametrize(("parse", "kind", "fields"), PARSERS)
@given(st.data())
def test_what_is_nearly_a_payload_is_refused_or_can_be_written_again(
    parse: Callable[[bytes], Payload],
    kind: type[Payload],
    fields: tuple[str, ...],
    data: st.DataObject,
) -> None:
    value = data.draw(st.fixed_dictionaries({}, optional={x: likely[x] for x in fields}))
    result = outcome(parse, json.dumps(value).encode())
    if isinstance(result, kind):
        assert outcome(parse, result.to_bytes()) == result
    else:
        assert is_one_short_line(result)


@pytest.mark.parametrize("name", ARGUMENTS)
@given(like(("lamps", "lamp", "level_pct", "duration_s", "active")))
def test_any_arguments_are_refused_or_can_be_written_again(
    name: CommandName, args: dict[str, object]
) -> None:
    model = ARGUMENTS[name]
    try:
        arguments = model.model_validate(args)
    except ValidationError:
        return
    assert model.model_validate(json.loads(arguments.to_bytes())) == arguments


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


PATCH = {"version": 2, "patch": {}, "if_version": 1}


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"version": 0, "profile": {}}, "version"),
        ({"version": "1", "profile": {}}, "version"),
        ({"version": 1.0, "profile": {}}, "version"),
        ({"version": True, "profile": {}}, "version"),
        ({"version": GREATEST_INTEGER + 1, "profile": {}}, "the number"),
        ({"profile": {}}, "version"),
        ({"version": 1, "profile": []}, "profile"),
        ({"version": 1, "profile": "{}"}, "profile"),
        ({"version": 1, "profile": {}, "layer": "node"}, "layer"),
        ({"version": 1, "profile": {}, "if_version": -1}, "if_version"),
        ({"version": 1, "profile": {}, "if_version": "0"}, "if_version"),
        (PATCH | {"patch": [{"op": "remove", "path": "/levels"}]}, "patch"),
        ([], "payload"),
        (None, "payload"),
    ],
)
def test_only_the_envelope_of_a_desired_profile_is_judged(value: object, place: str) -> None:
    with pytest.raises(PayloadError, match=f"^{place}"):
        parse_desired(json.dumps(value).encode())


@pytest.mark.parametrize(
    "value",
    [
        {"version": 1},
        {"version": 1, "profile": None},
        {"version": 1, "patch": None, "if_version": 0},
        PATCH | {"profile": {}},
    ],
)
def test_a_desired_profile_says_exactly_one_of_profile_and_patch(value: object) -> None:
    with pytest.raises(PayloadError, match="needs either profile or patch"):
        parse_desired(json.dumps(value).encode())


@pytest.mark.parametrize("if_version", [{}, {"if_version": None}])
def test_a_patch_says_which_version_it_changes(if_version: dict[str, object]) -> None:
    value = {"version": 2, "patch": {}} | if_version
    with pytest.raises(PayloadError, match="a patch needs if_version"):
        parse_desired(json.dumps(value).encode())


@pytest.mark.parametrize(
    "value",
    [
        PATCH,
        PATCH | {"if_version": 0},
        {"version": 1, "profile": {}},
        {"version": GREATEST_INTEGER, "profile": {}, "if_version": GREATEST_INTEGER},
        {"version": 1, "profile": {}, "patch": None, "if_version": None},
    ],
)
def test_what_a_desired_profile_may_say_in_its_envelope(value: dict[str, object]) -> None:
    desired = parse_desired(json.dumps(value).encode())
    assert desired.version == value["version"]
    assert (desired.profile is None) == ("patch" in value and value["patch"] is not None)


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


GOOD_COMMAND = {"id": "c1", "name": "ping"}


def test_a_command_needs_only_an_id_and_a_name() -> None:
    command = parse_command(json.dumps(GOOD_COMMAND).encode())
    assert (command.id, command.name, command.args, command.expires_at) == ("c1", "ping", {}, None)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"id": ""}, "id"),
        ({"id": "x" * 65}, "id"),
        ({"id": 7}, "id"),
        ({"id": None}, "id"),
        ({"name": "reboot"}, "name"),
        ({"name": "Ping"}, "name"),
        ({"name": ["ping"]}, "name"),
        ({"args": []}, "args"),
        ({"args": None}, "args"),
        ({"args": "{}"}, "args"),
        ({"expires": "2026-01-15T17:00:00+01:00"}, "expires"),
    ],
)
def test_a_command_is_read_strictly(change: dict[str, object], place: str) -> None:
    with pytest.raises(PayloadError, match=f"^{place}: "):
        parse_command(json.dumps(GOOD_COMMAND | change).encode())


@pytest.mark.parametrize("missing", ["id", "name"])
def test_a_command_without_an_id_or_a_name_is_none(missing: str) -> None:
    incomplete = {name: value for name, value in GOOD_COMMAND.items() if name != missing}
    with pytest.raises(PayloadError, match=f"^{missing}: "):
        parse_command(json.dumps(incomplete).encode())


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("2026-01-15T17:00:00+01:00", "2026-01-15T16:00:00+00:00"),
        ("2026-01-15T16:00:00Z", "2026-01-15T16:00:00+00:00"),
        ("2026-01-15T16:00:00.5-00:30", "2026-01-15T16:30:00.500000+00:00"),
    ],
)
def test_times_are_rfc_3339(text: str, utc: str) -> None:
    command = parse_command(json.dumps(GOOD_COMMAND | {"expires_at": text}).encode())
    assert command.expires_at == datetime.fromisoformat(utc)


@pytest.mark.parametrize(
    "value",
    [
        "2026-01-15T17:00:00",
        "2026-01-15",
        "17:00:00+01:00",
        "tomorrow",
        "",
        "2026-02-30T17:00:00+01:00",
        "2026-01-15T25:00:00+01:00",
        "1768492800",
        1_768_492_800,
        1_768_492_800.0,
        True,
        ["2026-01-15T17:00:00+01:00"],
        {"at": "2026-01-15T17:00:00+01:00"},
    ],
)
def test_nothing_else_is_taken_for_a_time(value: object) -> None:
    with pytest.raises(PayloadError, match=r"^expires_at: "):
        parse_command(json.dumps(GOOD_COMMAND | {"expires_at": value}).encode())


@pytest.mark.parametrize(
    "text",
    [
        "20260115T170000+0100",
        "2026-W03-4T17:00:00+01:00",
        "2026-01-15T17:00+01:00",
        "2026-01-15T17:00:00+01",
        "2026-01-15T17:00:00+01:00:30",
        "2026-01-15x17:00:00+01:00",
    ],
)
def test_other_forms_of_iso_8601_are_no_times(text: str) -> None:
    with pytest.raises(PayloadError, match=r"^expires_at: "):
        parse_command(json.dumps(GOOD_COMMAND | {"expires_at": text}).encode())


@pytest.mark.parametrize("name", ["\n", "\f", "\x1b[31m", "\u2028"])
def test_a_field_name_that_cannot_be_printed_does_not_reach_the_journal(name: str) -> None:
    assert is_one_short_line(outcome(parse_command, encode_json(GOOD_COMMAND | {name: 1})))


def test_a_command_has_a_greatest_size() -> None:
    envelope = len(encode_json(GOOD_COMMAND | {"args": {"x": ""}}))
    fits = "x" * (COMMAND_LIMIT_BYTES - envelope)
    parse_command(encode_json(GOOD_COMMAND | {"args": {"x": fits}}))
    with pytest.raises(PayloadError, match="bytes"):
        parse_command(encode_json(GOOD_COMMAND | {"args": {"x": fits + "x"}}))


LEVEL = {"level_pct": 40.0}
LAMP = {"lamp": "L01"}


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("override", LEVEL),
        ("override", {"level_pct": 0}),
        ("override", {"level_pct": 100, "lamps": ["L01"], "duration_s": GREATEST_OVERRIDE_S}),
        ("override", LEVEL | {"lamps": ["L"] * MOST_LAMPS, "duration_s": 0.001}),
        ("override", LEVEL | {"lamps": None, "duration_s": None}),
        ("clear_override", {}),
        ("clear_override", {"lamps": ["L01", "L02"]}),
        ("emergency", {}),
        ("emergency", {"duration_s": GREATEST_EMERGENCY_S}),
        ("emergency", {"active": False}),
        ("explain", LAMP),
        ("identify", LAMP),
        ("identify", LAMP | {"duration_s": GREATEST_IDENTIFY_S}),
        *((name, {}) for name in ("selftest", "report", "ping")),
    ],
)
def test_what_the_arguments_may_be(name: CommandName, args: dict[str, object]) -> None:
    ARGUMENTS[name].model_validate(args)


@pytest.mark.parametrize(
    ("name", "args", "place"),
    [
        ("override", {}, "level_pct"),
        ("override", {"level_pct": -0.1}, "level_pct"),
        ("override", {"level_pct": 100.1}, "level_pct"),
        ("override", {"level_pct": "40"}, "level_pct"),
        ("override", {"level_pct": True}, "level_pct"),
        ("override", {"level_pct": None}, "level_pct"),
        ("override", LEVEL | {"lamps": []}, "lamps"),
        ("override", LEVEL | {"lamps": "L01"}, "lamps"),
        ("override", LEVEL | {"lamps": [""]}, "lamps"),
        ("override", LEVEL | {"lamps": [7]}, "lamps"),
        ("override", LEVEL | {"lamps": ["L"] * (MOST_LAMPS + 1)}, "lamps"),
        ("override", LEVEL | {"duration_s": 0}, "duration_s"),
        ("override", LEVEL | {"duration_s": -1.0}, "duration_s"),
        ("override", LEVEL | {"duration_s": GREATEST_OVERRIDE_S + 0.1}, "duration_s"),
        ("override", LEVEL | {"duration_s": "600"}, "duration_s"),
        ("override", LEVEL | {"until": "2026-01-15T17:00:00+01:00"}, "until"),
        ("clear_override", {"lamps": []}, "lamps"),
        ("clear_override", LEVEL, "level_pct"),
        ("emergency", {"active": 1}, "active"),
        ("emergency", {"active": None}, "active"),
        ("emergency", {"duration_s": 0.0}, "duration_s"),
        ("emergency", {"duration_s": GREATEST_EMERGENCY_S + 0.1}, "duration_s"),
        ("emergency", {"lamps": ["L01"]}, "lamps"),
        ("explain", {}, "lamp"),
        ("explain", {"lamp": ""}, "lamp"),
        ("explain", {"lamp": "x" * 65}, "lamp"),
        ("explain", {"lamp": ["L01"]}, "lamp"),
        ("identify", {}, "lamp"),
        ("identify", LAMP | {"duration_s": 0}, "duration_s"),
        ("identify", LAMP | {"duration_s": None}, "duration_s"),
        ("identify", LAMP | {"duration_s": GREATEST_IDENTIFY_S + 0.1}, "duration_s"),
        *((name, LAMP, "lamp") for name in ("selftest", "report", "ping")),
    ],
)
def test_arguments_are_read_strictly(
    name: CommandName, args: dict[str, object], place: str
) -> None:
    with pytest.raises(ValidationError) as raised:
        ARGUMENTS[name].model_validate(args)
    assert {fault["loc"][0] for fault in raised.value.errors()} == {place}


def test_an_emergency_begins_and_identifying_ends_by_itself_where_nothing_is_said() -> None:
    assert json.loads(ARGUMENTS["emergency"]().to_bytes()) == {"active": True, "duration_s": None}
    assert IdentifyArgs(lamp="L01").duration_s == 30.0


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"state": "OFF"}, LampSet(state="OFF")),
        ({"state": "ON", "brightness": 0}, LampSet(state="ON", brightness=0)),
        ({"state": "ON", "brightness": 100}, LampSet(state="ON", brightness=100)),
        ({"effect": "automatic"}, LampSet(effect="automatic")),
    ],
)
def test_what_home_assistant_may_say_of_a_lamp(value: object, expected: LampSet) -> None:
    assert parse_lamp_set(json.dumps(value).encode()) == expected


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ({"state": "on"}, "state"),
        ({"state": True}, "state"),
        ({"state": "ON", "brightness": -1}, "brightness"),
        ({"state": "ON", "brightness": 101}, "brightness"),
        ({"state": "ON", "brightness": 50.5}, "brightness"),
        ({"state": "ON", "brightness": "50"}, "brightness"),
        ({"effect": "override"}, "effect"),
        ({"state": "ON", "color_temp": 300}, "color_temp"),
        ({}, "payload: needs state or effect"),
        ({"brightness": 50}, "payload: needs state or effect"),
        ("ON", "payload"),
    ],
)
def test_a_lamp_is_switched_strictly(value: object, place: str) -> None:
    with pytest.raises(PayloadError, match=f"^{place}"):
        parse_lamp_set(json.dumps(value).encode())


def test_what_is_ordered_is_told_rounded_and_in_whole_seconds() -> None:
    until = datetime.fromisoformat("2026-01-15T17:33:22.987+01:00")
    told = json.loads(OrderResult(lamps=["L01"], seconds=599.9999, until=until).to_bytes())
    assert told == {"lamps": ["L01"], "seconds": 600.0, "until": "2026-01-15T17:33:22+01:00"}


def test_a_reply_to_what_could_not_be_read_has_no_id() -> None:
    trouble = Trouble(place="message", problem="x" * 5000, hint="")
    told = json.loads(Reply(id=None, ok=False, errors=(trouble,)).to_bytes())
    assert (told["id"], told["ok"], told["result"]) == (None, False, None)
    assert len(told["errors"][0]["problem"]) == 300


def test_reported_errors_are_bounded_and_the_rest_is_counted() -> None:
    errors = [
        Trouble(place=f"rules.{number}", problem="x" * 5000, hint="") for number in range(100)
    ]
    assert bounded_errors(errors[:MOST_ERRORS]) == tuple(errors[:MOST_ERRORS])
    bounded = bounded_errors(errors)
    assert len(bounded) == MOST_ERRORS
    assert bounded[-1].problem == f"{len(errors) - (MOST_ERRORS - 1)} more errors"
    assert len(encode_json([error.model_dump() for error in bounded])) < 10_000


def test_what_is_not_a_number_is_our_own_mistake() -> None:
    with pytest.raises(ValidationError):
        PassagePayload(sensor="M07", boot="b", seq=1, age_s=float("nan"))
