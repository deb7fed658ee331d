"""The host of health: what it shows to health, hands on, and survives."""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from controller import watching
from controller.core.events import MotionReported, NeighbourReported
from controller.core.health.alarms import AlarmChange, Key, Vitals
from controller.core.state import State
from controller.core.step import step
from controller.watching import Watching
from tests.core.build import settled
from tests.shell.fakes import Clock, until

BROKEN = Vitals(read_only=True)


@dataclass
class Scene:
    clock: Clock
    state: State
    watching: Watching
    vitals: list[Vitals]
    told: list[AlarmChange] = field(default_factory=list)

    async def minutes(self, number: int) -> None:
        for _ in range(number):
            self.clock.now_s += 60.0
            await self.watching.examine()


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    host = settled("n1")
    clock = Clock(host.now_s)
    vitals = [Vitals()]
    told: list[AlarmChange] = []
    with ThreadPoolExecutor(1) as executor:
        watched = Watching(
            host.state,
            moment=clock.moment,
            vitals=lambda: vitals[-1],
            executor=executor,
            told=told.append,
        )
        yield Scene(clock, host.state, watched, vitals, told)


async def test_alarms_are_told_and_stay_to_be_asked_for(scene: Scene) -> None:
    begin_s = scene.clock.now_s
    scene.vitals.append(BROKEN)
    await scene.minutes(5)
    assert scene.told == []
    assert not scene.watching.alarms
    await scene.minutes(1)
    (change,) = scene.told
    assert (change.code, change.subject, change.raised) == ("store_unwritable", "n1", True)
    assert change.at_s == begin_s + 360.0
    assert scene.watching.alarms == ("store_unwritable:n1",)
    assert scene.watching.health.alarms[Key("store_unwritable", "n1")].since_s == change.at_s
    scene.vitals.append(Vitals())
    await scene.minutes(6)
    assert [change.raised for change in scene.told] == [True, False]
    assert not scene.watching.alarms


async def test_health_sees_every_state(scene: Scene) -> None:
    state = scene.state
    for _ in range(3):
        for active in (True, False):
            scene.clock.now_s += 5.0
            moment = scene.clock.moment()
            state = step(state, MotionReported("M05", active, moment.mono_s), moment).state
            scene.watching.changed(state)
    assert scene.watching.health.counts.motion["M05"].rises == 3
    scene.watching.changed(
        step(state, NeighbourReported("n0", online=False), scene.clock.moment()).state
    )
    await scene.minutes(6)
    assert scene.watching.alarms == ("neighbour_silent:n0",)


def failing(*_: object) -> None:
    raise RuntimeError("a fault of ours")


async def test_a_fault_in_health_does_not_reach_the_lamps(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.vitals.append(BROKEN)
    await scene.minutes(6)
    with monkeypatch.context() as broken, capture_logs() as logs:
        broken.setattr(watching, "observed", failing)
        scene.watching.changed(scene.state)
    assert [entry["event"] for entry in logs] == ["health_failed"]
    assert not scene.watching.alarms
    await scene.minutes(6)
    assert scene.watching.alarms == ("store_unwritable:n1",)


async def test_after_a_fault_in_an_examination_health_begins_anew(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.vitals.append(BROKEN)
    await scene.minutes(6)
    with monkeypatch.context() as broken:
        broken.setattr(watching, "examined", failing)
        with pytest.raises(RuntimeError):
            await scene.watching.examine()
    assert not scene.watching.alarms


async def test_it_examines_again_and_again(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "EXAMINE_S", 0.001)
    scene.vitals.append(BROKEN)
    running = asyncio.create_task(scene.watching.run())
    try:
        for _ in range(8):
            scene.clock.now_s += 60.0
            now_s = scene.clock.now_s
            await until(lambda now_s=now_s: scene.watching.health.examined_at_s == now_s)
        assert scene.watching.alarms == ("store_unwritable:n1",)
    finally:
        running.cancel()
        await asyncio.wait([running])
