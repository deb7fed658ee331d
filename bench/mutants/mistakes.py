"""The small mistakes that can be made in the core, and how one of them is made.

Another comparison, plus for minus, `and` for `or`, a number that is off, a `not` that is missing,
the least for the greatest. Annotations and decorators are left alone: they say what a thing is.
"""

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
CORE = ROOT / "controller" / "core"

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
    """A mistake: the `number`-th that can be made in a module.

    `constant`: the name of the module's constant whose value it changes, if it changes one.
    """

    module: str
    number: int
    line: int
    what: str
    constant: str | None = None

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

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        """Leave decorators and bases alone."""
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
        mistakes, tree = Mistakes(), ast.parse(file.read_text())
        names = _constants(tree)
        mistakes.visit(tree)
        found += [
            Mutant(module, i, line, what, names.get(line))
            for i, (line, what) in enumerate(mistakes.found)
        ]
    return found


def _constants(module: ast.Module) -> dict[int, str]:
    """Return the names of constants by the lines on which they are defined."""
    return {
        line: name.id
        for node in module.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for name in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(name, ast.Name)
        for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
    }


@cache
def uses(name: str) -> list[tuple[Path, int]]:
    """Return every file and line of the core in which a name is read."""
    return [
        (file, node.lineno)
        for file in sorted(CORE.rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text()))
        if (isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id == name)
        or (isinstance(node, ast.Attribute) and node.attr == name)
    ]


def with_mistake(source: str, number: int) -> ast.Module:
    """Return what this source means with the mistake of this number in it."""
    module = ast.parse(source)
    Mistakes(number).visit(module)  # changes it in place
    return ast.fix_missing_locations(module)
