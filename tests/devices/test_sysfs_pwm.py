import errno
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from controller.devices.errors import DeviceError
from controller.devices.sysfs_pwm import READY_LIMIT_S, Sysfs, SysfsPwm
from tests.devices.fake_sysfs_pwm import FakeSysfs

DEVICE = "1f00098000.pwm"
PERIOD_NS = 333_333  # 3 kHz


def pwm(
    sysfs: Sysfs, *, channel: int = 0, hz: float = 3000.0, active_high: bool = True
) -> SysfsPwm:
    return SysfsPwm(DEVICE, channel, hz, active_high=active_high, sysfs=sysfs)


def light(state: tuple[bool, int, int, str]) -> float:
    enabled, period_ns, duty_ns, _ = state
    return duty_ns / period_ns if enabled else 0.0


def test_it_is_born_at_full_light_and_follows_levels(tmp_path: Path) -> None:
    sysfs = FakeSysfs(tmp_path)
    channel = pwm(sysfs)
    assert sysfs.states[-1] == (True, PERIOD_NS, PERIOD_NS, "normal")
    channel.write(10.0)
    assert sysfs.states[-1] == (True, PERIOD_NS, 33_333, "normal")
    channel.write(0.0)
    assert sysfs.states[-1] == (True, PERIOD_NS, 0, "normal")


def test_where_low_means_light_the_duty_is_turned_over(tmp_path: Path) -> None:
    sysfs = FakeSysfs(tmp_path)
    channel = pwm(sysfs, active_high=False)
    assert sysfs.states[-1] == (True, PERIOD_NS, 0, "normal")
    channel.write(10.0)
    assert sysfs.states[-1][2] == PERIOD_NS - 33_333


def test_the_chip_is_found_by_its_device_not_its_number(tmp_path: Path) -> None:
    sysfs = FakeSysfs(tmp_path, ("1-0040", "fan.pwm", DEVICE))
    pwm(sysfs, channel=2)
    assert (sysfs.root / "pwmchip2" / "pwm2" / "enable").read_text() == "1\n"
    assert not (sysfs.root / "pwmchip0" / "pwm2").exists()


def test_a_level_that_stays_is_not_written_again(tmp_path: Path) -> None:
    sysfs = FakeSysfs(tmp_path)
    channel = pwm(sysfs)
    written = len(sysfs.writes)
    channel.write(100.0)
    assert len(sysfs.writes) == written


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    period_ns=st.integers(1000, 10_000_000),
    share=st.floats(0.0, 1.0),
    hz=st.floats(100.0, 100_000.0),
)
def test_a_running_channel_is_taken_over_without_a_blink(
    tmp_path_factory: pytest.TempPathFactory, period_ns: int, share: float, hz: float
) -> None:
    sysfs = FakeSysfs(tmp_path_factory.mktemp("pwm"))
    duty_ns = round(period_ns * share)
    sysfs.running(period_ns, duty_ns)
    pwm(sysfs, hz=hz)
    wanted_ns = round(1e9 / hz)
    assert sysfs.states[-1] == (True, wanted_ns, wanted_ns, "normal")
    # Never off, and never darker than it was or than the same pulse in the new period.
    least = min(duty_ns / period_ns, duty_ns / wanted_ns, wanted_ns / period_ns)
    assert min(map(light, sysfs.states)) >= min(1.0, least)


def test_a_polarity_that_somebody_left_is_turned_back_with_the_signal_off(tmp_path: Path) -> None:
    sysfs = FakeSysfs(tmp_path)
    sysfs.running(1_000_000, 500_000, "inversed")
    pwm(sysfs)
    assert sysfs.writes == [
        *("enable 0", "duty_cycle 333333", "period 333333"),
        *("polarity normal", "enable 1"),
    ]


def test_a_channel_whose_rights_come_late_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_nobody(monkeypatch)
    sysfs = FakeSysfs(tmp_path)
    sysfs.ready_after_s = 0.5
    pwm(sysfs)
    assert sysfs.waited_s == pytest.approx(0.5)
    assert sysfs.states[-1][0]


def as_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """The superuser may write everything: go by the files' mode."""

    def access(file: Path, _mode: int) -> bool:
        return file.exists() and bool(file.stat().st_mode & 0o200)

    monkeypatch.setattr(os, "access", access)


def test_rights_that_never_come_are_told_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_nobody(monkeypatch)
    sysfs = FakeSysfs(tmp_path)
    sysfs.ready_after_s = 1e9
    with pytest.raises(DeviceError, match=r"cannot be written to; .*group gpio.*Protect"):
        pwm(sysfs)
    assert sysfs.waited_s == pytest.approx(READY_LIMIT_S)


def test_a_chip_that_is_not_there_is_told_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(DeviceError, match=r"there are: fan\.pwm\).*dtoverlay=pwm-2chan"):
        pwm(FakeSysfs(tmp_path, ("fan.pwm",)))
    with pytest.raises(DeviceError, match="there are: none"):
        pwm(Sysfs(tmp_path / "nowhere"))


def test_what_the_kernel_refuses_is_told_with_the_remedy(tmp_path: Path) -> None:
    sysfs = FakeSysfs(tmp_path)
    with pytest.raises(DeviceError, match="no such channel"):
        pwm(sysfs, channel=7)
    sysfs.taken.add(3)
    with pytest.raises(DeviceError, match="another driver"):
        pwm(sysfs, channel=3)
    with pytest.raises(DeviceError, match="cannot do 2e\\+06 Hz"):
        pwm(sysfs, hz=2e6)
    sysfs.broken = OSError(errno.EIO, "Input/output error")
    with pytest.raises(DeviceError, match="kernel's log"):
        pwm(sysfs, channel=1)


def test_after_an_error_the_channel_is_taken_anew(tmp_path: Path) -> None:
    sysfs = FakeSysfs(tmp_path)
    channel = pwm(sysfs)
    sysfs.broken = OSError(errno.EIO, "Input/output error")
    with pytest.raises(OSError, match="Input/output"):
        channel.write(20.0)
    with pytest.raises(DeviceError):
        channel.write(20.0)
    sysfs.broken = None
    (sysfs.root / "pwmchip0" / "pwm0" / "enable").write_text("0\n")
    channel.write(20.0)
    assert sysfs.states[-1] == (True, PERIOD_NS, 66_667, "normal")


def test_let_go_it_runs_on_at_full_light(tmp_path: Path) -> None:
    sysfs = FakeSysfs(tmp_path)
    channel = pwm(sysfs)
    channel.write(10.0)
    channel.close()
    assert sysfs.states[-1] == (True, PERIOD_NS, PERIOD_NS, "normal")
    sysfs.unplug()
    channel.write(100.0)
    channel.close()


def test_a_chip_that_is_gone_can_still_be_let_go(tmp_path: Path) -> None:
    sysfs = FakeSysfs(tmp_path)
    channel = pwm(sysfs)
    channel.write(10.0)
    sysfs.unplug()
    channel.close()


def test_the_kernels_files_are_written_in_place(tmp_path: Path) -> None:
    file = tmp_path / "duty_cycle"
    file.write_text("")
    Sysfs().write(file, "5")
    assert file.read_text() == "5"
    with pytest.raises(FileNotFoundError):
        Sysfs().write(tmp_path / "period", "5")
    Sysfs().wait(0.0)
