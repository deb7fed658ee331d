"""`python -m firmware_sim.board`: what the pin factory starts when no board listens."""

import argparse
import sys

from firmware_sim.board import command

parser = argparse.ArgumentParser(prog="python -m firmware_sim.board", description=command.__doc__)
command.add_arguments(parser)
sys.exit(command.main(parser.parse_args()))
