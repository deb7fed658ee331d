"""Completion for bash."""

import shlex
from collections.abc import Iterable, Iterator

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
    values = values_of(commands)
    return _SCRIPT.format(
        name=name,
        function=f"_{name}",
        leading="|".join(shlex.quote(command.at) for command in commands[1:]),
        valued="|".join(pattern(at, option) for at, option in values),
        values=cases(_values(values)),
        commands=cases(_command(command) for command in commands),
    )


def pattern(at: str, option: Word) -> str:
    """Write where an option stands as a pattern of a case; bash and zsh have the same."""
    return f'*" {option.text}"' if at == "*" else f'"{at} {option.text}"'


def cases(lines: Iterable[str]) -> str:
    """Write the arms of a case."""
    return "\n".join(f"        {line} ;;" for line in lines)


def _values(values: Iterable[tuple[str, Word]]) -> Iterator[str]:
    for at, option in values:
        choices = shlex.quote(" ".join(option.choices))
        done = _FILES if option.takes_file else _filled(f"compgen -W {choices}")
        yield f"{pattern(at, option)}) {done}; return"


def _command(command: Command) -> str:
    words = " ".join(word.text for word in (*command.words, *command.options))
    also = f"{_FILES}; " if command.takes_file else ""
    return f"{shlex.quote(command.at)}) {also}words={shlex.quote(words)}"


def _filled(source: str) -> str:
    return f'mapfile -t COMPREPLY < <({source} -- "$cur")'


_FILES = f"compopt -o filenames 2> /dev/null; {_filled('compgen -f')}"
