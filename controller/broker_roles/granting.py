"""Who gets which role: nodes and bridges from the paths, people and programs as they are named."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from controller.broker_roles.dynsec import Login
from controller.broker_roles.roles import (
    ADMIN,
    Reader,
    Role,
    bridge_login,
    bridge_role,
    node_login,
    node_roles,
    reader_role,
)
from controller.core.path import Path
from controller.settings.faults import Fault, SettingsError, first_faults, nearest, quoted
from controller.settings.shape import is_identifier

MOST_NAME_CHARACTERS = 64
"""Of a common name in a certificate (RFC 5280, ub-common-name)."""

_SOURCE = "broker-roles"


@dataclass(frozen=True, slots=True)
class Grant:
    """Every role and every login of a broker. `logins` name only roles that are there."""

    roles: tuple[Role, ...]
    logins: tuple[Login, ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """That somebody shall have a role.

    `where`: `TENANT` for the whole tenant, `TENANT/PATH` for one path, None for all that are named.
    """

    kind: Reader | Literal["admin"]
    name: str
    where: str | None = None

    @classmethod
    def read(cls, kind: Reader, text: str) -> "Wish":
        """Read `NAME`, `NAME@TENANT` or `NAME@TENANT/PATH`."""
        name, at, where = text.partition("@")
        return cls(kind, name, where if at else None)

    def roles(self, paths: Sequence[Path]) -> list[Role]:
        """Return the roles that are wished for."""
        if self.kind == "admin":
            return [ADMIN]
        scopes = [(path.tenant, path.id) for path in paths]
        if self.where is not None:
            tenant, _, path = self.where.partition("/")
            return [reader_role(self.kind, paths, tenant=tenant, path=path or None)]
        return [reader_role(self.kind, paths, tenant=x, path=y) for x, y in scopes]

    def faults(self, paths: Sequence[Path]) -> Iterator[Fault]:
        """Say what is wrong with a wish."""
        if not is_identifier(self.name):
            problem = "is not a name of 1 to 32 letters, digits, hyphens and underscores"
            yield Fault(
                quoted(self.name), problem, "nodes have the dots in their names to themselves"
            )
        known = {x for path in paths for x in (path.tenant, f"{path.tenant}/{path.id}")}
        if self.where is not None and self.where not in known:
            place = f"{quoted(self.name)} at {quoted(self.where)}"
            yield Fault(place, "is nowhere in these path files", nearest(self.where, known))


def granted(paths: Sequence[Path], wishes: Sequence[Wish]) -> Grant:
    """Work out roles and logins.

    Raises SettingsError with every fault of what is wished for.
    """
    faults = first_faults(_path_faults(paths), *(wish.faults(paths) for wish in wishes))
    if faults:
        raise SettingsError(_SOURCE, faults)
    own = [
        (node_login(path, node), role) for path in paths for node, role in node_roles(path).items()
    ]
    own += [(bridge_login(path), bridge_role(path)) for path in paths]
    logins = [Login(name, (role.name,)) for name, role in own]
    roles = {role.name: role for _, role in own}
    by_name = sorted(wishes, key=lambda wish: wish.name)
    for name, group in itertools.groupby(by_name, key=lambda wish: wish.name):
        wished = list(group)
        held = {role.name: role for wish in wished for role in wish.roles(paths)}
        roles |= held
        logins.append(_person(name, wished, held))
    return Grant(tuple(roles.values()), tuple(logins))


def _person(name: str, wishes: Iterable[Wish], roles: Iterable[str]) -> Login:
    """Return a login with a password.

    A program has one connection and can be held to one client identifier, so that it cannot push
    off a node by using the node's. A person may have several terminals open.
    """
    is_program = all(wish.kind in ("homeassistant", "reader") for wish in wishes)
    return Login(name, tuple(roles), person=True, client_id=name if is_program else None)


def _path_faults(paths: Sequence[Path]) -> Iterator[Fault]:
    seen: set[str] = set()
    for path in paths:
        bridge = bridge_login(path)
        if bridge in seen:
            problem = "comes twice"
            yield Fault(f"path {quoted(bridge)}", problem, "name every path file once")
        seen.add(bridge)
        for node in path.nodes:
            login = node_login(path, node.id)
            if len(login) > MOST_NAME_CHARACTERS:
                problem = f"is longer than the {MOST_NAME_CHARACTERS} characters of a certificate"
                yield Fault(f"login {login}", problem, "shorten the tenant, the path or the node")
