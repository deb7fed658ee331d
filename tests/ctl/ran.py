"""The command line as a user has it: words in, exit status and text out."""

import asyncio
import contextlib
import io
import json
from dataclasses import dataclass
from typing import Any

from controller import cli
from tests.ctl.fake import PATH, TENANT
from tests.support.broker import HOST

PATIENT_S = "30"
"""A timeout that no sound test reaches, even on a busy machine."""
BRIEF_S = "1.5"
"""A timeout of tests in which somebody stays silent."""


@dataclass(frozen=True)
class Ran:
    status: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()

    @property
    def complaints(self) -> list[str]:
        return self.err.splitlines()

    @property
    def told(self) -> Any:  # noqa: ANN401 whatever JSON holds
        return json.loads(self.out)


def run(*words: str) -> Ran:
    """Run `cyclelight` in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            status = cli.main(words)
        except SystemExit as ended:
            status = int(ended.code or 0)
    return Ran(status, out.getvalue(), err.getvalue())


async def ctl(
    port: int, *words: str, wait: str = PATIENT_S, path: str = PATH, tenant: str = TENANT
) -> Ran:
    """Run `cyclelight ctl` beside the test's own event loop."""
    where = ("--broker", f"{HOST}:{port}", "--tenant", tenant, "--path", path)
    return await asyncio.to_thread(run, "ctl", *where, "--timeout", wait, *words)
