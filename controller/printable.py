"""Somebody else's text, for people to read."""


def printable(text: str) -> str:
    """Replace what could upset a terminal: others wrote this text."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
