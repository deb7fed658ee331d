"""The topics of one node: `cyclelight/v1/{tenant}/{path}/{node}/...`."""

from dataclasses import dataclass, replace

ROOT = "cyclelight/v1"
ALL = "all"
"""Stands for every node of a path, or every path of a tenant."""

_FORBIDDEN = frozenset("/+#")
_LONGEST_LEVEL = 64


@dataclass(frozen=True, slots=True)
class Topics:
    """Every topic that a node publishes or listens to.

    Raises ValueError where an identifier cannot be one level of a topic.
    """

    tenant: str
    path: str
    node: str

    def __post_init__(self) -> None:
        """Check the three identifiers."""
        for place in ("tenant", "path", "node"):
            _check_level(place, getattr(self, place))

    @property
    def availability(self) -> str:
        """`online` or `offline`; the broker itself publishes `offline` when the node is gone."""
        return self._of("availability")

    @property
    def state(self) -> str:
        """What the node and its lamps are doing, and why."""
        return self._of("state")

    def lamp_state(self, lamp: str) -> str:
        """One lamp's state, as a JSON light of Home Assistant."""
        _check_level("lamp", lamp)
        return self._of(f"lamp/{lamp}/state")

    @property
    def energy_total(self) -> str:
        """Ever-increasing totals of energy."""
        return self._of("energy/total")

    @property
    def energy_interval(self) -> str:
        """Closed quarter hours, each once or more."""
        return self._of("energy/interval")

    @property
    def night(self) -> str:
        """The account of the last whole night."""
        return self._of("night")

    @property
    def count(self) -> str:
        """Passages by the hour, where they are enough to be nobody's."""
        return self._of("count")

    @property
    def alarm(self) -> str:
        """What broke, and what is well again."""
        return self._of("alarm")

    @property
    def passage(self) -> str:
        """Where the node announces passages to its neighbours."""
        return self._of("passage")

    def passage_of(self, neighbour: str) -> str:
        """Where a node of the same path announces its passages."""
        return replace(self, node=neighbour).passage

    def availability_of(self, neighbour: str) -> str:
        """Where it is told whether a node of the same path is there."""
        return replace(self, node=neighbour).availability

    @property
    def config_desired(self) -> tuple[str, str, str]:
        """The profile that operators want: of the tenant, of the path, and of this node."""
        return self._scoped("config/desired")

    @property
    def config_schema(self) -> str:
        """What a profile may say, as JSON Schema."""
        return self._of("config/schema")

    @property
    def command(self) -> tuple[str, str, str]:
        """Commands to all nodes of the tenant, to all of the path, and to this node."""
        return self._scoped("command")

    @property
    def reply(self) -> str:
        """The node's answers to commands."""
        return self._of("reply")

    def lamp_set(self, lamp: str) -> str:
        """Where Home Assistant switches a lamp."""
        _check_level("lamp", lamp)
        return self._of(f"lamp/{lamp}/set")

    @property
    def config_reported(self) -> str:
        """The profile in use, and what was wrong with the desired one."""
        return self._of("config/reported")

    def _scoped(self, name: str) -> tuple[str, str, str]:
        tenant = f"{ROOT}/{self.tenant}"
        return f"{tenant}/{ALL}/{ALL}/{name}", f"{tenant}/{self.path}/{ALL}/{name}", self._of(name)

    def _of(self, name: str) -> str:
        return f"{ROOT}/{self.tenant}/{self.path}/{self.node}/{name}"


def _check_level(place: str, level: str) -> None:
    if not 0 < len(level) <= _LONGEST_LEVEL:
        raise ValueError(f"{place}: {level[:80]!r} must have 1 to {_LONGEST_LEVEL} characters")
    if not level.isprintable() or _FORBIDDEN.intersection(level):
        raise ValueError(f"{place}: {level!r} must not contain '/', '+', '#' or control characters")
