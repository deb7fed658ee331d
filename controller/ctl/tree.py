"""The command line as data: which words and options each command has."""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Word:
    """A word that may stand on the command line: a command, an option, or a choice."""

    text: str
    help: str = ""
    takes_value: bool = False
    takes_file: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Command:
    """One command with what may follow it. `at`: the words that lead to it, space between them."""

    at: str
    words: tuple[Word, ...]
    options: tuple[Word, ...]
    takes_file: bool


def commands_of(root: argparse.ArgumentParser) -> tuple[Command, ...]:
    """List every command of a command line, the general ones first."""
    return tuple(_commands(root, root.prog))


def _commands(parser: argparse.ArgumentParser, at: str) -> Iterator[Command]:
    words: list[Word] = []
    options: list[Word] = []
    below: dict[str, argparse.ArgumentParser] = {}
    takes_file = False
    for action in parser._actions:  # noqa: SLF001 argparse has no public list of what it takes
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 nor of its commands
            below = dict(action.choices)
            helps = {x.dest: x.help or "" for x in action._get_subactions()}  # noqa: SLF001 nor of their help
            words += [Word(name, helps.get(name, "")) for name in below]
        elif action.option_strings:
            options.append(_option(action))
        elif action.choices is not None:
            words += [Word(str(choice)) for choice in action.choices]
        else:
            takes_file = takes_file or action.type is Path
    yield Command(at, tuple(words), tuple(options), takes_file)
    for name, command in below.items():
        yield from _commands(command, f"{at} {name}")


def _option(action: argparse.Action) -> Word:
    return Word(
        text=action.option_strings[-1],  # the long one
        help=action.help or "",
        takes_value=action.nargs != 0,
        takes_file=action.type is Path,
        choices=tuple(str(choice) for choice in action.choices or ()),
    )


def values_of(commands: tuple[Command, ...]) -> list[tuple[str, Word]]:
    """List the options that take a value, with where: behind every command (`*`), or behind one.

    An option may mean different things to different commands.
    """
    meanings: dict[str, dict[Word, list[str]]] = {}
    for command in commands:
        for option in command.options:
            plain = replace(option, help="")
            meanings.setdefault(option.text, {}).setdefault(plain, []).append(command.at)
    found: list[tuple[str, Word]] = []
    for ways in meanings.values():
        for option, places in ways.items():
            if option.takes_value:
                found += [(at, option) for at in (["*"] if len(ways) == 1 else places)]
    return found
