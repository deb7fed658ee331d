"""What waits to be published, bounded by kind: the newest values, and transient messages."""

from collections import deque
from dataclasses import dataclass
from typing import NamedTuple, Protocol


class KeptValues:
    """The newest payload of each retained topic, and which of them are still to be published.

    A value replaced before it was taken is never published: whoever listens wants the newest.
    """

    def __init__(self, greatest_number: int) -> None:
        """Hold values of at most `greatest_number` topics."""
        self._greatest_number = greatest_number
        self._values: dict[str, bytes] = {}
        self._waiting: dict[str, None] = {}  # a dict, because it keeps the order

    def __len__(self) -> int:
        """Count the topics."""
        return len(self._values)

    def put(self, topic: str, payload: bytes) -> bool:
        """Replace the value of `topic`; False, and nothing done, if that is one topic too many."""
        if topic not in self._values and len(self._values) >= self._greatest_number:
            return False
        self._values[topic] = payload
        self._waiting[topic] = None
        return True

    def take(self) -> tuple[str, bytes] | None:
        """Hand out the topic that has waited longest with its value, None if none waits."""
        if not self._waiting:
            return None
        topic = next(iter(self._waiting))
        del self._waiting[topic]
        return topic, self._values[topic]

    def again(self) -> None:
        """Let every value wait, for a connection on which nothing has been published yet."""
        self._waiting = dict.fromkeys(self._values)


@dataclass(frozen=True, slots=True)
class Transient:
    """A message that is worthless after `deadline_s` on the monotonic clock; QoS 0 or 1."""

    topic: str
    payload: bytes
    deadline_s: float
    qos: int = 0


class TransientQueue:
    """Transient messages in order. The oldest goes when there are too many or its time is over."""

    def __init__(self, greatest_number: int) -> None:
        """Hold at most `greatest_number` messages; `dropped` counts those never handed out."""
        self._waiting: deque[Transient] = deque()
        self._greatest_number = greatest_number
        self.dropped = 0

    def __len__(self) -> int:
        """Count the messages, expired ones included."""
        return len(self._waiting)

    def put(self, message: Transient) -> None:
        """Append; pushes the oldest out if there is no room."""
        if len(self._waiting) >= self._greatest_number:
            self._waiting.popleft()
            self.dropped += 1
        self._waiting.append(message)

    def take(self, now_s: float) -> Transient | None:
        """Hand out the oldest message that is not over at `now_s`, None if there is none."""
        while self._waiting:
            message = self._waiting.popleft()
            if message.deadline_s > now_s:
                return message
            self.dropped += 1
        return None


class Delivery(NamedTuple):
    """A message that must arrive at least once. `number` is for whoever keeps it."""

    topic: str
    payload: bytes
    number: int


class Outbox(Protocol):
    """Where messages are kept until the broker has them, in order, however long that takes."""

    async def next(self) -> Delivery:
        """Wait for the oldest message that is not known to have arrived."""

    def delivered(self, delivery: Delivery) -> None:
        """Take note that the broker has it."""
