"""`completion`: scripts that complete the command line, made of its own parser."""

import argparse

from controller.ctl.complete_bash import bash_script
from controller.ctl.complete_fish import fish_script
from controller.ctl.complete_zsh import zsh_script
from controller.ctl.tree import commands_of


def completion(root: argparse.ArgumentParser, shell: str) -> str:
    """Write the script for bash, zsh or fish."""
    commands = commands_of(root)
    match shell:
        case "bash":
            return bash_script(root.prog, commands)
        case "zsh":
            return zsh_script(root.prog, commands)
        case _:
            return fish_script(root.prog, commands)
