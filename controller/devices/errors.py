"""What drivers raise."""


class DeviceError(Exception):
    """A device cannot be opened. The text names the device and says what to do."""
