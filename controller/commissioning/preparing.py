"""The steps before anything is switched: files, rights and the clock."""

import glob
import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Protocol
from zoneinfo import ZoneInfo

from controller.clock import kernel_clock_synchronised
from controller.commissioning.bench import Bench
from controller.commissioning.parts import all_parts, device_files, numbers
from controller.devices.errors import DeviceError
from controller.devices.gpio import ensure_pin_factory, i2c_opener, spi_opener
from controller.settings.check import check_files
from controller.settings.wiring import Mcp3008Light

LEAST_FREE_MIB = 256
"""The ledger grows to 64 MiB, and needs as much again for a moment when it is copied."""

_MIB = 1024 * 1024
_EXTRAS = "install cyclelight with the extra that it names"
_GROUPS = "let the user of the service into the groups gpio, i2c, spi or dialout, whichever owns it"


def try_files(bench: Bench, node_file: Path) -> None:
    """Examine the files; those with faults have ended the test before this."""
    settings = bench.settings
    named = [node_file, settings.path_file, settings.profile_file]
    for report in check_files([file for file in named if file is not None], bench.environ):
        notes = "".join(f"; note: {note}" for note in report.notes)
        bench.results.ok("files", report.file.name, report.summary + notes)


def try_rights(bench: Bench) -> None:
    """Open what the drivers will need, and see to the state directory."""
    settings, results = bench.settings, bench.results
    if os.geteuid() == 0:
        remedy = "run it as docs/commissioning.md says to try the rights of the service as well"
        results.skipped("rights", "user", "root may do everything, the service may not", remedy)
    if numbers(settings, "pin"):
        try:
            ensure_pin_factory()
        except DeviceError as error:
            results.failed_because("rights", "pins", str(error), _GROUPS)
        else:
            results.ok("rights", "pins", "can be opened")
    for bus in sorted(numbers(settings, "bus")):
        remedy = "switch the bus on (raspi-config, Interface Options, I2C) and restart the Pi"
        _try_bus(bench, f"i2c bus {bus}", partial(i2c_opener, bus), remedy)
    for part in all_parts(settings):
        if isinstance(part, Mcp3008Light):
            remedy = "switch it on (raspi-config, Interface Options, SPI) and restart the Pi"
            _try_bus(bench, f"spi device 0.{part.device}", partial(spi_opener, part.device), remedy)
    for file in sorted(device_files(settings)):
        _try_device_file(bench, file)
    _try_state_dir(bench)


class Closable(Protocol):
    """A bus that was opened to see whether it can be."""

    def close(self) -> None:
        """Let go of it."""


def _try_bus(
    bench: Bench, subject: str, prepare: Callable[[], Callable[[], Closable]], remedy: str
) -> None:
    try:
        prepare()().close()
    except DeviceError as error:
        bench.results.failed_because("rights", subject, str(error), _EXTRAS)
    except PermissionError as error:
        bench.results.failed("rights", subject, str(error), _GROUPS)
    except OSError as error:
        bench.results.failed("rights", subject, str(error), remedy)
    else:
        bench.results.ok("rights", subject, "can be opened")


def _try_device_file(bench: Bench, name: str) -> None:
    found = sorted(glob.glob(name))  # noqa: PTH207 - the name is absolute and may have wildcards
    if not found:
        remedy = "plug the adapter in, or correct the name; ls -l /dev/serial/by-id shows them"
        bench.results.failed("rights", name, "is not there", remedy)
    for file in found:
        if os.access(file, os.R_OK | os.W_OK):
            bench.results.ok("rights", file, "may be read and written")
        else:
            bench.results.failed("rights", file, "may not be read and written", _GROUPS)


def _try_state_dir(bench: Bench) -> None:
    folder, results = bench.settings.state_dir, bench.results
    # Not created here: it would then belong to whoever runs the test.
    place = next(x for x in (folder, *folder.parents) if x.exists())
    subject = f"state_dir {folder}"
    if not (place.is_dir() and os.access(place, os.W_OK | os.X_OK)):
        remedy = "give it to the user of the service (systemd does with StateDirectory=)"
        results.failed("rights", subject, f"{place} may not be written to", remedy)
        return
    free_mib = shutil.disk_usage(place).free // _MIB
    if free_mib < LEAST_FREE_MIB:
        text = f"only {free_mib} MiB are free, the ledger needs {LEAST_FREE_MIB}"
        results.failed("rights", subject, text, "make room, or take a larger card")
    else:
        results.ok("rights", subject, f"may be written to, {free_mib} MiB are free")


def try_clock(bench: Bench) -> None:
    """Ask whether the wall clock may be believed."""
    zone = bench.installation.path.timezone
    shown = f"{datetime.now(UTC).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M:%S} in {zone}"
    if bench.settings.clock.trust == "always":
        bench.results.ok("clock", "", f'says {shown}, believed as the node file says ("always")')
    elif kernel_clock_synchronised():
        bench.results.ok("clock", "", f"is synchronised: {shown}")
    else:
        remedy = (
            "give the Pi a time server (timedatectl timesync-status); until it has one, the light "
            "sensor alone decides, and without one the path is lit"
        )
        bench.results.failed("clock", "", f"is not synchronised: it says {shown}", remedy)
