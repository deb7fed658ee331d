"""What stands in for devices: streams and buses on which an input comes back."""


class Answers:
    """A stream that gives what a device sent, in pieces, and then ends."""

    def __init__(self, data: bytes) -> None:
        self._rest = data
        self.sent = b""

    def recv(self, most: int) -> bytes:
        piece, self._rest = self._rest[:most], self._rest[most:]
        return piece

    def read(self, most: int) -> bytes:
        return self.recv(most)

    def write(self, data: bytes) -> int:
        self.sent += data
        return len(data)

    sendall = send = write

    @property
    def in_waiting(self) -> int:
        return len(self._rest)

    def nothing(self, *_: object) -> None:
        return None

    close = setblocking = settimeout = nothing


class Bus:
    """An I2C or SPI bus on which whatever is read comes from the input; it ends with an error."""

    def __init__(self, data: bytes) -> None:
        self._data = iter(data)

    def transfer(self, _sent: object) -> list[int]:
        return [next(self._data, 0) for _ in range(3)]

    def write_byte(self, address: int, value: int) -> None:
        pass

    def i2c_rdwr(self, *i2c_msgs: object) -> None:
        for message in i2c_msgs:
            if message.flags & 1:  # a read
                for at in range(message.len):
                    byte = next(self._data, None)
                    if byte is None:
                        raise OSError("gone")
                    message.buf[at] = bytes([byte])

    def close(self) -> None:
        pass


class Transport(Answers):
    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0

    abort = Answers.nothing
