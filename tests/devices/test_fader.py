import asyncio

import pytest

from controller.core.fade import Fade
from controller.devices.fader import STEPS_PER_S, Fader


class Bench:
    """A fader with a clock that is set by hand, and what one lamp was told."""

    def __init__(self, level_pct: float = 100.0) -> None:
        self.now_s = 50.0
        self.levels_pct: list[float] = []
        self.fader = Fader(lambda: self.now_s)
        self.dimmer = self.fader.attach(self.levels_pct.append, level_pct)

    def step_after(self, seconds: float) -> float:
        self.now_s += seconds
        self.fader.step()
        return self.levels_pct[-1]


async def test_a_fade_follows_the_dali_curve_and_ends_at_its_target() -> None:
    bench = Bench(10.0)
    bench.dimmer.fade_to(100.0, 1.0)
    course = Fade(10.0, 100.0, bench.now_s, 1.0)
    told_pct = [bench.step_after(1.0 / STEPS_PER_S) for _ in range(int(STEPS_PER_S) + 1)]
    times_s = [course.begin_s + (n + 1) / STEPS_PER_S for n in range(int(STEPS_PER_S) + 1)]
    assert told_pct == pytest.approx([course.level_pct_at(time_s) for time_s in times_s])
    assert told_pct[-1] == 100.0


async def test_a_finished_fade_writes_no_more() -> None:
    bench = Bench(10.0)
    bench.dimmer.fade_to(100.0, 1.0)
    bench.step_after(2.0)
    told = len(bench.levels_pct)
    bench.step_after(1.0)
    assert len(bench.levels_pct) == told


async def test_a_stall_makes_a_fade_coarser_but_not_longer() -> None:
    bench = Bench(10.0)
    bench.dimmer.fade_to(100.0, 1.0)
    assert bench.step_after(0.7) == pytest.approx(Fade(10.0, 100.0, 0.0, 1.0).level_pct_at(0.7))
    assert bench.step_after(5.0) == 100.0


async def test_a_new_fade_replaces_the_running_one_where_it_is() -> None:
    bench = Bench(10.0)
    bench.dimmer.fade_to(100.0, 1.0)
    half_pct = Fade(10.0, 100.0, 0.0, 1.0).level_pct_at(0.5)
    bench.now_s += 0.5
    bench.dimmer.fade_to(0.0, 2.0)
    assert bench.levels_pct[-1] == pytest.approx(half_pct)
    assert 0.0 < bench.step_after(1.0) < half_pct
    assert bench.step_after(1.0) == 0.0


async def test_without_fade_time_the_target_is_told_at_once() -> None:
    bench = Bench()
    bench.dimmer.fade_to(20.0, 0.0)
    assert bench.levels_pct == [20.0]


async def test_a_fade_to_the_present_level_is_no_fade() -> None:
    bench = Bench(20.0)
    bench.dimmer.fade_to(20.0, 3.0)
    bench.step_after(1.0)
    assert bench.levels_pct == [20.0]


async def test_a_stopped_dimmer_stays_where_it_is() -> None:
    bench = Bench()
    bench.dimmer.fade_to(0.0, 1.0)
    bench.dimmer.stop()
    bench.now_s += 2.0
    bench.fader.step()
    assert bench.levels_pct == [100.0]


def fader_tasks() -> list[asyncio.Task[object]]:
    return [task for task in asyncio.all_tasks() if task.get_name() == "fader"]


async def test_one_task_serves_all_lamps_and_only_while_one_fades() -> None:
    fader = Fader()
    levels_pct: list[list[float]] = [[], [], []]
    dimmers = [fader.attach(told_pct.append, 100.0) for told_pct in levels_pct]
    assert fader_tasks() == []
    for number, dimmer in enumerate(dimmers):
        dimmer.fade_to(10.0, 0.1 * number)
    [task] = fader_tasks()
    async with asyncio.timeout(10.0):
        await task
    assert [told_pct[-1] for told_pct in levels_pct] == [10.0, 10.0, 10.0]
    dimmers[0].fade_to(50.0, 0.05)
    async with asyncio.timeout(10.0):
        await fader_tasks()[0]
    assert levels_pct[0][-1] == 50.0
