"""Real daemons, real mosquitto: neighbours, outages, settings and totals that never fall."""

import asyncio
import json
import time

from controller.mqtt.broker import Limits
from controller.mqtt.payloads import StatePayload
from tests.mqtt.watching import Watch, publish, watching
from tests.support.broker import Mosquitto
from tests.system.live import LAMP_PINS, LIMIT_S, MOTION_PINS, Town, until

ROOT = "cyclelight/v1/soest/test"
# A node may pause for so long between two attempts to reach a broker that was gone.
LONGEST_PAUSE_S = Limits().backoff_cap_s


async def test_a_passage_at_one_node_lights_the_neighbours_lamps_as_soon_as_its_own(
    town: Town, broker: Mosquitto
) -> None:
    town.write_files(port=broker.port, nodes=2)
    first, second = await asyncio.gather(town.node("n1"), town.node("n2"))
    async with watching(broker.port) as watch:
        for node in ("n1", "n2"):
            await _available(watch, node, "online")
        await first.board.at_base()
        await second.board.at_base()
        late_s = []
        for _ in range(2):  # more passages that end nowhere would be taken for false alarms
            put_s = first.board.put(pin=MOTION_PINS[1], value=1)
            # These two lamps stand at the same distance from the sensor.
            own_s = await first.board.bright(LAMP_PINS[0], put_s)
            late_s.append(await second.board.bright(LAMP_PINS[0], put_s) - own_s)
            first.board.put(pin=MOTION_PINS[1], value=0)
            await second.board.at_base()
        # The machine may be busy for once; nodes that are slow are slow each time.
        assert min(late_s) < 0.2
        told = [json.loads(text) for text in watch.of(f"{ROOT}/n1/passage")][-4:]
        assert [(x["sensor"], x["active"]) for x in told] == 2 * [("M2", True), ("M2", False)]


async def test_the_lamp_next_to_a_neighbour_that_dies_is_lit_until_it_is_back(
    town: Town, broker: Mosquitto
) -> None:
    town.write_files(port=broker.port, nodes=2)
    first, second = await asyncio.gather(town.node("n1"), town.node("n2"))
    beside = LAMP_PINS[1]
    async with watching(broker.port) as watch:
        await first.board.at_base()
        killed_s = await second.kill()
        await first.board.bright(beside, killed_s)
        silent = "fail_safe:neighbour_silent"
        await until(lambda: _told(watch, "n1").lamps["L2"].reason == silent, "the reason")
        await second.start()
        await first.board.at_base()
        await until(lambda: _told(watch, "n1").lamps["L2"].reason == "base", "the reason's end")


def _told(watch: Watch, node: str) -> StatePayload:
    return StatePayload.model_validate_json(watch.of(f"{ROOT}/{node}/state")[-1])


async def test_while_the_broker_is_away_the_lamps_next_to_neighbours_are_lit(
    town: Town, broker: Mosquitto
) -> None:
    town.write_files(port=broker.port, nodes=2)
    first, second = await asyncio.gather(town.node("n1"), town.node("n2"))
    beside_each_other = ((first, LAMP_PINS[1]), (second, LAMP_PINS[0]))
    for node, _ in beside_each_other:
        await node.board.at_base()
    since_s = time.monotonic()
    broker.stop()
    for node, pin in beside_each_other:
        await node.board.bright(pin, since_s)
    broker.start()  # with nothing retained
    async with watching(broker.port) as watch:
        for node, _ in beside_each_other:
            await _available(watch, node.name, "online")
    for node, _ in beside_each_other:
        await node.board.at_base()


async def test_lamps_do_not_notice_a_broker_that_goes_and_comes(
    town: Town, broker: Mosquitto
) -> None:
    town.write_files(port=broker.port, nodes=1)
    node = await town.node("n1")
    await node.board.at_base()
    broker.stop()
    took_s = []
    for _ in range(2):  # and the longer the broker is away, the longer are the pauses
        put_s = node.board.put(pin=MOTION_PINS[0], value=1)
        took_s.append(await node.board.bright(LAMP_PINS[0], put_s) - put_s)
        node.board.put(pin=MOTION_PINS[0], value=0)
        await node.board.at_base()
    assert min(took_s) < 1.0 + 0.1
    broker.start()
    async with watching(broker.port) as watch:
        await _available(watch, "n1", "online")
        for topic in ("state", "lamp/L1/state", "energy/total", "config/reported"):
            await until(lambda t=topic: watch.of(f"{ROOT}/n1/{t}"), topic)  # type: ignore[misc]


async def test_the_lamps_start_without_a_broker_and_it_is_found_later(
    town: Town, broker: Mosquitto
) -> None:
    town.write_files(port=broker.port, nodes=1)
    broker.stop()
    node = await town.node("n1")
    await node.board.at_base()
    broker.start()
    async with watching(broker.port) as watch:
        await _available(watch, "n1", "online")


async def test_totals_never_fall_through_kill_and_restart(town: Town, broker: Mosquitto) -> None:
    town.write_files(port=broker.port, nodes=1, record_s=1.0)
    node = await town.node("n1")
    async with watching(broker.port) as watch:
        for _ in range(3):
            seen = len(_totals(watch))
            await until(lambda n=seen: len(_totals(watch)) >= n + 3, "totals")  # type: ignore[misc]
            await node.kill()
            await _available(watch, "n1", "offline")
            await node.start()
        totals = _totals(watch)
    assert totals == sorted(totals)
    assert totals[-1][0] > totals[0][0]


def _totals(watch: Watch) -> list[tuple[float, float, float]]:
    messages = [json.loads(text) for text in watch.of(f"{ROOT}/n1/energy/total")]
    return [(x["active_energy_wh"], x["baseline_wh"], x["overhead_wh"]) for x in messages]


async def test_a_profile_from_the_operator_is_applied_kept_or_refused(
    town: Town, broker: Mosquitto
) -> None:
    town.write_files(port=broker.port, nodes=1)
    node = await town.node("n1")
    await node.board.at_base()
    async with watching(broker.port) as watch:
        reported = lambda: [json.loads(x) for x in watch.of(f"{ROOT}/n1/config/reported")]  # noqa: E731
        await until(reported, "the first report")
        profile = reported()[-1]["profile"]
        profile["levels"]["base_pct"] = 30.0
        await _desire(broker, {"version": 7, "profile": profile}, retain=True)
        await until(lambda: reported()[-1]["active_version"] == 7, "version 7")
        await until(lambda: 0.29 < node.board.duty(LAMP_PINS[0]) < 0.31, "the new base level")

        contradiction = {**profile, "levels": {"base_pct": 90.0, "presence_pct": 50.0}}
        await _desire(broker, {"version": 8, "profile": contradiction}, retain=False)
        await until(lambda: reported()[-1]["version"] == 8, "the refusal")
        refused = reported()[-1]
        assert (refused["applied"], refused["active_version"]) == (False, 7)
        assert "base_pct" in refused["errors"][0]["place"]

        await _desire(broker, b"{ not a message", retain=False)
        await until(lambda: reported()[-1]["version"] is None, "the refusal of nonsense")

    broker.stop()  # nobody tells it again
    await node.kill()
    await node.start()
    await until(lambda: 0.29 < node.board.duty(LAMP_PINS[0]) < 0.31, "the kept base level")


async def _desire(broker: Mosquitto, message: object, *, retain: bool) -> None:
    payload = message if isinstance(message, bytes) else json.dumps(message).encode()
    await publish(broker.port, f"{ROOT}/n1/config/desired", payload, qos=1, retain=retain)


async def _available(watch: Watch, node: str, word: str) -> None:
    topic = f"{ROOT}/{node}/availability"
    await until(lambda: word in watch.of(topic), f"{word} of {node}", LONGEST_PAUSE_S + LIMIT_S)


async def test_foreign_bytes_change_nothing(town: Town, broker: Mosquitto) -> None:
    town.write_files(port=broker.port, nodes=2)
    await publish(broker.port, f"{ROOT}/n2/availability", b"online", qos=1, retain=True)
    node = await town.node("n1")
    await node.board.at_base()
    since_s = time.monotonic()
    for payload in (b"perhaps", b"\xff", b"x" * 4000):
        await publish(broker.port, f"{ROOT}/n2/availability", payload, qos=1)
    good = {"sensor": "M3", "boot": "b", "seq": 1, "active": True, "age_s": 0.0}
    for payload in (b"", b"{", b"[]", b"\x00" * 400, json.dumps(good | {"sensor": "M1"}).encode()):
        await publish(broker.port, f"{ROOT}/n2/passage", payload, qos=0)
    await publish(broker.port, f"{ROOT}/n2/passage", json.dumps(good).encode(), qos=0, retain=True)
    await publish(broker.port, f"{ROOT}/n2/passage", json.dumps(good | {"seq": 2}).encode(), qos=0)
    await node.board.bright(LAMP_PINS[1], since_s)
    assert "Traceback" not in node.log
