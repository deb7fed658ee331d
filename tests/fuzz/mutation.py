"""Making new inputs of known ones: bit by bit, and word by word for text."""

import re
from collections.abc import Callable, Sequence
from random import Random

TOKEN = re.compile(rb'"(?:[^"\\\n]|\\.)*"|[A-Za-z0-9_.+-]+|\s+|.', re.DOTALL)
HOSTILE = (
    *(
        b"0",
        b"-1",
        b"1",
        b"-0.0",
        b"0.5",
        b"255",
        b"65536",
        b"1e308",
        b"1e999",
        b"9007199254740993",
    ),
    *(b"9" * 400, b"-1e-400", b"NaN", b"-Infinity", b"inf", b"null", b"true", b"false", b"0x10"),
    *(b'""', b'"a"', b'"\\ud800"', b'"\\u0000"', b'"\\u202e"', b'"' + b"x" * 300 + b'"', b"\x00"),
    *(b"[", b"]", b"{", b"}", b"[]", b"{}", b",", b":", b"=", b";", b"\n", b"\r", b"#", b"[[a]]"),
    *(b"[" * 60, b'{"a":' * 30, b"\xff", b"\xef\xbb\xbf", "ä".encode(), "\u0663".encode()),
    *(b"2026-02-30", b"2026-01-15T17:00:00Z", b"24:00", b"../..", b"+", b"/", b"all"),
)
"""Words that have upset parsers before."""
_INTERESTING = (0, 1, 0x7F, 0x80, 0xFE, 0xFF, 0x20, 0x0A)
_LONGEST_PIECE = 32

Mutation = Callable[[bytes, Random, Sequence[bytes]], bytes]


def words_of(inputs: Sequence[bytes]) -> list[bytes]:
    """Return the words that stand in some inputs, and those that have upset others."""
    found = {token for data in inputs for token in TOKEN.findall(data) if not token.isspace()}
    return sorted(found) + list(HOSTILE)


def mutated(data: bytes, random: Random, words: Sequence[bytes], other: bytes) -> bytes:
    """Change an input in one to five places; now and then go on like another one."""
    if random.random() < 0.1:
        data = data[: random.randint(0, len(data))] + other[random.randint(0, len(other)) :]
    for _ in range(random.choice((1, 1, 1, 2, 3, 5))):
        data = random.choice(_MUTATIONS)(data, random, words)
    return data


def _place(data: bytes, random: Random) -> tuple[int, int]:
    begin = random.randint(0, len(data))
    return begin, min(len(data), begin + random.randint(1, _LONGEST_PIECE))


def _bit(data: bytes, random: Random, _words: Sequence[bytes]) -> bytes:
    changed = bytearray(data or b"\0")
    changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def _byte(data: bytes, random: Random, _words: Sequence[bytes]) -> bytes:
    at = random.randint(0, len(data))
    byte = random.choice((random.choice(_INTERESTING), random.randrange(256)))
    return data[:at] + bytes([byte]) + data[at + random.randint(0, 1) :]


def _cut(data: bytes, random: Random, _words: Sequence[bytes]) -> bytes:
    begin, end = _place(data, random)
    return data[:begin] + data[end:]


def _again(data: bytes, random: Random, _words: Sequence[bytes]) -> bytes:
    begin, end = _place(data, random)
    return data[:end] + data[begin:end] * random.choice((1, 1, 2, 20)) + data[end:]


def _word_in(data: bytes, random: Random, words: Sequence[bytes]) -> bytes:
    begin, end = _place(data, random)
    return data[:begin] + random.choice(words) + data[random.choice((begin, end)) :]


def _token(data: bytes, random: Random, words: Sequence[bytes]) -> bytes:
    """Put a word in the place of another, or of none."""
    tokens = TOKEN.findall(data) or [b""]
    at = random.randrange(len(tokens))
    tokens[at : at + random.randint(0, 1)] = [random.choice(words)]
    return b"".join(tokens)


def _tokens_out(data: bytes, random: Random, _words: Sequence[bytes]) -> bytes:
    tokens = TOKEN.findall(data)
    begin = random.randint(0, len(tokens))
    del tokens[begin : begin + random.randint(1, 6)]
    return b"".join(tokens)


def _lines(data: bytes, random: Random, _words: Sequence[bytes]) -> bytes:
    """Drop a line, or put it elsewhere, too."""
    lines = data.splitlines(keepends=True) or [b""]
    line = random.choice(lines)
    at = random.randrange(len(lines))
    lines[at : at + random.randint(0, 1)] = random.choice(([], [line]))
    return b"".join(lines)


_MUTATIONS: tuple[Mutation, ...] = (
    *(_bit, _byte, _byte, _cut, _again, _word_in, _token, _token, _token, _tokens_out, _lines),
)
