"""Completion for bash."""

import shlex
from collections.abc import Callable, Iterable

from controller.ctl.tree import Command, Word, values_of

_SCRIPT = """\
# Completes {name} in bash:  source <({name} ctl completion bash)
{function}() {{
    local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}} at={name} i words
    COMPREPLY=()
    for ((i = 1; i < COMP_CWORD; i++)); do
        case "$at ${{COMP_WORDS[i]}}" in
            {leading}) at="$at ${{COMP_WORDS[i]}}" ;;
            {valued}) ((i++)) ;;
        esac
    done
    case "$at $prev" in
{values}
    esac
    case "$at" in
{commands}
    esac
    mapfile -t -O "${{#COMPREPLY[@]}}" COMPREPLY < <(compgen -W "$words" -- "$cur")
}}
complete -F {function} {name}"""


def bash_script(name: str, commands: tuple[Command, ...]) -> str:
    """Write the script."""
    return filled_in(_SCRIPT, name, commands, value=_value, command=_command)


def filled_in(
    script: str,
    name: str,
    commands: tuple[Command, ...],
    *,
    value: Callable[[Word], str],
    command: Callable[[Command], str],
) -> str:
    """Fill in a script whose cases bash and zsh write alike.

    `value` says what completes an option's value, `command` what stands in a command's arm.
    """
    values = [(_pattern(at, option), value(option)) for at, option in values_of(commands)]
    return script.format(
        name=name,
        function=f"_{name}",
        leading="|".join(shlex.quote(one.at) for one in commands[1:]),
        valued="|".join(pattern for pattern, _ in values),
        values=_cases(f"{pattern}) {done}; return" for pattern, done in values),
        commands=_cases(f"{shlex.quote(one.at)}) {command(one)}" for one in commands),
    )


def _pattern(at: str, option: Word) -> str:
    """Write where an option stands as a pattern of a case."""
    return f'*" {option.text}"' if at == "*" else f'"{at} {option.text}"'


def _cases(lines: Iterable[str]) -> str:
    """Write the arms of a case."""
    return "\n".join(f"        {line} ;;" for line in lines)


def _value(option: Word) -> str:
    choices = shlex.quote(" ".join(option.choices))
    return _FILES if option.takes_file else _filled(f"compgen -W {choices}")


def _command(command: Command) -> str:
    words = " ".join(word.text for word in (*command.words, *command.options))
    also = f"{_FILES}; " if command.takes_file else ""
    return f"{also}words={shlex.quote(words)}"


def _filled(source: str) -> str:
    return f'mapfile -t COMPREPLY < <({source} -- "$cur")'


_FILES = f"compopt -o filenames 2> /dev/null; {_filled('compgen -f')}"
