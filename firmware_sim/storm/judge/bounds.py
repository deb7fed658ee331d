"""What is bounded stays bounded."""

from operator import attrgetter

from controller.bookkeeping import MOST_PENDING
from controller.inbox import DEVICE_LIMIT, NETWORK_LIMIT
from controller.mqtt.broker import Limits
from controller.outbox import MOST_AT_ONCE
from firmware_sim.storm.course import NODES
from firmware_sim.storm.judge.bench import Bench
from firmware_sim.storm.machine import NodeMachine

LIMITS = Limits()
MOST_TRACKS = 400
"""No promise of a number: people pass, and every track ends. So many were never seen in a storm."""

QUEUES = {
    "events of devices": (attrgetter("inbox._devices"), DEVICE_LIMIT),
    "events of the network": (attrgetter("inbox._network"), NETWORK_LIMIT),
    "neighbours": (attrgetter("inbox._neighbours"), NODES),
    "records to be kept": (attrgetter("background._books._pending"), MOST_PENDING),
    "tracks": (attrgetter("state.watch.tracks.live"), MOST_TRACKS),
}
LINK_QUEUES = {
    "passages to be sent": (attrgetter("_link._sends._waiting"), LIMITS.waiting_sends),
    "answers to be sent": (attrgetter("_link._answers._waiting"), LIMITS.waiting_sends),
    "retained values": (attrgetter("_link._kept._values"), LIMITS.kept_topics),
    "records to be told": (attrgetter("_outbox._waiting"), MOST_AT_ONCE),
}


class BoundsJudge:
    """Measures every queue of a node now and then."""

    def __init__(self, bench: Bench) -> None:
        """Begin."""
        self._bench = bench
        self.longest: dict[str, int] = {}

    def look(self, machine: NodeMachine) -> None:
        """Measure a node's queues."""
        process = machine.process
        if process is None:
            return
        for name, (queue, most) in QUEUES.items():
            self._measure(machine.node, name, len(queue(process)), most)
        talk = attrgetter("background._talk")(process)
        if talk is not None:
            for name, (queue, most) in LINK_QUEUES.items():
                self._measure(machine.node, name, len(queue(talk)), most)

    def _measure(self, node: str, name: str, number: int, most: int) -> None:
        self.longest[name] = max(self.longest.get(name, 0), number)
        if number > most:
            what = f"{node}: {number} {name}, at most {most} are to wait"
            self._bench.broken("queues are bounded", what)
