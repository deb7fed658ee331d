"""How to get to the broker: from the command line, the environment, or a node file."""

import argparse
import pathlib
from collections.abc import Mapping
from dataclasses import dataclass

from controller.broker_access import node_broker, passing_client_id
from controller.core.layers import Layer
from controller.core.path import Path
from controller.ctl.addresses import Address
from controller.ctl.given import (
    Given,
    file,
    from_environment,
    host_and_port,
    missing,
    password,
    text,
)
from controller.ctl.options import (
    CONNECTION,
    DEFAULT_TIMEOUT_S,
    OPTIONS,
    PREFIX,
    flag,
    truth,
    variable,
)
from controller.ctl.trouble import input_fault
from controller.mqtt.broker import Broker
from controller.settings.node import PLAIN_PORT, TLS_PORT
from controller.settings.site import load_installation

_WHO = "ctl"


@dataclass(frozen=True, slots=True)
class Access:
    """The broker, and which nodes are meant unless a command says otherwise.

    `built`: the path as the path file has it, None where no file is known.
    """

    broker: Broker
    tenant: str
    path: str | None
    node: str | None
    timeout_s: float
    built: Path | None = None

    def address(self, layer: Layer | None = None) -> Address:
        """Return who is meant: by a layer, else the node if there is one, else the path."""
        layer = layer or ("path" if self.node is None else "node")
        if layer != "tenant" and self.path is None:
            raise missing("path")
        if layer == "node" and self.node is None:
            raise missing("node")
        path = None if layer == "tenant" else self.path
        return Address(self.tenant, path, self.node if layer == "node" else None)


def access(args: argparse.Namespace, environ: Mapping[str, str]) -> Access:
    """Work out how to get in. The command line counts more than the environment.

    Raises CtlError or SettingsError for what is missing, wrong or contradictory.
    """
    words = {name: getattr(args, name) for name in OPTIONS if hasattr(args, name)}
    given = from_environment(environ)
    if "node_file" in words or ("node_file" in given and "broker" not in words):
        return _from_node_file(words, given, environ)
    return _from_options({**given, **words})


def wants_json(args: argparse.Namespace, environ: Mapping[str, str]) -> bool:
    """Whether JSON is wanted."""
    return hasattr(args, "json") or truth(environ.get(variable("json"), ""))


def settings_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without what is meant for this command line."""
    return {name: value for name, value in environ.items() if not name.startswith(PREFIX)}


def _from_options(given: Given) -> Access:
    for name in ("broker", "tenant"):
        if name not in given:
            raise missing(name)
    if "password_file" in given and "username" not in given:
        raise input_fault("--password-file", "is given without --username", "add --username NAME")
    usual_port = TLS_PORT if "ca_file" in given else PLAIN_PORT
    host, port = host_and_port(str(given["broker"]), usual_port)
    try:
        broker = Broker(
            host=host,
            port=port,
            client_id=passing_client_id(_WHO),
            username=text(given, "username"),
            password=password(file(given, "password_file")),
            ca_file=file(given, "ca_file"),
            cert_file=file(given, "cert_file"),
            key_file=file(given, "key_file"),
        )
    except ValueError as error:
        place, _, problem = str(error).partition(": ")
        raise input_fault(place, problem, "correct the options of the broker") from None
    return Access(
        broker, str(given["tenant"]), text(given, "path"), text(given, "node"), _wait_s(given)
    )


def _from_node_file(words: Given, environment: Given, environ: Mapping[str, str]) -> Access:
    clash = [name for name in CONNECTION if name in words]
    if clash:
        problem = "does not go with a node file, which says it already"
        raise input_fault(flag(clash[0]), problem, f"leave out {flag(clash[0])} or --node-file")
    given = {**environment, **words}
    node_file = pathlib.Path(str(given["node_file"]))
    installation = load_installation(node_file, settings_environment(environ))
    mqtt, path = installation.settings.mqtt, installation.path
    if mqtt is None:
        raise input_fault(f"{node_file}: mqtt", "is missing", "add a table [mqtt] with a host")
    try:
        broker = node_broker(mqtt, passing_client_id(_WHO))
    except OSError as error:
        place = f"{node_file}: mqtt.password_file"
        raise input_fault(place, error.strerror or str(error), "name a readable file") from None
    return Access(broker, path.tenant, path.id, text(given, "node"), _wait_s(given), path)


def _wait_s(given: Given) -> float:
    wait_s = given.get("timeout")
    return wait_s if isinstance(wait_s, float) else DEFAULT_TIMEOUT_S
