"""The core's constants, set to other values for a while."""

import importlib
import sys
from argparse import ArgumentTypeError
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import NamedTuple
from unittest import mock

CORE = "controller.core"


def present(name: str) -> object:
    """Return what `name`, such as `reach.LEAD_S`, stands for now.

    Raises ImportError, AttributeError and ValueError for what is no name of the core.
    """
    module, attribute = name.split(".")
    return getattr(importlib.import_module(f"{CORE}.{module}"), attribute)


def quantity(name: str) -> float:
    """Return the number that `name` stands for. Raises TypeError for anything else."""
    value = present(name)
    if not isinstance(value, float):
        raise TypeError(f"{name} is no quantity")
    return value


@contextmanager
def core_with(values: Mapping[str, object]) -> Iterator[None]:
    """Let names of the core stand for other values, wherever modules of the core import them.

    Defaults of arguments and of fields, worked out when a module is loaded, stay as they are.
    """
    with ExitStack() as stack:
        for name, value in values.items():
            was, attribute = present(name), name.split(".")[1]
            for module in [m for key, m in sys.modules.items() if key.startswith(f"{CORE}.")]:
                if vars(module).get(attribute) is was:
                    stack.enter_context(mock.patch.object(module, attribute, value))
        yield


class Trial(NamedTuple):
    """A constant of the core, scaled; none for the code as it is."""

    constant: str = ""
    factor: float = 1.0

    @property
    def values(self) -> dict[str, object]:
        """The constant's value by its name."""
        if not self.constant:
            return {}
        was = present(self.constant)
        if isinstance(was, dict):
            return {self.constant: {key: self.factor * value for key, value in was.items()}}
        return {self.constant: self.factor * quantity(self.constant)}


def scalable(name: str) -> str:
    """Read the name of a constant from a command line."""
    try:
        (found,) = Trial(name).values
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise ArgumentTypeError(f"{name!r} is no constant of {CORE}: {error}") from error
    return found


def shown(value: object) -> str:
    """Return a constant's value for people."""
    if isinstance(value, dict):
        return ", ".join(f"{key}: {part:g}" for key, part in value.items())
    return f"{value:g}"
