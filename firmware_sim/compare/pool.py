"""Jobs over the processor's cores."""

import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed

from firmware_sim.compare.contest import Record, run
from firmware_sim.compare.plan import Job


def run_all(jobs: Sequence[Job], workers: int) -> Iterator[Record]:
    """Yield the records of all jobs as they finish, in no particular order.

    Raises BrokenProcessPool if a worker dies.
    """
    if workers == 1:
        yield from map(run, jobs)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, _end_quietly) as pool:
        try:
            for future in as_completed([pool.submit(run, job) for job in jobs]):
                yield future.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _end_quietly() -> None:
    """Let a worker die of Ctrl-C at once: the parent process says what there is to say.

    One that was started in the background ignores it, as its parent does.
    """
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
