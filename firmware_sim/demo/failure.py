"""What the demo says when it cannot go on."""


class DemoError(Exception):
    """The text says what is wrong and what to do. `status` is the exit status."""

    def __init__(self, text: str, status: int = 1) -> None:
        """Status 1: something broke; 2: it cannot work with what was given."""
        super().__init__(text)
        self.status = status
