"""How a node's own settings lead to its broker: for the node, and for who comes in its place."""

import secrets
from pathlib import Path

from controller.mqtt.broker import Broker
from controller.settings.node import Mqtt

MOST_PASSWORD_BYTES = 4096
THIS_MACHINE = ("localhost", "127.0.0.1", "::1")


def node_broker(mqtt: Mqtt, client_id: str) -> Broker:
    """Return the broker as a node file has it. Raises OSError as `read_password` does."""
    return Broker(
        host=mqtt.host,
        port=mqtt.port,
        client_id=client_id,
        protocol=mqtt.protocol,
        username=mqtt.username,
        password=None if mqtt.password_file is None else read_password(mqtt.password_file),
        ca_file=mqtt.ca_file,
        cert_file=mqtt.cert_file,
        key_file=mqtt.key_file,
        keepalive_s=mqtt.keepalive_s,
    )


def in_clear_text(mqtt: Mqtt) -> bool:
    """Whether others on the network could read along."""
    return mqtt.ca_file is None and mqtt.host not in THIS_MACHINE


def read_password(file: Path) -> str:
    """Read a file that holds a password and perhaps the end of a line.

    Raises OSError if that cannot be done, also for what is no text.
    """
    with file.open("rb") as stream:
        written = stream.read(MOST_PASSWORD_BYTES)
    try:
        return written.decode().rstrip("\r\n")
    except UnicodeDecodeError:
        raise OSError("it is not UTF-8 text") from None


def node_client_id(tenant: str, path: str, node: str) -> str:
    """Return the client identifier of a node: whoever has it is the node, for a broker."""
    return f"cyclelight-{tenant}-{path}-{node}"


def passing_client_id(who: str) -> str:
    """Return a client identifier for one conversation: nobody has it, so nobody is thrown out.

    With a `who` of up to three letters it has at most 23 characters: every broker takes so many.
    """
    return f"cyclelight-{who}-{secrets.token_hex(4)}"
