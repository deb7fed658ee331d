"""Completion for zsh."""

import shlex
from collections.abc import Iterable, Iterator

from controller.ctl.complete_bash import cases, pattern
from controller.ctl.tree import Command, Word, values_of

_SCRIPT = """\
#compdef {name}
# Completes {name} in zsh: put this into a file _{name} in a folder of $fpath.
{function}() {{
    local at={name} i
    local -a found
    for ((i = 2; i < CURRENT; i++)); do
        case "$at ${{words[i]}}" in
            {leading}) at="$at ${{words[i]}}" ;;
            {valued}) ((i++)) ;;
        esac
    done
    case "$at ${{words[CURRENT-1]}}" in
{values}
    esac
    case "$at" in
{commands}
    esac
    _describe {name} found
}}
if [[ "$funcstack[1]" == {function} ]]; then
    {function} "$@"
else
    compdef {function} {name}
fi"""


def zsh_script(name: str, commands: tuple[Command, ...]) -> str:
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


def _values(values: Iterable[tuple[str, Word]]) -> Iterator[str]:
    for at, option in values:
        done = "_files" if option.takes_file else f"compadd -- {' '.join(option.choices)}"
        yield f"{pattern(at, option)}) {done}; return"


def _command(command: Command) -> str:
    described = (f"{word.text}:{word.help}" for word in (*command.words, *command.options))
    found = " ".join(shlex.quote(text) for text in described)
    also = "_files; " if command.takes_file else ""
    return f"{shlex.quote(command.at)}) {also}found=({found})"
