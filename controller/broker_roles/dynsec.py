"""Roles and logins in the words of mosquitto's dynamic-security plugin (2.0). Pure.

https://mosquitto.org/documentation/dynamic-security/ explains what the words mean.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from controller.broker_roles.roles import Role

Json = dict[str, object]

_DEFAULTS = {
    "publishClientSend": False,
    "publishClientReceive": False,
    "subscribe": False,
    "unsubscribe": True,
}


@dataclass(frozen=True, slots=True)
class HashedPassword:
    """A password as the plugin keeps it: PBKDF2 with HMAC-SHA512; hash and salt in base64."""

    hash: str
    salt: str
    iterations: int


@dataclass(frozen=True, slots=True)
class Login:
    """A name at the broker, with the names of its roles.

    `person`: logs in by name and password rather than by certificate. `client_id`: the only one
    that it may use with a password, None for any.
    """

    name: str
    roles: tuple[str, ...]
    person: bool = False
    client_id: str | None = None


def document(
    roles: Iterable[Role], logins: Iterable[Login], passwords: dict[str, HashedPassword]
) -> Json:
    """Return what the plugin's own file holds. `passwords`: by login.

    Who has none gets in by a certificate only.
    """
    return {
        "defaultACLAccess": _DEFAULTS,
        "roles": [{"rolename": role.name, "acls": _acls(role)} for role in roles],
        "clients": [
            _client(login) | {"roles": _held(login)} | _hashed(passwords.get(login.name))
            for login in logins
        ],
    }


def commands(roles: Iterable[Role], logins: Sequence[Login]) -> list[Json]:
    """Return messages with commands that bring a running broker to these roles and logins.

    A role is taken away and made again, so that nothing is left of what it allowed; the broker
    throws out whoever has it. They have it again when they are back: each message is carried out
    as a whole. Passwords stay as they are.
    """
    access = [{"acltype": kind, "allow": allow} for kind, allow in _DEFAULTS.items()]
    messages: list[list[Json]] = [[{"command": "setDefaultACLAccess", "acls": access}]]
    for role in roles:
        messages.append(
            [
                {"command": "deleteRole", "rolename": role.name},
                {"command": "createRole", "rolename": role.name, "acls": _acls(role)},
            ]
        )
        for login in logins:
            if role.name in login.roles:
                given: Json = {"username": login.name, "rolename": role.name}
                messages[-1].append({"command": "createClient"} | _client(login))
                messages[-1].append({"command": "addClientRole"} | given)
    # What people had besides, they have no more. A node has one role, ever.
    messages += [
        [{"command": "modifyClient", "roles": _held(login)} | _client(login)]
        for login in logins
        if login.person
    ]
    return [{"commands": message} for message in messages]


def _client(login: Login) -> Json:
    client: Json = {"username": login.name}
    if login.client_id is not None:
        client["clientid"] = login.client_id
    return client


def _hashed(password: HashedPassword | None) -> Json:
    if password is None:
        return {}
    return {
        "password": password.hash,
        "salt": password.salt,
        "iterations": password.iterations,
    }


def _held(login: Login) -> list[Json]:
    return [{"rolename": role} for role in login.roles]


def _acls(role: Role) -> list[Json]:
    kinds = {
        "publishClientSend": role.sends,
        "subscribePattern": role.asks,
        "publishClientReceive": role.hears,
    }
    return [
        {"acltype": kind, "topic": topic, "allow": True}
        for kind, topics in kinds.items()
        for topic in sorted(topics)
    ]
