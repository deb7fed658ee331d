"""Completion for zsh."""

import shlex

from controller.ctl.complete_bash import filled_in
from controller.ctl.tree import Command, Word

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
    return filled_in(_SCRIPT, name, commands, value=_value, command=_command)


def _value(option: Word) -> str:
    return "_files" if option.takes_file else f"compadd -- {' '.join(option.choices)}"


def _command(command: Command) -> str:
    described = (f"{word.text}:{word.help}" for word in (*command.words, *command.options))
    found = " ".join(shlex.quote(text) for text in described)
    also = "_files; " if command.takes_file else ""
    return f"{also}found=({found})"
