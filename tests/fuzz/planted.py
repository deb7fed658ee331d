"""Parsers with faults, for the tests of the fuzzer itself."""


def behind_steps(data: bytes) -> None:
    """Fail on a small letter, a control character, a capital, a byte of no text, a small letter."""
    if b"a" <= data[:1] <= b"z":
        if b"\1" <= data[1:2] < b" ":
            if b"A" <= data[2:3] <= b"Z":
                if data[3:4] >= b"\xe0":
                    if b"a" <= data[4:5] <= b"z":
                        raise KeyError("planted")
                    return
                return
            return
        return


def endless(data: bytes) -> None:
    """Never end on an input of two equal bytes."""
    while data[:1] and data[:1] == data[1:2]:
        data = data[1:] + data[:1]


def upsetting(data: bytes) -> None:
    """Refuse with the input itself."""
    raise ValueError(data.decode("latin-1"))
