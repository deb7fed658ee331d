"""Jobs over the processor's cores."""

from collections.abc import Iterator, Sequence
from concurrent.futures import as_completed

from firmware_sim.compare.contest import Record, run
from firmware_sim.compare.plan import Job
from firmware_sim.workers import processes


def run_all(jobs: Sequence[Job], workers: int) -> Iterator[Record]:
    """Yield the records of all jobs as they finish, in no particular order.

    Raises BrokenProcessPool if a worker dies.
    """
    if workers == 1:
        yield from map(run, jobs)
        return
    with processes(workers) as pool:
        for future in as_completed([pool.submit(run, job) for job in jobs]):
            yield future.result()
