"""Completion for fish."""

from collections.abc import Iterable, Iterator

from controller.ctl.tree import Command, Word, values_of

_SCRIPT = """\
# Completes {name} in fish: put this into ~/.config/fish/completions/{name}.fish
function _{name}_at --description 'Whether the command line has come to a command'
    set -l at {name}
    set -l skip 0
    for word in (commandline -opc)[2..]
        if test $skip = 1
            set skip 0
            continue
        end
        switch "$at $word"
            case {leading}
                set at "$at $word"
            case {valued}
                set skip 1
        end
    end
    test "$at" = "$argv[1]"
end
complete -c {name} -f
{commands}"""


def fish_script(name: str, commands: tuple[Command, ...]) -> str:
    """Write the script."""
    return _SCRIPT.format(
        name=name,
        leading=" ".join(_fish(command.at) for command in commands[1:]),
        valued=" ".join(_fish(f"{at} {option.text}") for at, option in values_of(commands)),
        commands="\n".join(_lines(name, commands)),
    )


def _lines(name: str, commands: Iterable[Command]) -> Iterator[str]:
    for command in commands:
        when = f'complete -c {name} -n "_{name}_at {_fish(command.at)}"'
        for word in command.words:
            yield f"{when} -a {_fish(word.text)} -d {_fish(word.help)}"
        if command.takes_file:
            yield f"{when} -F"
        for option in command.options:
            yield f"{when} -l {option.text.removeprefix('--')}{_fish_value(option)}"


def _fish_value(option: Word) -> str:
    told = f" -d {_fish(option.help)}"
    if option.takes_file:
        return f" -r -F{told}"
    if option.choices:
        return f" -x -a {_fish(' '.join(option.choices))}{told}"
    return f" -x{told}" if option.takes_value else told


def _fish(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
