"""What happened, line by line: the same seed gives the same bytes."""

import hashlib


class Trace:
    """Lines in the order in which things happened. `keep`: whether they are to be read later."""

    def __init__(self, *, keep: bool) -> None:
        """Begin with nothing."""
        self.lines: list[str] = []
        self._keep = keep
        self._hash = hashlib.blake2b(digest_size=16)

    def note(self, now_s: float, who: str, what: str) -> None:
        """Write a line."""
        line = f"{now_s:12.5f}  {who:8} {what}"
        self._hash.update(line.encode())
        if self._keep:
            self.lines.append(line)

    def aside(self, now_s: float, who: str, what: str) -> None:
        """Write a line that only helps to read the others."""
        if self._keep:
            self.lines.append(f"{now_s:12.5f}  {who:8} {what}")

    @property
    def digest(self) -> str:
        """What all lines come to, kept or not."""
        return self._hash.hexdigest()
