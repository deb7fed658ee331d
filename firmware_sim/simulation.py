"""Run the controller's nodes through a night in virtual time."""

from collections.abc import Callable
from functools import partial

from controller.core.events import LuxMeasured, MotionReported, Stopped
from controller.core.profile import Profile
from firmware_sim.clock import VirtualClock
from firmware_sim.network import Bus
from firmware_sim.node import Log, SimulatedNode, Surroundings
from firmware_sim.world import World

PROGRESS_STEPS = 100

Progress = Callable[[float], None]
"""(share of the night that has passed, 0..1)"""


def simulate(world: World, profile: Profile, seed: int, progress: Progress) -> Log:
    """Return what the nodes of the path did from the begin of the run to its end."""
    span = world.span
    clock = VirtualClock(span.start_s)
    around = Surroundings(clock, Bus(clock, seed), span.zero_utc_s, Log())
    nodes = {n.id: SimulatedNode(world.path, profile, n.id, around) for n in world.path.nodes}
    _plan_motion(world, nodes, clock)
    _plan_light(world, nodes, clock)
    for percent in range(PROGRESS_STEPS + 1):
        share = percent / PROGRESS_STEPS
        clock.run_until(span.start_s + share * (span.end_s - span.start_s))
        progress(share)
    for node in nodes.values():
        node.take(Stopped())
    return around.log


def _plan_motion(world: World, nodes: dict[str, SimulatedNode], clock: VirtualClock) -> None:
    """Report every sensor once at the begin, then every change of its level."""
    home = {sensor.id: nodes[sensor.node] for sensor in world.path.motion_sensors}
    for sensor, node in home.items():
        quiet = MotionReported(sensor, active=False, at_s=clock.now_s)
        clock.at(clock.now_s, partial(node.take, quiet))
    for change in world.sensed.changes:
        report = MotionReported(change.sensor, change.active, change.time_s)
        clock.at(change.time_s, partial(home[change.sensor].take, report))


def _plan_light(world: World, nodes: dict[str, SimulatedNode], clock: VirtualClock) -> None:
    for time_s, lux in world.lux:
        for sensor in world.path.light_sensors:
            clock.at(time_s, partial(nodes[sensor.node].take, LuxMeasured(sensor.id, lux)))
