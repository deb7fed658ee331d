"""The broker configurations that we deliver, run by a real mosquitto on ports of a test's own."""

import contextlib
import json
import re
import shutil
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.brokers.authority import CONFIG, Authority
from tests.support.broker import HOST, Mosquitto, free_port

CERTIFICATES, PASSWORDS = 8883, 8884
"""The ports of the files: for certificates and for passwords."""


def plugin_file() -> str:
    """Where the package has put the plugin; a test without it fails."""
    found = [str(x) for x in Path("/usr/lib").glob("*/mosquitto_dynamic_security.so")]
    assert found, "the dynamic-security plugin is needed for this test: apt-get install mosquitto"
    return found[0]


class Delivered(Mosquitto):
    """A broker with one of the files in config/mosquitto, changed in nothing but places and ports.

    `roles`: what the plugin's file holds. `extra`: the text of files for conf.d.
    """

    def __init__(
        self,
        directory: Path,
        file: str,
        authority: Authority,
        roles: dict[str, Any],
        *extra: str,
    ) -> None:
        directory.mkdir()
        super().__init__(directory)
        self._text = (CONFIG / file).read_text()
        self.ports: dict[int, int] = {}
        (directory / "tls").mkdir()
        (directory / "conf.d").mkdir()
        for number, text in enumerate(extra):
            (directory / "conf.d" / f"{number}.conf").write_text(self._placed(text))
        for made in ("ca.crt", "ca.crl", "broker.crt", "broker.key"):
            shutil.copy(authority.directory / made, directory / "tls")
        (directory / "roles.json").write_text(json.dumps(roles))

    def reload(self) -> None:
        """Have it read its certificates and lists again."""
        self._signal(signal.SIGHUP)

    @contextlib.contextmanager
    def standing_still(self) -> Iterator[None]:
        """Keep it from doing anything meanwhile."""
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)

    def _signal(self, what: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(what)

    def _answers(self) -> bool:
        return all(_is_open(port) for port in self.ports.values())

    def add(self, file: Path, name: str) -> None:
        """Put a file where the configuration expects certificates."""
        shutil.copy(file, self._directory / "tls" / name)

    def configured(self) -> Path:
        """Write the configuration for ports that are free, for who starts the broker himself."""
        self.port = free_port()
        file = self._directory / "mosquitto.conf"
        file.write_text("\n".join(self._configuration()) + "\n")
        return file

    def _placed(self, text: str) -> str:
        places = {
            "/etc/mosquitto/tls": str(self._directory / "tls"),
            "/etc/mosquitto/conf.d": str(self._directory / "conf.d"),
            "/var/lib/mosquitto/dynamic-security.json": str(self._directory / "roles.json"),
        }
        for place, instead in places.items():
            text = text.replace(place, instead)
        return text

    def _configuration(self) -> list[str]:
        text = self._placed(self._text)
        text = re.sub(r"^plugin /.*$", f"plugin {plugin_file()}", text, flags=re.MULTILINE)
        text = text.replace("log_dest syslog", "log_dest stderr")
        if self.port not in self.ports.values():
            written = [int(port) for port in re.findall(r"^listener (\d+)", text, re.MULTILINE)]
            self.ports = {port: free_port() for port in written} | {written[0]: self.port}
        for port in self.ports:
            text = re.sub(
                rf"^listener {port}.*$",
                f"listener {self.ports[port]} {HOST}",
                text,
                flags=re.MULTILINE,
            )
        return ["user root", text]


def _is_open(port: int) -> bool:
    try:
        socket.create_connection((HOST, port), timeout=0.5).close()
    except OSError:
        return False
    return True
