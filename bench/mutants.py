"""`python -m bench.mutants`: would the core's tests notice a small mistake in it?

Mistakes are drawn from all that could be made: another comparison, plus for minus, `and` for `or`,
a number that is off, a `not` that is missing, the least for the greatest. Each is made in a process
of its own, and the core's tests are run there until one fails: those named after the module first,
then the others, for so long at most. A mistake that no test noticed is printed with its place.
Tests try the same examples each time, so the same draw has the same outcome.
"""

import argparse
import ast
import importlib.abc
import importlib.machinery
import importlib.util
import os
import random
import subprocess
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).parent.parent
CORE = ROOT / "controller" / "core"
TESTS = ROOT / "tests" / "core"
LIMIT_S = 120.0
SEED = 1

OTHER: dict[type[ast.AST], type[ast.AST]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}


@dataclass(frozen=True, slots=True)
class Mutant:
    """A mistake: the `number`-th that can be made in a module."""

    module: str
    number: int
    line: int
    what: str

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return f"{self.file.relative_to(ROOT)}:{self.line}: {self.what}"

    @property
    def file(self) -> Path:
        """The module's file."""
        return ROOT / f"{self.module.replace('.', '/')}.py"


class Mistakes(ast.NodeTransformer):
    """Counts the mistakes that can be made in a module, and makes one of them."""

    def __init__(self, chosen: int | None = None) -> None:
        """Make none, or the one of this number."""
        self._chosen = chosen
        self.found: list[tuple[int, str]] = []

    def _makes(self, node: ast.expr, what: str) -> bool:
        self.found.append((node.lineno, what))
        return self._chosen == len(self.found) - 1

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """Leave annotations alone."""
        if node.value is not None:
            node.value = self.visit(node.value)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Leave annotations and decorators alone."""
        node.body = [self.visit(x) for x in node.body]
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.AST:
        """Compare otherwise."""
        self.generic_visit(node)
        for place, op in enumerate(node.ops):
            if self._makes(node, f"{type(op).__name__} becomes {OTHER[type(op)].__name__}"):
                node.ops[place] = OTHER[type(op)]()  # type: ignore[call-overload]
        return node

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        """Reckon otherwise."""
        self.generic_visit(node)
        other = OTHER.get(type(node.op))
        if other and self._makes(node, f"{type(node.op).__name__} becomes {other.__name__}"):
            node.op = other()  # type: ignore[assignment]
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.AST:
        """Join otherwise."""
        self.generic_visit(node)
        other = OTHER[type(node.op)]
        if self._makes(node, f"{type(node.op).__name__} becomes {other.__name__}"):
            node.op = other()  # type: ignore[assignment]
        return node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        """Leave out a `not` or a sign."""
        self.generic_visit(node)
        return node.operand if self._makes(node, f"{type(node.op).__name__} is left out") else node

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """Be off by one, or say the contrary."""
        if isinstance(node.value, bool):
            if self._makes(node, f"{node.value} becomes {not node.value}"):
                node.value = not node.value
        elif isinstance(node.value, int | float) and self._makes(node, f"{node.value} plus 1"):
            node.value += 1
        return node

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """Take the least for the greatest, or any for all."""
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id in NAMES:
            other = NAMES[node.func.id]
            if self._makes(node, f"{node.func.id} becomes {other}"):
                node.func.id = other
        return node


def mutants() -> list[Mutant]:
    """Return every mistake that can be made in the core."""
    found = []
    for file in sorted(CORE.rglob("*.py")):
        module = ".".join(file.relative_to(ROOT).with_suffix("").parts)
        mistakes = Mistakes()
        mistakes.visit(ast.parse(file.read_text()))
        found += [Mutant(module, i, *x) for i, x in enumerate(mistakes.found)]
    return found


# --- the process in which it is made --------------------------------------------------------------


class _Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads one module with a mistake in it."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(self, name: str, *_: object) -> importlib.machinery.ModuleSpec | None:
        if name != self._mutant.module:
            return None
        return importlib.util.spec_from_file_location(name, self._mutant.file, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        tree = Mistakes(self._mutant.number).visit(ast.parse(self._mutant.file.read_text()))
        exec(compile(ast.fix_missing_locations(tree), self._mutant.file, "exec"), vars(module))  # noqa: S102


def _run_tests(module: str, number: int, files: Sequence[str]) -> int:
    import pytest  # noqa: PLC0415 only this process needs it

    sys.meta_path.insert(0, _Finder(Mutant(module, number, 0, "")))
    return int(pytest.main(["-x", "-q", "--no-header", "-p", "no:cacheprovider", *files]))


# --- the one that draws ---------------------------------------------------------------------------


def noticed(mutant: Mutant) -> bool:
    """Whether a test fails with it; one that runs for too long after it does not count."""
    own, others = _tests(mutant.module.rpartition(".")[2])
    ends_s = time.monotonic() + LIMIT_S
    for files in (own, others):
        command = [sys.executable, "-m", "bench.mutants", "--try", mutant.module]
        command += [str(mutant.number), *files]
        left_s = ends_s - time.monotonic()
        if not files or left_s <= 0.0:
            continue
        try:
            ran = subprocess.run(
                command, check=False, cwd=ROOT, timeout=left_s, capture_output=True
            )
        except subprocess.TimeoutExpired:
            return False
        if ran.returncode != 0:
            return True
    return False


@cache
def _tests(name: str) -> tuple[list[str], list[str]]:
    files = sorted(TESTS.rglob("test_*.py"), key=lambda x: x.stat().st_size)
    own = [x for x in files if name in x.stem]
    others = [x for x in files if x not in own]
    return [str(x) for x in own], [str(x) for x in others]


def main() -> int:
    """Draw, try and print."""
    if sys.argv[1:2] == ["--try"]:
        return _run_tests(sys.argv[2], int(sys.argv[3]), sys.argv[4:])
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--number", type=int, default=200, metavar="N", help="how many to draw")
    parser.add_argument("--seed", type=int, default=SEED, metavar="N")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N")
    args = parser.parse_args()
    every = mutants()
    rng = random.Random(args.seed)  # noqa: S311 a draw
    drawn = rng.sample(every, min(args.number, len(every)))
    killed = 0
    with ThreadPoolExecutor(args.jobs) as pool:
        for tried, (mutant, was) in enumerate(zip(drawn, pool.map(noticed, drawn), strict=True), 1):
            killed += was
            if not was:
                print(f"not noticed: {mutant.place}", flush=True)
            print(f"\r{tried} of {len(drawn)}, {killed} noticed ", end="", file=sys.stderr)
    print(file=sys.stderr)
    print(f"{killed} of {len(drawn)} noticed ({killed / len(drawn):.1%}); {len(every)} in all")
    return 0


if __name__ == "__main__":
    sys.exit(main())
