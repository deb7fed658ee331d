import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_sim.board.messages import (
    MAX_LAMPS,
    MAX_NAME_CHARS,
    BadLineError,
    Hello,
    InputSet,
    LuxSet,
    PinDriven,
    PinReleased,
    PowerSet,
    encode,
    parse_controller,
    parse_outside,
)


@pytest.mark.parametrize(
    ("line", "meaning"),
    [
        (b'{"pin": 17, "value": 1}', InputSet(17, 1)),
        (b'{"lux": 12.5}', LuxSet(12.5)),
        (b'{"lux": null}', LuxSet(None)),
        (b'{"power_w": {"L01": 14.2}}', PowerSet({"L01": 14.2})),
        (b'{"hello": "controller"}', Hello()),
    ],
)
def test_outside_lines_of_the_contract_are_understood(line: bytes, meaning: object) -> None:
    assert parse_outside(line) == meaning


@pytest.mark.parametrize(
    ("line", "meaning"),
    [
        (b'{"pin": 12, "duty": 0.35, "at": 5.5}', PinDriven(12, 0.35, 5.5)),
        (b'{"pin": 12, "driven": false, "at": 5.5}', PinReleased(12, 5.5)),
    ],
)
def test_controller_lines_are_understood(line: bytes, meaning: object) -> None:
    assert parse_controller(line) == meaning


@pytest.mark.parametrize(
    ("message", "place"),
    [
        ({"pin": 28, "value": 1}, "pin"),
        ({"pin": True, "value": 1}, "pin"),
        ({"pin": "17", "value": 1}, "pin"),
        ({"pin": 17, "value": 2}, "value"),
        ({"pin": 17, "value": 0.5}, "value"),
        ({"pin": 17, "value": True}, "value"),
        ({"pin": 17, "value": 1, "at": 3}, "unknown message"),
        ({"lux": -1}, "lux"),
        ({"lux": "12"}, "lux"),
        ({"lux": 10**400}, "lux"),
        ({"power_w": 3}, "power_w"),
        ({"power_w": {"L01": None}}, "power_w of L01"),
        ({"power_w": {f"L{number}": 1 for number in range(MAX_LAMPS + 1)}}, "power_w"),
        ({"power_w": {"L" * (MAX_NAME_CHARS + 1): 1}}, "power_w"),
        ({"hello": "world"}, "unknown message"),
        ({}, "unknown message"),
        ([], "object"),
    ],
)
def test_what_is_wrong_with_an_outside_line_is_named(message: object, place: str) -> None:
    with pytest.raises(BadLineError, match=place):
        parse_outside(json.dumps(message).encode())


@pytest.mark.parametrize("line", [b'{"lux": NaN}', b'{"lux": Infinity}', b"[" * 4000, b"\xff"])
def test_what_json_libraries_let_pass_is_refused(line: bytes) -> None:
    with pytest.raises(BadLineError):
        parse_outside(line)


@pytest.mark.parametrize(
    "line",
    [
        b'{"pin": 12, "duty": 1.01, "at": 5.5}',
        b'{"pin": 12, "duty": 0.5}',
        b'{"pin": 12, "driven": true, "at": 5.5}',
        b'{"pin": 12, "duty": 0.5, "at": 1e999}',
    ],
)
def test_a_controller_is_held_to_its_lines_too(line: bytes) -> None:
    with pytest.raises(BadLineError):
        parse_controller(line)


@given(
    st.binary(max_size=64) | st.recursive(st.none() | st.text(), st.lists).map(repr).map(str.encode)
)
def test_no_bytes_raise_anything_else(line: bytes) -> None:
    for parse in (parse_outside, parse_controller):
        with suppress(BadLineError):
            parse(line)


def test_a_message_is_one_line() -> None:
    assert encode({"error": "a\nb"}).count(b"\n") == 1
