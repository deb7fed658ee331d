"""Run the controller's nodes through a night in virtual time."""

from collections.abc import Callable, Iterator
from functools import partial

from controller.core.events import LuxMeasured, NeighbourReported, Stopped
from controller.core.path import Path
from controller.core.profile import Profile
from firmware_sim.clock import Action, VirtualClock
from firmware_sim.disturbances import NONE, Disturbance
from firmware_sim.network import Bus
from firmware_sim.node import Log, SimulatedNode, Surroundings
from firmware_sim.rubbish import rubbish_kept
from firmware_sim.world import World

PROGRESS_STEPS = 100

Progress = Callable[[float], None]
"""(share of the night that has passed, 0..1)"""


NodeMaker = Callable[[Path, Profile, str, Surroundings, float], SimulatedNode]
"""(path, profile, node, what it lives in, clock skew in s)"""


def simulate(  # noqa: PLR0913 - each has a meaning of its own
    world: World,
    profile: Profile,
    seed: int,
    progress: Progress,
    disturbance: Disturbance = NONE,
    *,
    make_node: NodeMaker = SimulatedNode,
) -> Log:
    """Return what the nodes of the path did from the begin of the run to its end."""
    span = world.span
    clock = VirtualClock(span.start_s)
    bus = Bus(clock, seed, disturbance.message_loss)
    around = Surroundings(clock, bus, span.zero_utc_s, Log())
    around.log.commands += disturbance.undriven(world.path, span.start_s)
    nodes = {
        node.id: make_node(
            world.path, profile, node.id, around, disturbance.clock_skew_s * (number % 2)
        )
        for number, node in enumerate(world.path.nodes)
        if node.id not in disturbance.dead_nodes
    }
    if disturbance.message_loss < 1.0:
        for node in nodes.values():
            for other in sorted(node.site.heard_nodes & nodes.keys()):
                node.take(NeighbourReported(other, online=True))
    clock.plan([*_motion(world, disturbance, nodes), *_light(world, nodes)])
    with rubbish_kept():
        for percent in range(PROGRESS_STEPS + 1):
            share = percent / PROGRESS_STEPS
            clock.run_until(span.start_s + share * (span.end_s - span.start_s))
            progress(share)
    for node in nodes.values():
        node.take(Stopped())
    return around.log


def _motion(
    world: World, disturbance: Disturbance, nodes: dict[str, SimulatedNode]
) -> Iterator[tuple[float, Action]]:
    """Report every sensor once at the begin, then every change of its level."""
    home = {s.id: nodes[s.node] for s in world.path.motion_sensors if s.node in nodes}
    for sensor, node in home.items():
        stuck = sensor in disturbance.stuck_sensors
        yield world.span.start_s, partial(node.report, sensor, active=stuck)
    for change in disturbance.reports(world.sensed.changes):
        if change.sensor in home:
            report = partial(home[change.sensor].report, change.sensor, active=change.active)
            yield change.time_s, report


def _light(world: World, nodes: dict[str, SimulatedNode]) -> Iterator[tuple[float, Action]]:
    for time_s, lux in world.lux:
        for sensor in world.path.light_sensors:
            if sensor.node in nodes:
                yield time_s, partial(nodes[sensor.node].take, LuxMeasured(sensor.id, lux))
