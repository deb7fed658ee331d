"""Processes for work that takes long, and how they end."""

import multiprocessing
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager


@contextmanager
def processes(number: int) -> Iterator[ProcessPoolExecutor]:
    """Give a pool of processes; what they have not begun when it is left is not done any more.

    The pool's own thread is waited for: Python's clean-up at the end of a process wakes it, and
    writes to a closed pipe if it ends at that moment.
    """
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(number, context, _end_quietly) as pool:
        try:
            yield pool
        finally:
            pool.shutdown(cancel_futures=True)


def _end_quietly() -> None:
    """Let a worker die of Ctrl-C at once: the parent process says what there is to say.

    One that was started in the background ignores it, as its parent does.
    """
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
