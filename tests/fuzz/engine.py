"""The loop: try an input, keep it if it did something new, stop at a finding and make it small."""

import resource
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import ModuleType

from tests.fuzz.mutation import mutated, words_of
from tests.fuzz.tracing import TooMuchWorkError, Tracer, kinds_of

MOST_CPU_S = 5.0
"""Of one input. What takes so long in C or Rust is not seen by the tracer."""
MOST_GROWTH_BYTES = 64 * 1024 * 1024
"""So much more than ever before may an input make the process grow."""
MOST_SHRINKING = 3000
MOST_KINDS = 100
"""Of refusals that count as new: some repeat what they refuse."""
_LONGEST_REFUSAL = 2000


@dataclass(frozen=True, slots=True)
class Target:
    """A parser, or what stands right behind one.

    `read` is given an input of at most `most_bytes` and an empty directory. It may raise
    `refusals`, in lines of printable text; AssertionError says that something does not hold that
    should. `modules`: where it is followed.
    """

    name: str
    modules: tuple[ModuleType, ...]
    read: Callable[[bytes, Path], object]
    refusals: tuple[type[Exception], ...] = ()
    most_bytes: int = 2000


class FindingError(Exception):
    """An input that a target does not take as it promises; `kind` says in short what it does."""

    def __init__(self, target: str, data: bytes, kind: str, what: str) -> None:
        super().__init__(f"{target}: {what} on {data!r}")
        self.target, self.data, self.kind, self.what = target, data, kind, what


class Fuzzer:
    """Tries inputs on one target. `corpus`: those that did something new, by their features."""

    def __init__(self, target: Target, scratch: Path, seeds: Iterable[bytes], seed: int) -> None:
        """Begin with some inputs. Raises FindingError."""
        self._target, self._scratch = target, scratch
        self._random = Random(f"{target.name}/{seed}")  # noqa: S311 - can be repeated
        self.tracer = Tracer(target.modules)
        self.features: set[object] = set()
        self._kinds: set[object] = set()
        self.corpus: list[bytes] = []
        self.executions = 0
        for data in sorted(seeds, key=lambda x: (len(x), x)):
            self._keep_if_new(data)
        self._words = words_of(self.corpus)

    def run(self, executions: int, until_s: float = float("inf")) -> None:
        """Try new inputs, as many or until so much processor time is used. Raises FindingError."""
        random = self._random
        for _ in range(executions):
            if time.thread_time() > until_s:
                return
            known = self.corpus or [b""]
            # The newest are the nearest to something that nobody has seen yet.
            chosen = known[max(random.randrange(len(known)), random.randrange(len(known)))]
            data = mutated(chosen, random, self._words, random.choice(known))
            self._keep_if_new(data[: self._target.most_bytes])

    def distilled(self) -> list[bytes]:
        """Return few and short inputs that do all that was seen."""
        small = Fuzzer(self._target, self._scratch, self.corpus, 0)
        return small.corpus

    def tried(self, data: bytes) -> set[object]:
        """Try one input; return its features. Raises FindingError."""
        self.executions += 1
        before_bytes, begin_s = _peak_bytes(), time.thread_time()
        told = self._told(data)
        if time.thread_time() - begin_s > MOST_CPU_S:
            raise FindingError(self._target.name, data, "slow", f"more than {MOST_CPU_S} s")
        if _peak_bytes() - before_bytes > MOST_GROWTH_BYTES:
            raise FindingError(self._target.name, data, "large", "more than 64 MiB more")
        return self.tracer.features | told

    def _told(self, data: bytes) -> set[object]:
        """Try one input; return the kinds of refusals, none if it was taken."""
        try:
            self.tracer.call(lambda: self._target.read(data, self._scratch))
        except self._target.refusals as refusal:
            for line in str(refusal).split("\n"):
                if not line.isprintable() or not 0 < len(line) <= _LONGEST_REFUSAL:
                    raise self._finding(data, refusal) from refusal
            return kinds_of(refusal)
        except (Exception, TooMuchWorkError) as error:
            raise self._finding(data, error) from error
        return set()

    def _finding(self, data: bytes, error: BaseException) -> FindingError:
        place, within = "", error.__traceback__
        while within is not None:
            place = f"{within.tb_frame.f_code.co_qualname}:{within.tb_lineno}"
            within = within.tb_next
        kind = f"{type(error).__name__} at {place}"
        return FindingError(self._target.name, data, kind, f"{kind}: {str(error)[:200]!r}")

    def _keep_if_new(self, data: bytes) -> None:
        features = self.tried(data)
        if len(self._kinds) >= MOST_KINDS:
            features = {x for x in features if not isinstance(x, str) or x in self._kinds}
        self._kinds |= {x for x in features if isinstance(x, str)}
        if not features <= self.features:
            self.features |= features
            self.corpus.append(data)


def shrunk(target: Target, scratch: Path, finding: FindingError) -> FindingError:
    """Return the same finding with a shorter input: pieces are left out as long as it stays."""
    fuzzer = Fuzzer(target, scratch, (), 0)
    size = max(1, len(finding.data) // 2)
    while size and fuzzer.executions < MOST_SHRINKING:
        at, smaller = 0, False
        while at < len(finding.data) and fuzzer.executions < MOST_SHRINKING:
            data = finding.data[:at] + finding.data[at + size :]
            try:
                fuzzer.tried(data)
                at += size
            except FindingError as found:
                same = found.kind == finding.kind
                finding, smaller = (found, True) if same else (finding, smaller)
                at += 0 if same else size
        size = size if smaller else size // 2
    return finding


def _peak_bytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
