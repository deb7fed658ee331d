import contextlib
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.mqtt.wire import (
    GREATEST_DEPTH,
    GREATEST_INTEGER,
    PayloadError,
    decode_json,
    encode_json,
)

LIMIT_BYTES = 4096

numbers = st.integers(-GREATEST_INTEGER, GREATEST_INTEGER) | st.floats(
    allow_nan=False, allow_infinity=False
)
plain = st.recursive(
    st.none() | st.booleans() | numbers | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)


@given(plain)
def test_what_is_written_can_be_read(value: object) -> None:
    data = encode_json({"value": value})
    assert decode_json(data, limit_bytes=len(data)) == {"value": value}


@given(st.binary(max_size=200) | plain.map(lambda value: json.dumps(value).encode()))
def test_whatever_is_accepted_can_be_written_again(data: bytes) -> None:
    with contextlib.suppress(PayloadError):
        value = decode_json(data, limit_bytes=LIMIT_BYTES)
        assert decode_json(encode_json(value), limit_bytes=2 * LIMIT_BYTES) == value


def nested(depth: int) -> bytes:
    return b"[" * depth + b"]" * depth


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b" " * (LIMIT_BYTES + 1), "4097 bytes"),
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff", "not UTF-8"),
        ('{"a":1}'.encode("utf-16"), "not UTF-8"),
        (b"\xef\xbb\xbf{}", "not JSON"),
        (b'{"a":1,"b":{"c":1,"c":2}}', "'c' stands twice"),
        (b'{"a":NaN}', "NaN"),
        (b'{"a":-Infinity}', "-Infinity"),
        (b'{"a":1e999}', "too great"),
        (str(GREATEST_INTEGER + 1).encode(), "too great"),
        (b"-" + b"9" * 4000, "too great"),
        (b'"\\ud800"', "surrogate"),
        (b'{"\\udfff":1}', "surrogate"),
        (nested(GREATEST_DEPTH + 1), "nested deeper"),
    ],
)
def test_what_json_readers_disagree_on_is_refused(data: bytes, problem: str) -> None:
    with pytest.raises(PayloadError, match=problem):
        decode_json(data, limit_bytes=LIMIT_BYTES)


def test_the_deepest_nesting_is_accepted_and_the_deepest_attack_is_not() -> None:
    decode_json(nested(GREATEST_DEPTH), limit_bytes=LIMIT_BYTES)
    attack = b"[" * 10**6
    with pytest.raises(PayloadError, match="nested deeper"):
        decode_json(attack, limit_bytes=len(attack))


def test_writing_sorts_names_and_refuses_what_json_has_no_word_for() -> None:
    assert encode_json({"b": [1, None], "a": "ü"}) == '{"a":"ü","b":[1,null]}'.encode()
    with pytest.raises(ValueError, match="JSON"):
        encode_json(math.nan)
