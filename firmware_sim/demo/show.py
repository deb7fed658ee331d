"""The show itself: everything is started, people pass by, and all is seen."""

import asyncio
from random import Random

from controller.concurrency import until_one_ends
from firmware_sim.demo import scene
from firmware_sim.demo.boards import Boards, connect
from firmware_sim.demo.broker import DemoBroker, wait_until_listening
from firmware_sim.demo.display import Display
from firmware_sim.demo.failure import DemoError
from firmware_sim.demo.observer import Observer
from firmware_sim.demo.screen import NodeShown, PersonShown, Snapshot
from firmware_sim.demo.stage import Stage
from firmware_sim.demo.world import World, everybody

READY_LIMIT_S = 30.0
WORLD_STEP_S = 0.05
FRAME_S = 0.1


class Show:
    """One performance. `last` is the newest snapshot, None before the show has begun."""

    def __init__(self, broker: DemoBroker, port: int, length_s: float | None, seed: int) -> None:
        """Prepare a show of `length_s` seconds, None: until it is cancelled."""
        self._broker = broker
        self._port = port
        self._length_s = length_s
        self._observer = Observer()
        self._world = World(
            everybody(Random(seed), scene.LENGTH_M),
            {scene.sensor(i): scene.place_m(i) for i in range(scene.LAMPS)},
            reach_m=scene.REACH_M,
            length_m=scene.LENGTH_M,
        )
        self.last: Snapshot | None = None

    @property
    def losses(self) -> int:
        """How often a node went offline."""
        return sum(heard.losses for heard in self._observer.nodes.values())

    async def run(self, stage: Stage, display: Display) -> None:
        """Start everything and play. Raises DemoError if anything fails."""
        await until_one_ends(self._perform(stage, display), stage.watch())

    async def _perform(self, stage: Stage, display: Display) -> None:
        await stage.start_broker(self._broker)
        await stage.start_boards()
        boards = await connect(stage)
        await wait_until_listening(self._port)
        await stage.start_controllers()
        link = self._observer.link(self._broker, self._port)
        await until_one_ends(self._play(boards, display), link.run())

    async def _play(self, boards: Boards, display: Display) -> None:
        await self._all_ready()
        with display:
            await self._pass_by(boards, display)

    async def _all_ready(self) -> None:
        try:
            async with asyncio.timeout(READY_LIMIT_S):
                await self._observer.ready.wait()
        except TimeoutError:
            missing = [
                node for node, x in self._observer.nodes.items() if not (x.online and x.first)
            ]
            raise DemoError(
                f"no report after {READY_LIMIT_S:g} s from {', '.join(missing)}; see the logs"
            ) from None

    async def _pass_by(self, boards: Boards, display: Display) -> None:
        loop = asyncio.get_running_loop()
        begin_s = loop.time()
        next_frame_s = elapsed_s = 0.0
        while self._length_s is None or elapsed_s < self._length_s:
            for change in self._world.advance(elapsed_s):
                boards.put(change)
            self.last = self._snapshot(boards, elapsed_s)
            if elapsed_s >= next_frame_s:
                display.show(self.last)
                next_frame_s = elapsed_s + FRAME_S
            await asyncio.sleep(WORLD_STEP_S)
            elapsed_s = loop.time() - begin_s

    def _snapshot(self, boards: Boards, elapsed_s: float) -> Snapshot:
        nodes = self._observer.nodes
        energy = self._observer.energy()
        return Snapshot(
            elapsed_s=elapsed_s,
            length_s=self._length_s,
            levels_pct=boards.levels_pct(),
            people=tuple(
                PersonShown(x.kind, x.at_m(elapsed_s), x.velocity_m_s > 0.0)
                for x in self._world.people(elapsed_s)
            ),
            nodes=tuple(NodeShown(n, x.online, x.power_w) for n, x in nodes.items()),
            active_wh=energy.active_wh,
            baseline_wh=energy.baseline_wh,
            overhead_wh=energy.overhead_wh,
            passages=self._world.passages,
            commands=sum(heard.commands for heard in nodes.values()),
        )
