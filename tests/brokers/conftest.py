from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from controller.broker_roles.dynsec import document
from controller.broker_roles.granting import granted
from controller.broker_roles.passwords import hashed
from tests.brokers.authority import Authority
from tests.brokers.cast import PASSWORD, PATHS, WISHES
from tests.brokers.delivered import Delivered


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.found(tmp_path_factory.mktemp("pki") / "authority")


@pytest.fixture(scope="session")
def roles() -> dict[str, Any]:
    """What the plugin's file holds for everybody of the cast."""
    grant = granted(PATHS, WISHES)
    people = (login.name for login in grant.logins if login.person)
    passwords = dict.fromkeys(people, hashed(PASSWORD, b"twelve bytes"))
    return document(grant.roles, grant.logins, passwords)


@pytest.fixture
def path_broker(tmp_path: Path, authority: Authority, roles: dict[str, Any]) -> Iterator[Delivered]:
    broker = Delivered(tmp_path / "path", "path.conf", authority, roles)
    broker.start()
    yield broker
    broker.stop()
