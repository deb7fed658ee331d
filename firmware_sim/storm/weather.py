"""Lets a storm happen: what is planned, in virtual time, until its end or a broken invariant."""

import asyncio
import shutil
import tempfile
from functools import partial
from pathlib import Path
from random import Random

from firmware_sim.storm.course import WITH_LIGHT_SENSOR
from firmware_sim.storm.faults import Faults
from firmware_sim.storm.loop import VirtualLoop
from firmware_sim.storm.people import sensed
from firmware_sim.storm.scenario import Scenario
from firmware_sim.storm.seams import ERROR, replaced
from firmware_sim.storm.watching import Observer
from firmware_sim.storm.world import World, build_world

MEMORY_DISK = Path("/dev/shm")  # noqa: S108 - a new folder in it, where there is one
FIRST_STARTS_S = (0.1, 8.0)
LIGHT_EVERY_S = 300.0
NIGHT_LUX = 0.4
TICK_S = 30.0
BURIALS = 9


def weather(scenario: Scenario, observer: Observer, *, least_level: int = ERROR) -> None:
    """Run a storm before an observer, until its end or until the observer has seen enough."""
    folder = Path(
        tempfile.mkdtemp(prefix="storm-", dir=MEMORY_DISK if MEMORY_DISK.is_dir() else None)
    )
    loop = VirtualLoop()
    try:
        with replaced(least_level=least_level):
            world = build_world(scenario, loop, folder, observer)
            loop.set_exception_handler(lambda _loop, context: observer.failed(context))
            observer.begin(world)
            _plan(world, observer)
            end = loop.call_at(scenario.length_s, loop.stop)
            loop.run_forever()
            end.cancel()
            observer.end()
            _bury(world)
    finally:
        loop.close()
        shutil.rmtree(folder)


# --- what is planned ------------------------------------------------------------------------------


def _plan(world: World, observer: Observer) -> None:
    scenario, rng = world.scenario, Random(f"{world.scenario.seed}/plan")
    for machine in world.machines.values():
        world.at(rng.uniform(*FIRST_STARTS_S), machine.start)
    for change in sensed(world.people, scenario.seed, scenario.length_s):
        see = partial(world.sensors[change.sensor].see, somebody=change.active)
        world.at(change.time_s, see)
    faults = Faults(world, observer)
    for fault in scenario.faults:
        world.at(fault.at_s, partial(faults.begin, fault))
    for act in scenario.acts:
        world.at(act.at_s, partial(world.operators.act, act))
    _measure_light(world)
    _tick(world, observer)
    world.at(scenario.calm_s, observer.calm)


def _measure_light(world: World) -> None:
    for number in WITH_LIGHT_SENSOR:
        process = world.machines[f"n{number}"].process
        if process is not None:
            process.measure(f"D{number}", NIGHT_LUX)
    world.later(LIGHT_EVERY_S, partial(_measure_light, world))


def _tick(world: World, observer: Observer) -> None:
    observer.tick()
    world.later(TICK_S, partial(_tick, world, observer))


def _bury(world: World) -> None:
    """End every task there ever was in order, so that nothing is left behind."""
    world.network.broker.halt()
    for machine in world.machines.values():
        machine.revive()

    async def ended() -> None:
        own = asyncio.current_task()
        for _ in range(BURIALS):
            rest = [task for task in asyncio.all_tasks() if task is not own]
            for task in rest:
                task.cancel()
            if rest:
                await asyncio.wait(rest, timeout=1.0)

    world.loop.run_until_complete(ended())
    for machine in world.machines.values():
        for store in machine.disk.open_stores:
            store.close()
