"""What is known of a DALI gear, without a word of how it is asked."""

from typing import NamedTuple


class GearError(OSError):
    """A gear does not answer, or does not do what it is told. `cause`: the same in one word."""

    def __init__(self, cause: str, text: str) -> None:
        """Take the cause, and the text for people."""
        super().__init__(text)
        self.cause = cause


class Status(NamedTuple):
    """A gear's answer: `level` 0 to 254, None while it cannot tell; `register` of its fade time.

    `cut`: it could not do the last level, which is beyond its limits. `restarted`: its power was
    gone, and no level was set since.
    """

    gear_fails: bool
    lamp_fails: bool
    cut: bool
    fading: bool
    restarted: bool
    level: int | None
    register: int

    @classmethod
    def of(cls, bits: int, level: int | None, register: int) -> "Status":
        """Read the byte of QUERY STATUS (IEC 62386-102, 9.16.3)."""
        on = [bool(bits >> n & 1) for n in range(8)]
        return cls(on[0], on[1], on[3], on[4], on[7], level, register)
