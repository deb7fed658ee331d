"""Jobs over the processor's cores."""

import multiprocessing
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed

from firmware_sim.compare.contest import Record, run
from firmware_sim.compare.plan import Job
from firmware_sim.workers import end_quietly


def run_all(jobs: Sequence[Job], workers: int) -> Iterator[Record]:
    """Yield the records of all jobs as they finish, in no particular order.

    Raises BrokenProcessPool if a worker dies.
    """
    if workers == 1:
        yield from map(run, jobs)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, end_quietly) as pool:
        try:
            for future in as_completed([pool.submit(run, job) for job in jobs]):
                yield future.result()
        finally:
            pool.shutdown(cancel_futures=True)
