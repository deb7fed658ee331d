"""What changed at a node from one word of it to the next, a line a change."""

from collections.abc import Iterator, Mapping

from controller.ctl.status import clock_text, daylight_text, percent
from controller.ctl.survey import STATE, Node
from controller.mqtt.payloads import LampReport, StatePayload


def changes(before: Node, after: Node) -> Iterator[str]:
    """Say what is new. Levels on their way to a new target are not: the target says it."""
    if after.online is not None and after.online != before.online:
        yield "online" if after.online else "offline"
    unreadable = after.unreadable.get(STATE)
    if unreadable is not None and unreadable != before.unreadable.get(STATE):
        yield f"state cannot be read: {unreadable}"
    if after.state is not None:
        yield from _state_changes(before.state, after.state)


def _state_changes(before: StatePayload | None, after: StatePayload) -> Iterator[str]:
    if before is None or before.profile_version != after.profile_version:
        yield f"profile version {after.profile_version}"
    if before is None or before.clock_trusted != after.clock_trusted:
        yield "clock trusted" if after.clock_trusted else "clock not trusted"
    if before is None or before.daylight.dark != after.daylight.dark:
        yield daylight_text(after.daylight)
    known = () if before is None else before.alarms
    yield from (f"alarm {alarm}" for alarm in after.alarms if alarm not in known)
    yield from (f"alarm over {alarm}" for alarm in known if alarm not in after.alarms)
    yield from _lamp_changes({} if before is None else before.lamps, after)


def _lamp_changes(before: Mapping[str, LampReport], after: StatePayload) -> Iterator[str]:
    for lamp, now in sorted(after.lamps.items()):
        was = before.get(lamp)
        if was is None or (was.target_pct, was.reason, was.until) != (
            now.target_pct,
            now.reason,
            now.until,
        ):
            until = "" if now.until is None else f" until {clock_text(now.until, after.at)}"
            yield f"{lamp} {percent(now.target_pct)}: {now.reason}{until}"
