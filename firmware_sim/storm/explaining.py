"""Why a lamp is as it is, in lines: what the core knows, and what the pole does."""

from collections.abc import Iterator

from controller.core.lamps import ladder
from controller.core.state import State
from firmware_sim.storm.course import NODE_OF_LAMP
from firmware_sim.storm.machine import NodeMachine
from firmware_sim.storm.world import World


def reason(machine: NodeMachine, lamp: str, now_s: float) -> str:
    """Return why the core decided as it did, in a word."""
    state = machine.state
    if state is None:
        return "undriven"
    return ladder(state, lamp, machine.clocks.mono_s(now_s))[0].reason


def explained(world: World, lamp: str) -> Iterator[str]:
    """Yield lines about a lamp, its node and the people it knows of."""
    now_s = world.loop.time()
    machine, pole = world.machines[NODE_OF_LAMP[lamp]], world.lamps[lamp]
    last = pole.course[-1]
    yield (
        f"{lamp} of {machine.node}: {last.fade.level_pct_at(now_s):.1f} % on its way from "
        f"{last.from_pct:.1f} to {last.to_pct:.1f} % since {last.time_s:.3f} s"
    )
    state = machine.state
    if state is None:
        yield f"{machine.node} does not run"
        return
    mono_s = machine.clocks.mono_s(now_s)
    for number, proposal in enumerate(ladder(state, lamp, mono_s)):
        until_s = proposal.until_s
        until = "" if until_s is None else f", for {until_s - mono_s:.1f} s"
        wins = "wins" if number == 0 else "loses"
        yield f"  {wins:6} {proposal.level_pct:5.1f} % {proposal.reason}{until}"
    yield from _known(state, mono_s)


def _known(state: State, mono_s: float) -> Iterator[str]:
    watch = state.watch
    yield f"  occupied {sorted(watch.occupied)}, unreadable {sorted(watch.unreadable)}"
    yield f"  silent {sorted(watch.silent)}, settled {watch.settles_s is None}"
    for track in watch.tracks.live:
        ways = " ".join(f"{'+' if x.forward else '-'}{x.sensor}" for x in track.headings)
        speed = "" if track.speed_m_s is None else f" at {track.speed_m_s:.2f} m/s"
        windows = " ".join(
            f"{x}:{w.from_s - mono_s:.0f}..{w.until_s - mono_s:.0f}"
            for x, w in track.windows.items()
        )
        yield (
            f"  track since {mono_s - track.rise_s:.1f} s from {track.sensor} to {ways}{speed}, "
            f"odds {track.odds:.1f}, missed by {sorted(track.missed)}, windows {windows}"
        )
