"""A client of a broker that notes how each of its wishes is answered, in reason codes of MQTT 5."""

import threading
from collections.abc import Callable, Iterable
from typing import Self

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.reasoncodes import ReasonCode

from tests.support.broker import HOST, TlsFiles

NOT_AUTHORISED = 0x87
_LIMIT_S = 60.0


class Visitor:
    """Connects on entry. `let_in`: whether the broker did, and `why` not."""

    def __init__(
        self,
        port: int,
        tls: TlsFiles,
        *,
        certified: bool = True,
        login: tuple[str, str] | None = None,
        client_id: str = "",
    ) -> None:
        self._port = port
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id, protocol=paho.MQTTv5)
        cert_file, key_file = (str(tls.cert_file), str(tls.key_file)) if certified else (None, None)
        self._client.tls_set(str(tls.ca_file), cert_file, key_file)
        if login:
            self._client.username_pw_set(*login)
        self._client.on_connect = self._on_connect
        self._client.on_disconnect = self._on_disconnect
        self._client.on_publish = self._on_publish
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self._changed = threading.Condition()
        self._answers: dict[int, int] = {}
        self.let_in: bool | None = None
        self.lost = False
        self.why = ""
        self.messages: list[tuple[str, bytes, bool]] = []

    def __enter__(self) -> Self:
        try:
            self._client.connect(HOST, self._port)
        except OSError as error:  # the door is closed, or one does not trust the other
            self.let_in, self.why = False, str(error)
            return self
        self._client.loop_start()
        self.wait(lambda: self.let_in is not None)
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()
        self._client._reset_sockets()  # paho keeps a pair of its own

    def publish(
        self, topics: Iterable[str], payload: str = "x", *, retain: bool = False
    ) -> dict[str, int]:
        """Publish on topics at QoS 1; return the reason code of each."""
        sent = {topic: self._client.publish(topic, payload, 1, retain).mid for topic in topics}
        return self._answered(sent)

    def subscribe(self, filters: Iterable[str]) -> dict[str, int]:
        """Subscribe to filters at QoS 1; return the reason code of each."""
        sent = {one: self._client.subscribe(one, 1)[1] for one in filters}
        assert None not in sent.values()
        return self._answered({one: mid for one, mid in sent.items() if mid is not None})

    def wait(self, condition: Callable[[], object]) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, _LIMIT_S), "still waiting"

    def _answered(self, sent: dict[str, int]) -> dict[str, int]:
        self.wait(lambda: self._answers.keys() >= set(sent.values()))
        return {topic: self._answers.pop(mid) for topic, mid in sent.items()}

    def _on_connect(self, _c: object, _u: object, _f: object, code: ReasonCode, _p: object) -> None:
        with self._changed:
            self.let_in, self.why = not code.is_failure, str(code)
            self._changed.notify_all()

    def _on_disconnect(
        self, _c: object, _u: object, _f: object, code: ReasonCode, _p: object
    ) -> None:
        with self._changed:
            self.lost = True
            if self.let_in is None:
                self.let_in, self.why = False, str(code)
            self._changed.notify_all()

    def _on_publish(self, _c: object, _u: object, mid: int, code: ReasonCode, _p: object) -> None:
        with self._changed:
            self._answers[mid] = code.value
            self._changed.notify_all()

    def _on_subscribe(
        self, _c: object, _u: object, mid: int, codes: list[ReasonCode], _p: object
    ) -> None:
        with self._changed:
            (self._answers[mid],) = (code.value for code in codes)
            self._changed.notify_all()

    def _on_message(self, _c: object, _u: object, message: paho.MQTTMessage) -> None:
        with self._changed:
            self.messages.append((message.topic, bytes(message.payload), message.retain))
            self._changed.notify_all()
