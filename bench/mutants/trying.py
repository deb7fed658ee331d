"""The processes that run the core's tests: once as it is, then with one mistake at a time.

The first run says what each test takes and which lines it runs. With a mistake only those tests are
run that come to its line, the quickest first, until one fails. All those processes are forked from
one that has loaded what the tests need, but nothing of the core.
"""

import importlib.abc
import importlib.machinery
import importlib.util
import json
import multiprocessing
import os
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import ModuleType
from typing import Any, Self

from bench.mutants.mistakes import CORE, ROOT, Mutant, uses, with_mistake

TESTS = ROOT / "tests" / "core"
QUICK = 25
"""So many tests are run first: collecting all takes longer than most mistakes live."""
LOADED_ONCE = [
    "pytest",
    "hypothesis.strategies",
    "hypothesis.internal.conjecture.engine",
    "zoneinfo",
]
"""What tests need and no mistake is made in."""
START_S, SLOWER = 30.0, 10.0
"""Tests that need so long, and so many times what they took before, hang: that is noticed."""

Durations = dict[str, float]


class Coverage:
    """Which tests come to a line, and what they take."""

    def __init__(self, duration_s: Durations, tests: dict[str, dict[str, list[str]]]) -> None:
        """Take the seconds of each test, and the tests by file (in ROOT) and line."""
        self.duration_s = duration_s
        self._tests = tests

    @classmethod
    def measured(cls) -> Self:
        """Run all tests once. Raises CalledProcessError if one fails."""
        with NamedTemporaryFile("r", suffix=".json") as file:
            command = [sys.executable, "-m", "bench.mutants", "--measure", file.name]
            subprocess.run(command, check=True, cwd=ROOT)
            return cls(*json.load(file))

    def tests(self, mutant: Mutant) -> list[str]:
        """Return the tests that can notice it, all where imports run it.

        Those named after the module come first, then those that run something of it.
        """
        places = [(mutant.file, mutant.line)]
        if mutant.constant is not None:
            places = uses(mutant.constant)
        coming = [self._coming(*place) for place in places]
        chosen = {test for tests in coming for test in tests}
        if not chosen or "" in chosen or not all(coming):
            chosen = set(self.duration_s)
        own = f"/test_{mutant.file.stem}"
        if mutant.constant is not None:  # a test may state it, and run nothing that uses it
            chosen |= {test for test in self.duration_s if own in test}
        near = {x for tests in self._tests[_key(mutant.file)].values() for x in tests}

        def order(test: str) -> tuple[bool, bool, float]:
            return own not in test, test not in near, self.duration_s[test]

        return sorted(chosen, key=order)

    def _coming(self, file: Path, line: int) -> list[str]:
        return self._tests[_key(file)].get(str(line), [])


def _key(file: Path) -> str:
    return str(file.relative_to(ROOT))


class Bench:
    """Runs tests with one mistake at a time, in so many processes."""

    def __init__(self, coverage: Coverage, jobs: int) -> None:
        """Start none yet."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(LOADED_ONCE)
        self._processes = ProcessPoolExecutor(jobs, context, max_tasks_per_child=1)
        self._coverage = coverage

    def noticed(self, mutant: Mutant) -> bool:
        """Whether a test fails with the mistake, or hangs."""
        tests = self._coverage.tests(mutant)
        for some in (tests[:QUICK], tests[QUICK:]):
            take_s = sum(self._coverage.duration_s[test] for test in some)
            limit_s = START_S + SLOWER * take_s
            if some and self._processes.submit(_fail, mutant, some, limit_s).result():
                return True
        return False


# --- in those processes ---------------------------------------------------------------------------


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads one module with a mistake in it."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(self, name: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        if name != self._mutant.module:
            return None
        return importlib.util.spec_from_file_location(name, self._mutant.file, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        tree = with_mistake(self._mutant.file.read_text(), self._mutant.number)
        exec(compile(tree, self._mutant.file, "exec"), vars(module))  # noqa: S102 that is its purpose


class _Hasty:
    """Lets hypothesis not look for the smallest example: one that fails is enough."""

    def pytest_configure(self) -> None:
        from hypothesis import Phase, settings  # noqa: PLC0415 after pytest's own plugin

        settings.register_profile(
            "mutants", settings.get_profile("cyclelight"), phases=(Phase.explicit, Phase.generate)
        )
        settings.load_profile("mutants")


class _Measuring:
    """Notes what each test takes, and which lines it runs."""

    def __init__(self) -> None:
        from coverage import Coverage as Lines  # noqa: PLC0415 only one process needs it

        self._lines = Lines(data_file=None, source=[str(CORE)], branch=False)
        self._lines.start()
        self._duration_s: Durations = defaultdict(float)

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self._lines.switch_context(nodeid)

    def pytest_runtest_logreport(self, report: Any) -> None:  # noqa: ANN401 pytest's TestReport
        self._duration_s[report.nodeid] += report.duration

    def write(self, place: Path) -> None:
        self._lines.stop()
        data = self._lines.get_data()
        tests = {_key(Path(file)): data.contexts_by_lineno(file) for file in data.measured_files()}
        place.write_text(json.dumps([self._duration_s, tests]))


def _fail(mutant: Mutant, tests: Sequence[str], limit_s: float) -> bool:
    """Run these tests with a mistake; return whether one fails, or they need more than that."""
    import pytest  # noqa: PLC0415 only these processes need it

    _be_silent()
    os.chdir(ROOT)
    sys.meta_path.insert(0, _Finder(mutant))
    signal.signal(signal.SIGPROF, _hang)
    signal.setitimer(signal.ITIMER_PROF, limit_s)
    options = ["-x", "-q", "--no-header", "-p", "no:cacheprovider"]
    options += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # hypothesis is loaded already
    return pytest.main([*options, *tests], plugins=[_Hasty()]) != 0


def _be_silent() -> None:
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)


def _hang(*_: object) -> None:
    raise KeyboardInterrupt  # which pytest takes as the end of the run


def measure(place: Path) -> int:
    """Run all tests, and write into `place` what `Coverage` takes; return pytest's status."""
    import pytest  # noqa: PLC0415 only this process needs it

    measuring = _Measuring()
    status = pytest.main(["-q", "--no-header", "-p", "no:cacheprovider", str(TESTS)], [measuring])
    measuring.write(place)
    return int(status)
