"""The questions of `cyclelight init`, in their order.

The checks are those of the files: what is accepted here passes `cyclelight check`.
"""

from pathlib import Path

from controller.commissioning.broker_questions import broker_questions
from controller.commissioning.node_questions import NODES, WIRED
from controller.commissioning.path_questions import BUILT, PLACE
from controller.commissioning.question import Question


def questions(folder: Path) -> tuple[Question, ...]:
    """Return all questions. `folder`: where the node files will lie, and file names begin."""
    return (*PLACE, *BUILT, *NODES, *WIRED, *broker_questions(folder))
