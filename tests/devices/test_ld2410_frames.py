import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.devices.ld2410_frames import RadarReport, parse
from tests.devices.fake_ld2410 import BOTH, GATES, MOVING, NOBODY, STILL, frame, framed

LONGEST_FRAME = 4 + 2 + 64 + 4
# the example of a basic report in Hi-Link's document
EXAMPLE = bytes.fromhex("f4f3f2f1 0d00 02aa 02 5100 00 0000 3b 0000 5500 f8f7f6f5")

centimetres = st.integers(0, 0xFFFF)
states = st.integers(NOBODY, BOTH)
frames = st.builds(frame, states, centimetres, centimetres, gates=st.sampled_from([b"", GATES]))
# noise that looks like frames, too
pieces = st.one_of(
    frames,
    st.binary(max_size=80),
    st.sampled_from([b"\xf4", b"\xf4\xf3\xf2", b"\xf4\xf3\xf2\xf1", b"\xf4\xf3\xf2\xf1\x0d\x00"]),
    st.builds(lambda sound, cut: sound[:cut], frames, st.integers(0, 50)),
)


def test_the_documents_example() -> None:
    assert parse(EXAMPLE) == ([RadarReport(None, 0.0)], b"")


@pytest.mark.parametrize("gates", [b"", GATES])
def test_states_and_distances(gates: bytes) -> None:
    said = b"".join(frame(state, 150, 420, gates=gates) for state in (NOBODY, MOVING, STILL, BOTH))
    assert parse(said)[0] == [
        RadarReport(None, None),
        RadarReport(1.5, None),
        RadarReport(None, 4.2),
        RadarReport(1.5, 4.2),
    ]


def changed(at: int, value: int) -> bytes:
    spoiled = bytearray(EXAMPLE)
    spoiled[at] = value
    return bytes(spoiled)


@pytest.mark.parametrize(
    "unsound",
    [
        *(changed(at, 0x00) for at in (0, 1, 2, 3, 19, 20, 21, 22)),  # header and footer
        changed(4, 0x0C),
        changed(5, 0x01),
        changed(6, 0x03),  # type
        changed(7, 0xAB),
        changed(8, 0x04),  # state
        changed(11, 101),  # energies
        changed(14, 101),
        changed(17, 0x54),
        changed(18, 0x01),
        framed(EXAMPLE[6:-6] + b"\x00" + b"\x55\x00"),  # a basic report that is too long
        framed(b"\x01\xaa" + bytes(61) + b"\x55\x00"),  # longer than any
        framed(b"\x55\x00"),
        framed(b""),
    ],
)
def test_what_is_not_sound_is_no_report_and_does_not_hide_the_next(unsound: bytes) -> None:
    # behind it as much as the damaged length may have asked for
    assert parse(unsound + EXAMPLE * 5)[0] == [RadarReport(None, 0.0)] * 5


@given(st.lists(pieces, max_size=12).map(b"".join), st.lists(st.integers(1, 40), max_size=60))
def test_however_it_comes_in_the_reports_are_the_same(said: bytes, sizes: list[int]) -> None:
    whole, left = parse(said)
    reports: list[RadarReport] = []
    rest, at = b"", 0
    for size in [*sizes, len(said)]:
        new, rest = parse(rest + said[at : at + size])
        at += size
        reports += new
        assert len(rest) < LONGEST_FRAME
    assert (reports, rest) == (whole, left)


@given(st.binary(max_size=300), st.lists(frames, min_size=1, max_size=5))
def test_behind_any_bytes_frames_are_found_again(noise: bytes, said: list[bytes]) -> None:
    # A begun frame in the noise may wait for as many bytes as the longest frame has.
    reports, _ = parse(noise + b"".join(said) + bytes(LONGEST_FRAME))
    assert reports[-len(said) :] == [parse(one)[0][0] for one in said]


@given(st.lists(frames, max_size=5).map(b"".join), st.integers(0, 200), st.integers(1, 255))
def test_a_flipped_byte_costs_one_report_at_most(said: bytes, at: int, flip: int) -> None:
    count = len(parse(said)[0])
    spoiled = bytearray(said)
    if at < len(said):
        spoiled[at] ^= flip
    assert count - 1 <= len(parse(bytes(spoiled) + bytes(LONGEST_FRAME))[0]) <= count
