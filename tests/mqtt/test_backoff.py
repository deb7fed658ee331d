import random

from controller.mqtt.backoff import Backoff
from controller.mqtt.broker import Limits

SEEDED = random.Random(1)  # noqa: S311 a test that can be repeated


class Greatest(random.Random):
    """Always draws the upper bound."""

    def uniform(self, a: float, b: float) -> float:
        return max(a, b)


def make(rng: random.Random) -> Backoff:
    limits = Limits()
    return Backoff(rng, first_s=limits.backoff_first_s, cap_s=limits.backoff_cap_s)


def test_the_bound_doubles_up_to_the_cap_and_starts_again_after_a_reset() -> None:
    backoff = make(Greatest())
    bounds_s = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0]
    assert [backoff.next_s() for _ in bounds_s] == bounds_s
    backoff.reset()
    assert backoff.next_s() == bounds_s[0]


def test_pauses_are_spread_over_the_whole_range() -> None:
    backoff = make(SEEDED)
    for _ in range(10):
        backoff.next_s()
    pauses_s = [backoff.next_s() for _ in range(1000)]
    assert 0.0 <= min(pauses_s) < 1.0
    assert 59.0 < max(pauses_s) <= 60.0


def test_what_a_person_must_mend_is_tried_at_the_slow_end() -> None:
    backoff = make(SEEDED)
    pauses_s = [backoff.slow_s() for _ in range(1000)]
    assert min(pauses_s) >= 30.0
    assert max(pauses_s) <= 60.0
