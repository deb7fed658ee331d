"""A certificate authority of its own for a test, run with the settings that we deliver."""

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.support.broker import HOST, TlsFiles, find_program

CONFIG = Path(__file__).parents[2] / "config" / "mosquitto"
_KEY = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"


@dataclass(frozen=True)
class Authority:
    """Issues certificates into its directory."""

    directory: Path

    @classmethod
    def found(cls, directory: Path) -> "Authority":
        """Make the authority, a broker's certificate, and an empty list of revoked ones."""
        directory.mkdir()
        (directory / "issued").mkdir()
        (directory / "index.txt").touch()
        shutil.copy(CONFIG / "ca.cnf", directory)
        authority = cls(directory)
        authority._openssl(
            f"req -x509 {_KEY} -days 2 -config ca.cnf -extensions authority"
            " -subj /CN=authority -keyout ca.key -out ca.crt"
        )
        authority.issue("broker", name="broker.example", kind="broker")
        authority.list_revoked()
        return authority

    def issue(
        self, file: str, *, name: str, kind: str = "client", dates: str = "-days 2"
    ) -> TlsFiles:
        """Make a key and a certificate. `kind`: a section of ca.cnf."""
        self._openssl(f"req {_KEY} -subj /CN={name} -keyout {file}.key -out {file}.csr")
        self._openssl(
            f"ca -config ca.cnf -batch -notext -create_serial -extensions {kind} {dates}"
            f" -in {file}.csr -out {file}.crt"
        )
        return self.files(file)

    def files(self, file: str) -> TlsFiles:
        return TlsFiles(
            self.directory / "ca.crt",
            self.directory / f"{file}.crt",
            self.directory / f"{file}.key",
        )

    def revoke(self, file: str) -> None:
        self._openssl(f"ca -config ca.cnf -revoke {file}.crt")
        self.list_revoked()

    def list_revoked(self) -> None:
        self._openssl("ca -config ca.cnf -gencrl -out ca.crl")

    def _openssl(self, options: str) -> None:
        done = subprocess.run(
            [find_program("openssl"), *options.split()],
            cwd=self.directory,
            env=os.environ | {"NAMES": f"IP:{HOST},DNS:localhost"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
