"""daliserver on a TCP port, before a fake bus: frames of four bytes, answers of four bytes."""

import socket
import threading
from contextlib import suppress

from tests.devices.fake_dali import COLLISION, FakeBus


class FakeDaliServer:
    """`hang_up`: closes every connection instead of answering; `status`: answers that always."""

    def __init__(self, bus: FakeBus) -> None:
        self.bus = bus
        self.hang_up = False
        self.status: int | None = None
        self.connections = 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = f"127.0.0.1:{self._server.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        with suppress(OSError):  # closed already
            self._server.shutdown(socket.SHUT_RDWR)  # wakes the thread that accepts
        self._server.close()

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            self.connections += 1
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with client:
                while len(request := client.recv(4, socket.MSG_WAITALL)) == 4 and not self.hang_up:
                    answer = self._answer(request)
                    client.sendall(answer[:1])
                    client.sendall(answer[1:])

    def _answer(self, request: bytes) -> bytes:
        assert request[:2] == b"\x02\x00"
        answer = self.bus.frame(int.from_bytes(request[2:], "big"))
        if self.status is not None:
            return bytes((2, self.status, 0, 0))
        if answer is None:
            return b"\x02\x00\x00\x00"
        return b"\x02\xff\x00\x00" if answer == COLLISION else bytes((2, 1, answer, 0))
