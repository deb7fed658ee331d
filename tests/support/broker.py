"""A real mosquitto for tests, on a port of its own and with a configuration of its own."""

import shutil
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
_START_DEADLINE_S = 5.0
_ATTEMPTS = 5


@dataclass(frozen=True)
class TlsFiles:
    """A certificate authority and a certificate for 127.0.0.1 signed by it."""

    ca_file: Path
    cert_file: Path
    key_file: Path


class Mosquitto:
    """One broker. `start` finds a free port; `restart` comes back on the same one.

    Anonymous clients are let in unless `login` is a (username, password). `acl` holds the lines
    of an access control list. Nothing is persistent: a restart forgets retained messages.
    """

    def __init__(
        self,
        directory: Path,
        *,
        login: tuple[str, str] | None = None,
        acl: str | None = None,
        tls: TlsFiles | None = None,
    ) -> None:
        self._directory = directory
        self._login = login
        self._acl = acl
        self._tls = tls
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    @property
    def log(self) -> str:
        log_file = self._directory / "mosquitto.log"
        return log_file.read_text() if log_file.exists() else ""

    def start(self) -> None:
        if self.port:
            self._launch()
            return
        for attempt in range(_ATTEMPTS):
            self.port = free_port()
            try:
                self._launch()
            except AddressTakenError:
                if attempt == _ATTEMPTS - 1:
                    raise
            else:
                return

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def restart(self) -> None:
        self.stop()
        self.start()

    def _launch(self) -> None:
        config_file = self._directory / "mosquitto.conf"
        config_file.write_text("\n".join(self._configuration()) + "\n")
        with (self._directory / "mosquitto.log").open("wb") as log_file:
            self._process = subprocess.Popen(
                [find_program("mosquitto"), "-c", str(config_file), "-v"],
                stdout=log_file,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + _START_DEADLINE_S
        while not self._answers():
            if self._process.poll() is not None:
                self.stop()
                error = AddressTakenError if "Address already in use" in self.log else RuntimeError
                raise error(f"mosquitto did not start:\n{self.log}")
            if time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(f"mosquitto does not answer:\n{self.log}")
            time.sleep(0.005)

    def _answers(self) -> bool:
        try:
            socket.create_connection((HOST, self.port), timeout=0.5).close()
        except OSError:
            return False
        return True

    def _configuration(self) -> list[str]:
        lines = [
            "user root",  # started as root it would else change to a user who cannot read this
            "set_tcp_nodelay true",  # as delivered: nothing waits for an acknowledgement
            f"listener {self.port} {HOST}",
            f"allow_anonymous {'false' if self._login else 'true'}",
        ]
        if self._login:
            password_file = self._directory / "passwords"
            subprocess.run(
                [find_program("mosquitto_passwd"), "-b", "-c", str(password_file), *self._login],
                check=True,
                capture_output=True,
            )
            lines.append(f"password_file {password_file}")
        if self._acl is not None:
            acl_file = self._directory / "acl"
            acl_file.write_text(self._acl)
            lines.append(f"acl_file {acl_file}")
        if self._tls:
            lines += [
                f"cafile {self._tls.ca_file}",
                f"certfile {self._tls.cert_file}",
                f"keyfile {self._tls.key_file}",
            ]
        return lines


class AddressTakenError(RuntimeError):
    """Somebody else was faster to take the port that was free."""


def find_program(name: str) -> str:
    """Where a program is; a test without it fails rather than being skipped unnoticed."""
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if path is None:
        package = "openssl" if name == "openssl" else "mosquitto"
        raise RuntimeError(f"{name} is needed for this test: apt-get install {package}")
    return path


def make_tls_files(directory: Path) -> TlsFiles:
    """Make a throw-away certificate authority and a certificate for 127.0.0.1."""
    directory.mkdir(exist_ok=True)
    ca_key, ca_file = directory / "ca.key", directory / "ca.crt"
    key_file, request, cert_file = (directory / f"broker.{end}" for end in ("key", "csr", "crt"))
    extensions = directory / "extensions"
    extensions.write_text(f"subjectAltName=IP:{HOST}\n")
    new_key = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
    _openssl(f"req -x509 {new_key} -days 2 -subj /CN=test-ca", "-keyout", ca_key, "-out", ca_file)
    _openssl(f"req {new_key} -subj /CN={HOST}", "-keyout", key_file, "-out", request)
    _openssl(
        "x509 -req -days 2 -set_serial 1",
        *("-in", request, "-CA", ca_file, "-CAkey", ca_key),
        *("-extfile", extensions, "-out", cert_file),
    )
    return TlsFiles(ca_file, cert_file, key_file)


def _openssl(options: str, *arguments: str | Path) -> None:
    command = [find_program("openssl"), *options.split(), *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


StartMosquitto = Callable[..., Mosquitto]
"""Starts a broker with the options of `Mosquitto`."""
