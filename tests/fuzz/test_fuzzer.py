"""The fuzzer finds faults that were planted, and only because it is guided; it makes them small."""

from pathlib import Path
from random import Random

import pytest

from tests.fuzz import engine, planted
from tests.fuzz.corpus import inputs_of, keep
from tests.fuzz.engine import FindingError, Fuzzer, Target, shrunk
from tests.fuzz.mutation import mutated, words_of

ENOUGH = 30_000


def target_of(name: str, *refusals: type[Exception]) -> Target:
    parser = getattr(planted, name)
    return Target(name, (planted,), lambda data, _: parser(data), refusals)


def found(target: Target, scratch: Path, seeds: tuple[bytes, ...] = (b"",)) -> FindingError:
    with pytest.raises(FindingError) as caught:
        Fuzzer(target, scratch, seeds, 1).run(ENOUGH)
    return caught.value


def test_what_stands_behind_steps_is_found_step_by_step(tmp_path: Path) -> None:
    finding = found(target_of("behind_steps"), tmp_path)
    assert "KeyError" in finding.what


def test_without_guidance_it_is_not_found() -> None:
    random, words = Random(1), words_of([b""])  # noqa: S311 - can be repeated
    for _ in range(ENOUGH):
        planted.behind_steps(mutated(b"", random, words, b""))


def test_the_same_seed_tries_the_same(tmp_path: Path) -> None:
    target = target_of("behind_steps")
    first, second = (found(target, tmp_path) for _ in range(2))
    assert first.data == second.data


def test_a_finding_is_made_small(tmp_path: Path) -> None:
    target = target_of("behind_steps")
    finding = found(target, tmp_path)
    long = FindingError(target.name, finding.data + b"y" * 300, finding.kind, finding.what)
    assert len(shrunk(target, tmp_path, long).data) == 5


def test_a_parser_that_does_not_end_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.fuzz.tracing.MOST_LINES", 1000)
    finding = found(target_of("endless"), tmp_path, (b"ab",))
    assert "TooMuchWork" in finding.kind
    assert finding.data[:1] == finding.data[1:2]


def test_a_refusal_that_could_upset_a_terminal_is_found(tmp_path: Path) -> None:
    finding = found(target_of("upsetting", ValueError), tmp_path, (b"a fine word",))
    assert not finding.data.decode("latin-1").replace("\n", "x").isprintable() or not finding.data


@pytest.mark.parametrize(
    ("limit", "kind"), [("MOST_CPU_S", "slow"), ("MOST_GROWTH_BYTES", "large")]
)
def test_time_and_memory_are_limited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, kind: str
) -> None:
    monkeypatch.setattr(engine, limit, -1)
    assert found(target_of("endless"), tmp_path, (b"ab",)).kind == kind


def test_what_is_kept_does_all_that_was_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.fuzz.corpus.FOLDER", tmp_path)
    target = target_of("behind_steps")
    fuzzer = Fuzzer(target, tmp_path, (b"a\x01xxxx", b"a\x01x", b"-", b"--", b"a\x01X"), 1)
    keep(target.name, [b"old"])
    keep(target.name, fuzzer.distilled())
    kept = inputs_of(target.name)
    assert sorted(kept) == [b"-", b"a\x01X", b"a\x01x"]
    assert Fuzzer(target, tmp_path, kept, 1).features == fuzzer.features
