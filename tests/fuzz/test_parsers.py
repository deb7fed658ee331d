"""Every parser, on its corpus and on inputs made of it: no exception that it does not promise."""

from pathlib import Path

import pytest

from tests.fuzz.corpus import FOLDER, MOST_BYTES, inputs_of, name_of
from tests.fuzz.engine import Fuzzer, Target
from tests.fuzz.targets import TARGETS

EXECUTIONS = 300
"""Of each target; a long run is `make fuzz`."""
SEED = 1

each = pytest.mark.parametrize("target", TARGETS.values(), ids=TARGETS)


@each
def test_the_corpus_is_taken_as_promised(target: Target, tmp_path: Path) -> None:
    fuzzer = Fuzzer(target, tmp_path, inputs_of(target.name), SEED)
    assert fuzzer.corpus
    reached, _ = fuzzer.tracer.reached(fuzzer.features)
    assert reached


@each
def test_inputs_made_of_the_corpus_are_taken_as_promised(target: Target, tmp_path: Path) -> None:
    fuzzer = Fuzzer(target, tmp_path, inputs_of(target.name), SEED)
    fuzzer.run(EXECUTIONS)
    assert fuzzer.executions >= EXECUTIONS


def test_every_target_has_a_corpus_and_nothing_else_is_in_it() -> None:
    assert {folder.name for folder in FOLDER.iterdir() if folder.is_dir()} == TARGETS.keys()
    kept = [file for name in TARGETS for file in (FOLDER / name).iterdir()]
    assert all(file.name == name_of(file.read_bytes()) for file in kept)
    assert sum(file.stat().st_size for file in kept) <= MOST_BYTES
    assert all(
        len(data) <= target.most_bytes
        for target in TARGETS.values()
        for data in inputs_of(target.name)
    )
