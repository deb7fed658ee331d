"""What of a node is replaced in a storm, all of it: sockets, disks, threads and chance.

Everything else is the product. A seam is a name in a module of the controller that stands for
something outside of it; it is replaced while a storm runs, and put back.
"""

import functools
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Protocol
from unittest.mock import patch

import structlog
from structlog.typing import EventDict, WrappedLogger

from controller import background, configuration, memory, reporting, talking
from controller.core.health.alarms import Vitals
from controller.mqtt import link
from controller.settings.schema import desired_schema
from firmware_sim.storm.disk import Disk, NodeStore
from firmware_sim.storm.loop import VirtualThread
from firmware_sim.storm.network import Network

ERROR = 40
REPORT_PAUSE_S = 20.0


class Machine(Protocol):
    """The machine that a process runs on, as its seams see it."""

    disk: Disk
    network: Network
    rng: Random

    @property
    def boot(self) -> str:
        """Which boot of it this is."""

    def logged(self, level: str, event: str, fields: EventDict) -> None:
        """Hear what a process logs."""


MACHINE: ContextVar[Machine] = ContextVar("MACHINE")


class _Host:
    """A machine in good health."""

    def __init__(self, _state_dir: Path) -> None:
        pass

    def vitals(self, starts_s: tuple[float, ...], *, store_fails: bool) -> Vitals:
        return Vitals(
            free_bytes=10**9,
            store_fails=store_fails,
            undervoltage=False,
            throttled=False,
            starts_s=starts_s,
        )


def _store(_state_dir: Path) -> NodeStore:
    return NodeStore(MACHINE.get().disk)


def _thread(_workers: int, _name: str) -> VirtualThread:
    return VirtualThread(lambda: 0.001)


def _uuid() -> SimpleNamespace:
    return SimpleNamespace(hex=f"{MACHINE.get().rng.getrandbits(128):032x}")


def _connected(*args: object, **kwargs: object) -> object:
    return MACHINE.get().network.connected(*args, **kwargs)  # type: ignore[arg-type]


def _boot() -> str:
    return MACHINE.get().boot


def _chance() -> Random:
    return Random(MACHINE.get().rng.random())


SEAMS: tuple[tuple[object, str, object], ...] = (
    (link, "connected", _connected),
    (link, "random", SimpleNamespace(SystemRandom=_chance)),
    (talking, "uuid", SimpleNamespace(uuid4=_uuid)),
    (background, "boot_id", _boot),
    (memory, "boot_id", _boot),
    (background, "Host", _Host),
    (background, "ThreadPoolExecutor", _thread),
    (background, "Store", _store),
    (memory, "Store", _store),
    # Slow, and nothing that the light or the books depend on: what is reported, is so less often.
    (reporting, "LEAST_PAUSE_S", REPORT_PAUSE_S),
    (configuration, "desired_schema", functools.cache(desired_schema)),
)


def _heard(_logger: WrappedLogger, level: str, event_dict: EventDict) -> EventDict:
    machine = MACHINE.get(None)
    if machine is not None:
        fields = dict(event_dict)
        machine.logged(level, str(fields.pop("event")), fields)
    raise structlog.DropEvent


@contextmanager
def replaced(*, least_level: int = ERROR) -> Iterator[None]:
    """Replace the seams, and hear of what processes log from `least_level` on."""
    before = structlog.get_config()
    structlog.configure(
        processors=[_heard], wrapper_class=structlog.make_filtering_bound_logger(least_level)
    )
    try:
        with ExitStack() as stack:
            for module, name, replacement in SEAMS:
                stack.enter_context(patch.object(module, name, replacement))
            yield
    finally:
        structlog.configure(**before)
