"""Real daemons, real mosquitto: what a consumer adds up is what the ledger has."""

import asyncio
import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from controller.nightly import last_night
from controller.store.errors import StoreError
from controller.store.store import Store
from tests.mqtt.watching import Watch, watching
from tests.shell.fakes import record
from tests.support.broker import Mosquitto
from tests.system.live import Node, Town, until

ROOT = "cyclelight/v1/soest/test"
INTERVALS = f"{ROOT}/n1/energy/interval"


class Consumer:
    """Whoever adds up closed records and drops what it has already."""

    def __init__(self) -> None:
        self.records: dict[str, dict[str, Any]] = {}

    def take(self, watch: Watch) -> None:
        for text in watch.of(INTERVALS):
            record = json.loads(text)
            known = self.records.setdefault(record["id"], record)
            assert known == record, "one id, two records"

    @property
    def seqs(self) -> list[int]:
        return sorted(x["seq"] for x in self.records.values())


async def test_kills_and_outages_cost_a_consumer_no_record_and_double_none(
    town: Town, broker: Mosquitto
) -> None:
    town.write_files(port=broker.port, nodes=1, record_s=1.0)
    node, consumer = await town.node("n1"), Consumer()
    for _ in range(2):
        async with watching(broker.port) as watch:
            seen = len(consumer.records)
            await until(lambda n=seen: _more(consumer, watch, n + 3), "records")  # type: ignore[misc]
            broker.stop()
        await asyncio.sleep(2.5)  # records are closed meanwhile, and wait
        await node.kill()
        broker.start()
        await node.start()
    await node.stop()
    store = Store(town.directory / "state-n1")
    totals = store.totals()
    store.close()
    closed = records_of(town.directory)
    async with watching(broker.port) as watch:
        await node.start()  # what was closed while the broker was away is told now
        await until(lambda: _more(consumer, watch, closed + 1), "the rest")
    assert consumer.seqs == list(range(1, len(consumer.seqs) + 1))
    until_stop = [x for x in consumer.records.values() if x["seq"] <= closed]
    told_wh = sum(y["active_energy_wh"] for x in until_stop for y in x["lamps"].values())
    kept_wh = sum(x.active_energy_wh for x in totals.lamps.values())
    assert abs(told_wh - kept_wh) <= 0.001 * closed  # each was rounded to a thousandth


def _more(consumer: Consumer, watch: Watch, number: int) -> bool:
    consumer.take(watch)
    return len(consumer.records) >= number


def records_of(directory: Path) -> int:
    """How many records the ledger has."""
    store = Store.read_only(directory / "state-n1")
    try:
        return len([x for night in store.nights() for x in store.of_nights(night, night)])
    finally:
        store.close()


async def _cyclelight(*words: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "controller", *words),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    return process.returncode or 0, out.decode()


async def test_a_report_can_be_had_beside_the_running_controller(town: Town) -> None:
    town.write_files(port=None, nodes=1, record_s=1.0)
    node: Node = await town.node("n1")
    await until(lambda: _recorded(town.directory), "some records")
    store = Store.read_only(town.directory / "state-n1")
    night = store.nights()[-1]
    store.close()
    state = str(town.directory / "state-n1")
    status, text = await _cyclelight("report", "--state", state, "--night", str(night))
    assert status == 0, text
    assert "Test path" in text
    status, text = await _cyclelight("report", "--state", state, "--night", "1999-01-01")
    assert status == 2
    assert str(night) in text
    assert "Traceback" not in node.log


def _recorded(directory: Path) -> bool:
    try:
        return records_of(directory) > 1
    except StoreError:
        return False  # there is none yet


async def test_the_last_night_is_told_after_a_start(town: Town, broker: Mosquitto) -> None:
    town.write_files(port=broker.port, nodes=1, record_s=1.0)
    night = last_night(time.time(), UTC)  # noqa: TID251 - that of the daemon
    evening_s = datetime.combine(night, datetime.min.time(), UTC).timestamp() + 20.0 * 3600.0
    store = Store(town.directory / "state-n1")
    store.add(
        record({"L1": 2.0, "L2": 3.0}, clock_offset_s=evening_s), boot="b", zone=ZoneInfo("UTC")
    )
    store.close()
    async with watching(broker.port) as watch:
        await town.node("n1")
        await until(lambda: watch.of(f"{ROOT}/n1/night"), "the night")
        told = json.loads(watch.of(f"{ROOT}/n1/night")[-1])
    assert (told["night"], told["active_energy_wh"]) == (night.isoformat(), 5.0)
    assert (told["saved_wh"], told["overhead_wh"]) == (5.0, 0.25)
    assert told["coverage"] < 0.01
