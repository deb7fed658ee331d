"""`config validate`: a profile examined without a broker, and a night under it."""

from datetime import date
from pathlib import Path

from controller.core.path import Path as BuiltPath
from controller.ctl.console import Console
from controller.ctl.night import timeline
from controller.ctl.night_text import night_json, night_lines
from controller.ctl.profiles import checked, read_profile, sendable
from controller.ctl.trouble import input_fault
from controller.printable import printable
from controller.settings.path import load_path
from controller.settings.rule_checks import gap_notes


def dry_run(  # noqa: PLR0913 each has a meaning of its own
    file: Path,
    path_file: Path | None,
    day: date | None,
    console: Console,
    *,
    today: date,
    as_json: bool,
) -> None:
    """Say that a profile is sound, and what a night would look like where a path is known.

    Raises SettingsError or CtlError with every fault.
    """
    if day is not None and path_file is None:
        hint = "add --path-file, or leave it out"
        raise input_fault("--date", "is given without a path to show a night on", hint)
    document = read_profile(file)
    path: BuiltPath | None = None if path_file is None else load_path(path_file)
    profile = checked(document, str(file), path)
    sendable(document, str(file))
    notes = list(gap_notes(profile.rules))
    night = None if path is None else timeline(profile, path, day or today)
    if as_json:
        told = None if night is None else night_json(night)
        console.tell({"file": str(file), "notes": notes, "night": told})
        return
    lines = [f"{file}: ok", *(f"  note: {note}" for note in notes)]
    if night is not None:
        minutes = profile.daylight.advance_s / 60.0
        lines += ["", *night_lines(night)]
        lines += ["", f"A light sensor may add up to {minutes:g} min at each end."]
    for line in lines:
        console.say(printable(line))
