"""A tree like /sys/class/pwm that keeps the kernel's rules (drivers/pwm/sysfs.c, core.c).

The files are real, what is written goes through `write`. A write that breaks a rule raises what
the kernel answers; every state that the pin has been in is kept.
"""

import errno
import os
import shutil
from pathlib import Path

from controller.devices.sysfs_pwm import Sysfs

SHORTEST_NS = 1000


class FakeSysfs(Sysfs):
    def __init__(self, folder: Path, devices: tuple[str, ...] = ("1f00098000.pwm",)) -> None:
        super().__init__(folder / "class")
        self.states: list[tuple[bool, int, int, str]] = []
        self.writes: list[str] = []
        self.waited_s = 0.0
        self.ready_after_s = 0.0
        self.broken: OSError | None = None
        self.taken: set[int] = set()
        for number, device in enumerate(devices):
            there = folder / "platform" / device
            chip = there / "pwm" / f"pwmchip{number}"
            chip.mkdir(parents=True)
            (chip / "device").symlink_to(there)
            (chip / "npwm").write_text("4\n")
            (chip / "export").write_text("")
            self.root.mkdir(exist_ok=True)
            (self.root / chip.name).symlink_to(chip)

    def write(self, file: Path, text: str) -> None:
        self.writes.append(f"{file.name} {text}")
        if self.broken is not None:
            raise self.broken
        if not file.exists():
            raise FileNotFoundError(errno.ENOENT, "No such file or directory")
        if file.name == "export":
            self._export(file.parent, int(text))
        else:
            self._set(file, text)

    def wait(self, seconds: float) -> None:
        self.waited_s += seconds
        if self.waited_s >= self.ready_after_s:
            for file in self.root.glob("pwmchip*/pwm*/*"):
                file.chmod(0o644)

    def exported(self, channel: int = 0, chip: str = "pwmchip0") -> Path:
        """A channel as the kernel exports it."""
        folder = self.root / chip / f"pwm{channel}"
        folder.mkdir()
        for name, text in (("period", "0"), ("duty_cycle", "0"), ("enable", "0")):
            (folder / name).write_text(text + "\n")
        (folder / "polarity").write_text("normal\n")
        if self.ready_after_s:
            for file in folder.iterdir():
                file.chmod(0o444)
        return folder

    def running(self, period_ns: int, duty_ns: int, polarity: str = "normal") -> Path:
        """A channel that somebody left running."""
        folder = self.exported()
        for name, text in (
            ("period", str(period_ns)),
            ("duty_cycle", str(duty_ns)),
            ("polarity", polarity),
            ("enable", "1"),
        ):
            (folder / name).write_text(text + "\n")
        return folder

    def unplug(self) -> None:
        for chip in self.root.glob("pwmchip*"):
            shutil.rmtree(chip.resolve())
            chip.unlink()

    def _export(self, chip: Path, channel: int) -> None:
        if channel >= int((chip / "npwm").read_text()):
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
        if channel in self.taken or (chip / f"pwm{channel}").exists():
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        self.exported(channel, chip.name)

    def _set(self, file: Path, text: str) -> None:
        if not os.access(file, os.W_OK) or (file.stat().st_mode & 0o200) == 0:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        folder = file.parent
        before = {x.name: x.read_text().strip() for x in folder.iterdir()}
        after = {**before, file.name: text}
        period_ns, duty_ns = int(after["period"]), int(after["duty_cycle"])
        # pwm_apply_might_sleep() refuses a state without period, or with more duty than period.
        if period_ns == 0 or duty_ns > period_ns or 0 < period_ns < SHORTEST_NS:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        if file.name == "polarity" and before["enable"] == "1" and before["polarity"] != text:
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        file.write_text(text + "\n")
        self.states.append((after["enable"] == "1", period_ns, duty_ns, after["polarity"]))
