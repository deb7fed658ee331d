import ctypes
import time

import pytest

from controller import clock
from controller.clock import HostClock, kernel_clock_synchronised

TIME_ERROR = 5
"""What adjtimex(2) returns for a clock that nothing disciplines."""
STATUS_AT = 5 * ctypes.sizeof(ctypes.c_long)
"""Before it are `modes`, padded to a long, and four longs."""


class Timex:
    """A libc whose adjtimex gives what the test wants."""

    def __init__(self, status: int, returned: int, at: int = STATUS_AT) -> None:
        self._status = status
        self._returned = returned
        self._at = at

    def adjtimex(self, timex: "ctypes.Array[ctypes.c_char]") -> int:
        ctypes.c_int.from_buffer(timex, self._at).value = self._status
        return self._returned


def test_it_agrees_with_what_the_kernel_returns() -> None:
    query = ctypes.create_string_buffer(1024)
    returned = ctypes.CDLL(None, use_errno=True).adjtimex(query)
    assert kernel_clock_synchronised() is (0 <= returned != TIME_ERROR)


@pytest.mark.parametrize(
    ("status", "returned", "synchronised"),
    [
        (0x2001, 0, True),  # STA_PLL, STA_NANO
        (0x2041, TIME_ERROR, False),  # and STA_UNSYNC
        (0x0040, TIME_ERROR, False),
        (0x0000, -1, False),  # a sandbox that forbids the call
    ],
)
def test_the_kernels_word(
    monkeypatch: pytest.MonkeyPatch, status: int, returned: int, *, synchronised: bool
) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: Timex(status, returned))
    assert kernel_clock_synchronised() is synchronised


def test_a_32_bit_pi_without_a_time_server_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    # There the longs of struct timex have 32 bits, so `status` lies elsewhere. What adjtimex
    # returns says the same (TIME_ERROR for STA_UNSYNC) wherever it runs.
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: Timex(0x0040, TIME_ERROR, at=20))
    assert kernel_clock_synchronised() is False


def test_always_trusted() -> None:
    moment = HostClock("always").moment()
    assert moment.utc_s is not None


def test_trust_begins_when_the_kernel_says_so_and_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = [False, False, True]
    monkeypatch.setattr(clock, "kernel_clock_synchronised", lambda: answers.pop(0))
    host = HostClock("kernel")
    trusted = [host.moment().utc_s is not None for _ in range(5)]
    assert trusted == [False, False, True, True, True]
    assert answers == []


def test_always_asks_no_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "kernel_clock_synchronised", lambda: pytest.fail("asked"))
    HostClock("always").moment()


def test_both_clocks_are_the_hosts_own() -> None:
    host = HostClock("always")
    early = (time.monotonic(), time.time_ns() / 1e9)
    moment = host.moment()
    late = (time.monotonic(), time.time_ns() / 1e9)
    assert moment.utc_s is not None
    assert early[0] <= moment.mono_s <= late[0]
    assert early[1] - 1e-6 <= moment.utc_s <= late[1] + 1e-6
