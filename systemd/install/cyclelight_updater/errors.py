"""What ends an update."""


class UpdateError(Exception):
    """An update that cannot be made, or was taken back. Its text says why and what holds now."""
