import errno
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cyclelight_updater import environments, trial
from cyclelight_updater.environments import Bundle, build, pointed
from cyclelight_updater.errors import UpdateError
from cyclelight_updater.places import Places
from cyclelight_updater.service import seconds
from cyclelight_updater.trial import ledger_layout
from cyclelight_updater.update import PERIODS, Updater

from tests.install.nodes import LAYOUT, FakeSystemd, ledger, version, wired


@pytest.fixture
def places(tmp_path: Path) -> Places:
    return Places(tmp_path)


@pytest.fixture
def systemd(places: Places) -> FakeSystemd:
    return FakeSystemd(places)


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def updater(places: Places, systemd: FakeSystemd, slept: list[float]) -> Updater:
    return Updater(places, systemd, slept.append)


@pytest.fixture
def running(places: Places, updater: Updater, systemd: FakeSystemd, slept: list[float]) -> Path:
    """Version 1, wired and running."""
    wired(places)
    ledger(places)
    first = version(places, "1")
    updater.switch(first)
    systemd.done.clear()
    slept.clear()
    return first


def in_use(places: Places) -> tuple[str, str, str]:
    """Return the names of the version in use and of the one before, and the unit's text."""
    links = (pointed(link) for link in (places.current, places.previous))
    first, second = ("" if found is None else found.name for found in links)
    return first, second, places.unit.read_text()


def test_a_version_that_comes_up_is_kept_and_so_is_the_one_before(
    places: Places, updater: Updater, running: Path, systemd: FakeSystemd, slept: list[float]
) -> None:
    updater.switch(version(places, "2"))
    assert in_use(places) == ("2", "1", "# the unit of 2\n")
    assert systemd.done == ["stop", "reload", "restart 2"]
    assert slept == [15.0] * PERIODS
    updater.switch(version(places, "3"))
    assert in_use(places) == ("3", "2", "# the unit of 3\n")
    assert not running.exists()
    assert not places.trial.exists()
    assert not places.ledger_copy.exists()


@pytest.mark.parametrize("kind", ["bad", "hanging"])
@pytest.mark.usefixtures("running")
def test_a_version_that_does_not_come_up_is_taken_back(
    places: Places, updater: Updater, systemd: FakeSystemd, kind: str
) -> None:
    getattr(systemd, kind).add("2")
    with pytest.raises(UpdateError, match=r"2 did not come up: taken back; 1 is in use again"):
        updater.switch(version(places, "2"))
    assert in_use(places) == ("1", "", "# the unit of 1\n")
    assert systemd.done[-1] == "restart 1"
    assert systemd.active
    assert not (places.home / "2").exists()
    assert not places.trial.exists()


@pytest.mark.usefixtures("running")
def test_it_tells_the_last_words_of_the_version_it_took_back(
    places: Places, updater: Updater, systemd: FakeSystemd
) -> None:
    systemd.bad.add("2")
    with pytest.raises(UpdateError, match="last words of 2"):
        updater.switch(version(places, "2"))


@pytest.mark.usefixtures("running")
def test_a_version_that_finds_fault_with_the_files_is_refused_before_anything_is_touched(
    places: Places, updater: Updater, systemd: FakeSystemd
) -> None:
    with pytest.raises(UpdateError, match="pin 99 is not there"):
        updater.switch(version(places, "2", "echo pin 99 is not there; exit 2"))
    assert in_use(places) == ("1", "", "# the unit of 1\n")
    assert systemd.done == []
    assert systemd.active


@pytest.mark.usefixtures("running")
def test_files_that_only_the_new_version_reads_come_and_go_with_it(
    places: Places, updater: Updater, systemd: FakeSystemd
) -> None:
    only_next = 'grep -q next "$2"'
    wired(places, places.next_files, "next")
    systemd.bad.add("2")
    with pytest.raises(UpdateError, match="taken back"):
        updater.switch(version(places, "2", only_next))
    assert (places.files / "node.toml").read_text() == "present"
    assert (places.next_files / "node.toml").read_text() == "next"

    systemd.bad.clear()
    updater.switch(version(places, "2", only_next))
    assert (places.files / "node.toml").read_text() == "next"
    assert (places.former_files / "node.toml").read_text() == "present"
    assert not places.next_files.exists()


def test_new_files_alone_are_proven_like_a_version(
    places: Places, updater: Updater, running: Path, systemd: FakeSystemd
) -> None:
    wired(places, places.next_files, "next")
    updater.switch(running)
    assert systemd.done == ["stop", "reload", "restart 1"]
    assert (places.files / "node.toml").read_text() == "next"


@pytest.mark.usefixtures("running")
def test_a_ledger_whose_layout_was_changed_is_given_back(
    places: Places, updater: Updater, systemd: FakeSystemd
) -> None:
    systemd.hanging.add("2")
    places_sleep = updater.sleep

    def migrate(time_s: float) -> None:
        ledger(places, LAYOUT + 1)
        places_sleep(time_s)

    with pytest.raises(UpdateError, match="taken back"):
        Updater(places, systemd, migrate).switch(version(places, "2"))
    assert ledger_layout(places) == LAYOUT
    assert not places.ledger_copy.exists()


@pytest.mark.usefixtures("running")
def test_a_ledger_of_the_same_layout_keeps_what_was_recorded_meanwhile(
    places: Places, updater: Updater, systemd: FakeSystemd
) -> None:
    inode = places.ledger.stat().st_ino
    systemd.bad.add("2")
    with pytest.raises(UpdateError, match="taken back"):
        updater.switch(version(places, "2"))
    assert places.ledger.stat().st_ino == inode


@pytest.mark.usefixtures("running")
def test_where_the_disk_is_full_the_version_before_goes_on(
    places: Places, updater: Updater, systemd: FakeSystemd, monkeypatch: pytest.MonkeyPatch
) -> None:
    second = version(places, "2")
    with monkeypatch.context() as patch:
        patch.setattr(trial.json, "dumps", full)
        with pytest.raises(UpdateError, match=r"nothing was changed: .*No space left"):
            updater.switch(second)
    assert in_use(places) == ("1", "", "# the unit of 1\n")
    assert systemd.active


def test_the_first_version_stays_even_if_it_does_not_come_up(
    places: Places, updater: Updater, systemd: FakeSystemd
) -> None:
    wired(places)
    systemd.bad.add("1")
    with pytest.raises(UpdateError, match="none before it to go back to"):
        updater.switch(version(places, "1"))
    assert in_use(places)[0] == "1"


def test_a_version_whose_python_is_gone_is_nothing_to_go_back_to(
    places: Places, updater: Updater, running: Path, systemd: FakeSystemd
) -> None:
    (running / "bin/cyclelight").write_text("#!/no/such/python\n")
    systemd.bad.add("2")
    with pytest.raises(UpdateError, match="none before it to go back to"):
        updater.switch(version(places, "2"))
    assert in_use(places)[0] == "2"


@pytest.mark.usefixtures("running")
@pytest.mark.parametrize(
    ("missing", "reason"),
    [("running", "systemd does not run here"), ("enabled", "the service is not enabled")],
)
def test_what_shall_not_run_is_put_in_place_and_not_started(
    updater: Updater, missing: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    places, systemd = updater.places, updater.service
    setattr(systemd, missing, False)
    updater.switch(version(places, "2"))
    assert in_use(places) == ("2", "1", "# the unit of 2\n")
    assert not any(word.startswith("restart") for word in vars(systemd)["done"])
    assert reason in capsys.readouterr().out


def test_without_a_node_file_the_first_version_is_enabled_and_not_started(
    places: Places,
    updater: Updater,
    systemd: FakeSystemd,
    capsys: pytest.CaptureFixture[str],
) -> None:
    systemd.enabled = False
    updater.switch(version(places, "1"), enable=True)
    assert systemd.done == ["enable", "reload"]
    assert "node.toml yet" in capsys.readouterr().out


def full(_: object) -> str:
    raise OSError(errno.ENOSPC, "No space left on device")


class PowerCutError(Exception):
    """The end of everything, in a test."""


def cut(_: float) -> None:
    raise PowerCutError


@pytest.mark.parametrize("comes_up", [True, False])
@pytest.mark.usefixtures("running")
def test_a_power_cut_in_the_middle_of_a_trial(
    places: Places, updater: Updater, systemd: FakeSystemd, *, comes_up: bool
) -> None:
    wired(places, places.next_files, "next")
    with pytest.raises(PowerCutError):
        Updater(places, systemd, cut).switch(version(places, "2"))
    assert json.loads(places.trial.read_text())["former"] == "1"
    if comes_up:
        updater.settle()
        assert in_use(places) == ("2", "1", "# the unit of 2\n")
        assert (places.files / "node.toml").read_text() == "next"
    else:
        systemd.bad.add("2")
        with pytest.raises(UpdateError, match="1 is in use again"):
            updater.settle()
        assert in_use(places) == ("1", "", "# the unit of 1\n")
        assert (places.files / "node.toml").read_text() == "present"
    assert not places.trial.exists()


@pytest.mark.usefixtures("running")
def test_a_power_cut_while_files_were_replaced(
    places: Places,
    updater: Updater,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wired(places, places.next_files, "next")
    whole: Callable[[Path, Path], Path] = Path.rename

    def cut_after_first(self: Path, target: Path) -> Path:
        if self == places.next_files:
            raise PowerCutError
        return whole(self, target)

    second = version(places, "2")
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", cut_after_first)
        with pytest.raises(PowerCutError):
            updater.switch(second)
    assert not places.files.exists()
    with pytest.raises(UpdateError, match="1 is in use again"):
        updater.settle()
    assert (places.files / "node.toml").read_text() == "present"
    assert (places.next_files / "node.toml").read_text() == "next"


def test_with_nothing_on_trial_nothing_is_done(updater: Updater, systemd: FakeSystemd) -> None:
    updater.settle()
    assert systemd.done == []


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    folder = tmp_path / "bundle"
    (folder / "wheels").mkdir(parents=True)
    (folder / "version").write_text("1.2.3\n")
    (folder / "requirements.txt").write_text("")
    (folder / "cyclelight.service").write_text("[Service]\n")
    return Bundle(folder)


def test_an_environment_is_named_by_version_python_and_contents(
    bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(environments, "PYTHON", "py3.11")
    old = bundle.name
    monkeypatch.setattr(environments, "PYTHON", "py3.13")
    new_python = bundle.name
    (bundle.folder / "cyclelight.service").write_text("[Service]\nRestart=always\n")
    assert old.startswith("1.2.3-py3.11-")
    assert new_python.startswith("1.2.3-py3.13-")
    assert len({old, new_python, bundle.name}) == 3


def test_an_environment_that_cannot_be_built_leaves_nothing(places: Places, bundle: Bundle) -> None:
    (bundle.folder / "requirements.txt").write_text("nothing-like-it==1 --hash=sha256:" + "0" * 64)
    with pytest.raises(UpdateError, match="cannot be built"):
        build(bundle, places)
    assert list(places.home.iterdir()) == []


def test_an_environment_that_was_cut_short_is_built_again_and_a_whole_one_is_not(
    places: Places, bundle: Bundle
) -> None:
    cut_short = places.home / bundle.name
    (cut_short / "bin").mkdir(parents=True)
    (cut_short / "bin/python").write_text("")
    whole = build(bundle, places)
    assert whole == cut_short
    assert (whole / "bin/python").stat().st_size > 0
    made_ns = (whole / "pyvenv.cfg").stat().st_mtime_ns
    assert build(bundle, places) == whole
    assert (whole / "pyvenv.cfg").stat().st_mtime_ns == made_ns


@pytest.mark.parametrize(
    ("text", "time_s"),
    [("15s", 15.0), ("1min 30s", 90.0), ("500ms", 0.5), ("infinity", 0.0), ("", 0.0)],
)
def test_times_as_systemctl_shows_them(text: str, time_s: float) -> None:
    assert seconds(text) == time_s
