"""Who is at the broker in these tests: three paths of two tenants, their nodes, and people."""

from dataclasses import replace
from pathlib import Path

from controller.broker_roles.granting import Wish
from controller.settings.path import load_path
from tests.brokers.authority import Authority
from tests.brokers.delivered import CERTIFICATES, PASSWORDS, Delivered
from tests.brokers.visitor import Visitor

_FILES = Path(__file__).parents[2] / "config" / "paths"
CANAL = load_path(_FILES / "kanalpromenade.toml")
SMALL = load_path(_FILES / "small.toml")
PATHS = (CANAL, replace(CANAL, id="ring"), SMALL)

WISHES = (
    Wish("operator", "anna", "muenster/kanalpromenade"),
    Wish("operator", "tina", "muenster"),
    Wish("operator", "both"),
    Wish("homeassistant", "house", "muenster/kanalpromenade"),
    Wish("reader", "plan", "muenster/kanalpromenade"),
    Wish("admin", "root"),
)
PEOPLE = tuple(wish.name for wish in WISHES)
PASSWORD = "correct horse battery staple"  # noqa: S105 of a test


def visit(
    broker: Delivered, authority: Authority, name: str, *, client_id: str | None = None
) -> Visitor:
    """Come to a broker as everybody does: people by password, all others by certificate."""
    if name in PEOPLE:
        tls = authority.files("broker")  # for the authority only
        return Visitor(
            broker.ports[PASSWORDS],
            tls,
            certified=False,
            login=(name, PASSWORD),
            client_id=client_id or name,
        )
    if not authority.files(name).cert_file.exists():
        authority.issue(name, name=name)
    return Visitor(broker.ports[CERTIFICATES], authority.files(name), client_id=client_id or "")
