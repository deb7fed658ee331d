"""The self-test beside the real service."""

import asyncio

from tests.ctl.ran import run
from tests.system.conftest import town
from tests.system.live import LAMP_PINS, Town, until

__all__ = ["town"]


async def test_the_lamps_of_a_running_service_are_left_to_it(town: Town) -> None:
    town.write_files(port=None, nodes=1)
    node = await town.node("n1")
    ledger = town.directory / "state-n1" / "cyclelight.sqlite"
    await until(ledger.exists, "the service to open its ledger")
    words = ("selftest", "--node", str(town.directory / "n1.toml"), "--yes")
    before = [node.board.duties(pin) for pin in LAMP_PINS]
    ran = await asyncio.to_thread(run, *words)
    assert (ran.status, ran.out) == (2, "")
    assert "cyclelight runs with this state_dir and drives the lamps. Hint: stop it" in ran.err
    assert [node.board.duties(pin) for pin in LAMP_PINS] == before
    assert await node.stop() == 0
