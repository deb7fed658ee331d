"""The demo's own broker: mosquitto if there is one, else amqtt. On this machine only, no login."""

import asyncio
import importlib.util
import json
import shutil
import socket
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from firmware_sim.demo.failure import DemoError

HOST = "127.0.0.1"
SYSTEM_FOLDERS = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin")
START_LIMIT_S = 20.0
RETRY_S = 0.05
INPUT_FAULT = 2

Choice = Literal["auto", "mosquitto", "amqtt"]


@dataclass(frozen=True, slots=True)
class DemoBroker:
    """A broker that can be started. `protocol`: the MQTT version as a node file names it."""

    name: str
    command: tuple[str, ...]
    config_file: str
    config: str
    protocol: str


def choose_broker(choice: Choice, port: int) -> DemoBroker:
    """Return the broker to start at `port`. Raises DemoError where there is none."""
    mosquitto = _mosquitto() if choice != "amqtt" else None
    if mosquitto is not None:
        return _with_mosquitto(mosquitto, port)
    if choice != "mosquitto" and importlib.util.find_spec("amqtt") is not None:
        return _with_amqtt(port)
    wanted = "MQTT broker" if choice == "auto" else choice
    raise DemoError(
        f"no {wanted} found; install mosquitto (sudo apt-get install mosquitto) "
        "or amqtt (pip install amqtt)",
        INPUT_FAULT,
    )


def check_port(port: int) -> None:
    """Make sure that the broker will get its port. Raises DemoError."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise DemoError(
                f"port {port} of {HOST} cannot be used: {error.strerror}; "
                "choose another one with --port",
                INPUT_FAULT,
            ) from error


async def wait_until_listening(port: int) -> None:
    """Return when something accepts connections at `port`. Raises DemoError."""
    try:
        async with asyncio.timeout(START_LIMIT_S):
            await _connect_and_leave(port)
    except TimeoutError:
        raise DemoError(f"the broker did not open port {port} in {START_LIMIT_S:g} s") from None


async def _connect_and_leave(port: int) -> None:
    while True:
        try:
            _, writer = await asyncio.open_connection(HOST, port)
        except ConnectionRefusedError:
            await asyncio.sleep(RETRY_S)
        else:
            writer.close()
            await writer.wait_closed()
            return


def _mosquitto() -> Path | None:
    on_path = shutil.which("mosquitto")
    places = [Path(on_path)] if on_path else [Path(x) / "mosquitto" for x in SYSTEM_FOLDERS]
    return next((place for place in places if place.is_file()), None)


def _with_mosquitto(program: Path, port: int) -> DemoBroker:
    config = f"listener {port} {HOST}\nallow_anonymous true\npersistence false\n"
    command = (str(program), "-c", "mosquitto.conf")
    return DemoBroker("mosquitto", command, "mosquitto.conf", config, "auto")


def _with_amqtt(port: int) -> DemoBroker:
    # JSON is YAML, which is what amqtt reads.
    config = {
        "listeners": {"default": {"type": "tcp", "bind": f"{HOST}:{port}"}},
        "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
    }
    command = (sys.executable, "-m", "amqtt.scripts.broker_script", "-c", "amqtt.yaml")
    return DemoBroker("amqtt", command, "amqtt.yaml", json.dumps(config), "3.1.1")
