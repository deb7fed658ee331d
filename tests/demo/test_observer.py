import pytest

from controller.mqtt.broker import Inbound
from controller.mqtt.payloads import (
    OFFLINE,
    ONLINE,
    DaylightReport,
    EnergyTotalPayload,
    LampReport,
    StatePayload,
)
from controller.mqtt.topics import Topics
from firmware_sim.demo import scene
from firmware_sim.demo.observer import Observer


def message(node: str, name: str, payload: bytes) -> Inbound:
    topic = getattr(Topics(scene.TENANT, scene.PATH_ID, node), name)
    return Inbound(topic, payload, retained=False, qos=1)


def totals(active_wh: float, baseline_wh: float) -> bytes:
    return EnergyTotalPayload(
        active_energy_wh=active_wh,
        baseline_wh=baseline_wh,
        saved_wh=baseline_wh - active_wh,
        overhead_wh=baseline_wh / 10,
        burn_s=baseline_wh,
        bright_s=0.0,
        switches=0,
        since=None,
        lamps={},
    ).to_bytes()


def state(**targets_pct: float) -> bytes:
    lamps = {
        lamp: LampReport(target_pct=target_pct, level_pct=target_pct, power_w=2.5, reason="base")
        for lamp, target_pct in targets_pct.items()
    }
    daylight = DaylightReport(dark=True, reason="sun", sun_elevation_deg=-80.0, lux=None)
    return StatePayload(
        at=None,
        clock_trusted=True,
        uptime_s=1.0,
        version="0",
        daylight=daylight,
        profile_version=1,
        lamps=lamps,
    ).to_bytes()


async def test_ready_when_all_are_online_and_have_told_energy() -> None:
    observer = Observer()
    for node in scene.NODES:
        assert not observer.ready.is_set()
        await observer.take(message(node, "availability", ONLINE))
        await observer.take(message(node, "energy_total", totals(0.0, 0.0)))
        assert not observer.ready.is_set()
        await observer.take(message(node, "energy_total", totals(1.0, 1.0)))
    assert observer.ready.is_set()


async def test_energy_counts_from_the_first_totals_of_each_node() -> None:
    observer = Observer()
    for node in ("n1", "n2"):
        await observer.take(message(node, "energy_total", totals(1.0, 2.0)))
        await observer.take(message(node, "energy_total", totals(3.0, 7.0)))
    energy = observer.energy()
    assert (energy.active_wh, energy.baseline_wh) == (4.0, 10.0)
    assert energy.overhead_wh == pytest.approx(1.0)


async def test_commands_are_changes_of_targets() -> None:
    observer = Observer()
    for payload in (state(L01=10.0, L02=10.0), state(L01=100.0, L02=10.0), state(L01=10.0, L02=0)):
        await observer.take(message("n1", "state", payload))
    heard = observer.nodes["n1"]
    assert heard.commands == 3
    assert heard.power_w == 5.0


async def test_losses_are_counted() -> None:
    observer = Observer()
    for payload in (OFFLINE, ONLINE, OFFLINE, OFFLINE, ONLINE):
        await observer.take(message("n3", "availability", payload))
    assert observer.nodes["n3"].losses == 1
    assert observer.nodes["n3"].online


async def test_a_payload_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="EnergyTotalPayload"):
        await Observer().take(message("n1", "energy_total", b"{}"))
