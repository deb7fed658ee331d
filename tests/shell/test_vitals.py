"""The host's condition, read from files as a Pi has them, and from none."""

import os
from pathlib import Path

import pytest

from controller.core.health.alarms import Vitals
from controller.vitals import KEPT_STARTS, Host, started, starts


def told(host: Host) -> Vitals:
    return host.vitals((), store_fails=False)


def with_word(tmp_path: Path, word: str) -> Host:
    file = tmp_path / "get_throttled"
    file.write_text(word + "\n", encoding="ascii")
    return Host(tmp_path, file)


def test_free_space_is_read(tmp_path: Path) -> None:
    vitals = told(Host(tmp_path, tmp_path / "none"))
    assert vitals.free_bytes is not None
    assert vitals.free_bytes > 0
    assert not vitals.read_only


def test_a_read_only_disk_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = list(os.statvfs(tmp_path))
    disk[8] |= os.ST_RDONLY
    monkeypatch.setattr(os, "statvfs", lambda _: os.statvfs_result(disk))
    assert told(Host(tmp_path, tmp_path / "none")).read_only


def test_what_the_machine_does_not_tell_is_none(tmp_path: Path) -> None:
    assert told(Host(tmp_path / "gone", tmp_path / "none")) == Vitals()


@pytest.mark.parametrize("word", ["", "vcgencmd", "ü"])
def test_a_word_that_is_no_number_is_none(tmp_path: Path, word: str) -> None:
    host = with_word(tmp_path, "0")
    (tmp_path / "get_throttled").write_text(word, encoding="utf-8")
    assert told(host).undervoltage is None
    assert told(host).throttled is None


@pytest.mark.parametrize(
    ("word", "undervoltage", "throttled"),
    [
        ("0", False, False),
        ("1", True, False),
        ("2", False, True),
        ("4", False, True),
        ("8", False, True),
        ("50005", True, True),
        ("50000", False, False),  # since boot, but perhaps long ago
    ],
)
def test_the_word_of_the_firmware(
    tmp_path: Path,
    word: str,
    undervoltage: bool,  # noqa: FBT001 - parametrised
    throttled: bool,  # noqa: FBT001 - parametrised
) -> None:
    vitals = told(with_word(tmp_path, word))
    assert (vitals.undervoltage, vitals.throttled) == (undervoltage, throttled)


def test_a_dip_between_two_looks_is_noticed_once(tmp_path: Path) -> None:
    host = with_word(tmp_path, "0")
    told(host)
    with_word(tmp_path, "10000")
    assert told(host).undervoltage
    assert not told(host).throttled
    assert not told(host).undervoltage


def test_what_is_given_is_handed_on(tmp_path: Path) -> None:
    vitals = Host(tmp_path, tmp_path / "none").vitals((1.0, 2.0), store_fails=True)
    assert (vitals.starts_s, vitals.store_fails) == ((1.0, 2.0), True)


def test_starts_of_one_boot_are_kept() -> None:
    document = started(None, "boot", 10.0)
    document = started(document, "boot", 20.0)
    assert starts(document) == (10.0, 20.0)


@pytest.mark.parametrize(("before", "now"), [("a", "b"), ("", "")])
def test_starts_of_another_or_an_unknown_boot_are_forgotten(before: str, now: str) -> None:
    document = started(started(None, before, 10.0), now, 20.0)
    assert starts(document) == (20.0,)


def test_only_so_many_starts_are_kept() -> None:
    document = started(None, "boot", 0.0)
    for number in range(1, 3 * KEPT_STARTS):
        document = started(document, "boot", float(number))
    assert starts(document) == tuple(map(float, range(2 * KEPT_STARTS, 3 * KEPT_STARTS)))


@pytest.mark.parametrize("entries", [None, 3, "x", [None, "x", True, {}]])
def test_a_document_that_is_something_else_holds_no_starts(entries: object) -> None:
    assert starts({"boot": "boot", "starts_s": entries}) == ()
