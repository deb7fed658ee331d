"""Which nodes are meant, and the topics that reach them."""

from dataclasses import dataclass
from typing import NamedTuple

from controller.core.layers import Layer
from controller.ctl.trouble import input_fault
from controller.mqtt.topics import ALL, ROOT, Topics

_ANY = "+"


class Place(NamedTuple):
    """One node of a tenant."""

    path: str
    node: str


@dataclass(frozen=True, slots=True)
class Address:
    """One node, every node of a path (`node` None), or every path of a tenant (`path` None too)."""

    tenant: str
    path: str | None
    node: str | None

    def __post_init__(self) -> None:
        """Refuse names that no topic can have."""
        try:
            Topics(self.tenant, self.path or ALL, self.node or ALL)
        except ValueError as error:
            hint = "take the names from the path file"
            place, _, problem = str(error).partition(": ")
            raise input_fault(f"--{place}", problem, hint) from None

    @property
    def exact(self) -> Place | None:
        """The one node that is meant, None if there may be several."""
        return Place(self.path, self.node) if self.path and self.node else None

    @property
    def layer(self) -> Layer:
        """The layer of settings that holds for exactly these nodes."""
        if self.path is None:
            return "tenant"
        return "path" if self.node is None else "node"

    def topic(self, name: str) -> str:
        """Where to publish for these nodes."""
        return f"{ROOT}/{self.tenant}/{self.path or ALL}/{self.node or ALL}/{name}"

    def filter(self, name: str) -> str:
        """Return what to subscribe to for hearing these nodes."""
        return f"{ROOT}/{self.tenant}/{self.path or _ANY}/{self.node or _ANY}/{name}"

    def at(self, place: Place) -> "Address":
        """Return the address of one node."""
        return Address(self.tenant, place.path, place.node)

    def heard(self, topic: str) -> tuple[Place, str] | None:
        """Tell which node published on a topic, and what; None if it is none of these nodes."""
        start = f"{ROOT}/{self.tenant}/"
        match topic.removeprefix(start).split("/", maxsplit=2):
            case [path, node, name] if topic.startswith(start):
                meant = self.path in (None, path) and self.node in (None, node)
                return (Place(path, node), name) if meant and ALL not in (path, node) else None
            case _:
                return None

    def label(self, place: Place) -> str:
        """Name a node to people; its path only where there may be several."""
        return place.node if self.path else f"{place.path}/{place.node}"

    def __str__(self) -> str:
        """Name what is meant to people."""
        match self.layer:
            case "tenant":
                return f'tenant "{self.tenant}"'
            case "path":
                return f'path "{self.tenant}/{self.path}"'
            case "node":
                return f'node "{self.node}" of path "{self.tenant}/{self.path}"'
