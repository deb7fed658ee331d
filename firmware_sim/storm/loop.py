"""An event loop under virtual time, and processes on it that can be stopped, resumed and killed.

Time passes only while nothing is to be done, and a little with every turn, as work takes time.
Whatever a process does runs in its context; a process that is stopped has its callbacks parked.
No socket is used and nothing sleeps: what happens follows from what was planned alone.
"""

import asyncio
import math
import selectors
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from contextvars import Context, ContextVar, copy_context
from functools import partial
from typing import Any, TypeVar, TypeVarTuple, Unpack

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")

TURN_S = 1e-5
"""What a turn of the loop takes."""


class Work:
    """A callback of a process. If it is parked, its handle may still be cancelled."""

    __slots__ = ("_call", "handle")

    def __init__(self, call: Callable[[], object]) -> None:
        """Prepare it; the loop sets the `handle`."""
        self._call = call
        self.handle: asyncio.Handle

    def do(self) -> None:
        """Call."""
        if not self.handle.cancelled():
            self._call()


class Life:
    """One process. After `ends_after` turns, if that is set, `on_end` is called."""

    def __init__(self, name: str) -> None:
        """Begin to run."""
        self.name = name
        self.stopped = False
        self.turns = 0
        self.ends_after = math.inf
        self.on_end: Callable[[], None] = lambda: None
        self.context: Context = copy_context()
        self.context.run(LIFE.set, self)
        self._parked: list[tuple[Context, Work]] = []

    def turn(self, work: Work) -> None:
        """Do a piece of work of this process, or park it while the process is stopped."""
        if self.stopped:
            self._parked.append((copy_context(), work))
            return
        self.turns += 1
        work.do()
        if self.turns >= self.ends_after:
            self.ends_after = math.inf
            self.on_end()

    def resume(self, loop: "VirtualLoop") -> None:
        """Go on with what was parked, in order."""
        self.stopped = False
        parked, self._parked = self._parked, []
        for context, work in parked:
            loop.again(self, work, context)


LIFE: ContextVar[Life | None] = ContextVar("LIFE", default=None)


class _Idle(selectors.BaseSelector):
    """Waits for nothing but time, which is its own."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self._map: dict[Any, selectors.SelectorKey] = {}

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:  # noqa: ANN401 as declared
        key = selectors.SelectorKey(fileobj, fileobj, events, data)
        self._map[fileobj] = key
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:  # noqa: ANN401 as declared
        return self._map.pop(fileobj)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise RuntimeError("nothing is left to happen")
        self.now_s += max(timeout, TURN_S)
        return []

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._map


class VirtualLoop(asyncio.SelectorEventLoop):
    """Begins at 0 s."""

    def __init__(self) -> None:
        """Open it; `close` closes it."""
        self._idle = _Idle()
        super().__init__(self._idle)

    def time(self) -> float:
        """Virtual seconds."""
        return self._idle.now_s

    def call_soon(
        self,
        callback: Callable[[Unpack[_Ts]], object],
        *args: *_Ts,
        context: Context | None = None,
    ) -> asyncio.Handle:
        """Call in the next turn, if the process that asks for it still runs then."""
        life = LIFE.get() if context is None else context.get(LIFE)
        if life is None:
            return super().call_soon(callback, *args, context=context)
        work = Work(partial(callback, *args))
        work.handle = super().call_soon(life.turn, work, context=context)
        return work.handle

    def again(self, life: Life, work: Work, context: Context) -> None:
        """Do in the next turn what was parked."""
        super().call_soon(life.turn, work, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[_Ts]], object],
        *args: *_Ts,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Call at a time, if the process that asks for it still runs then."""
        life = LIFE.get() if context is None else context.get(LIFE)
        if life is None:
            return super().call_at(when, callback, *args, context=context)
        work = Work(partial(callback, *args))
        work.handle = handle = super().call_at(when, life.turn, work, context=context)
        return handle

    def run_in_executor(  # type: ignore[override]
        self,
        executor: Executor | None,
        func: Callable[..., _T],
        *args: Any,  # noqa: ANN401 as declared
    ) -> asyncio.Future[_T]:
        """Do the work of a virtual thread."""
        if not isinstance(executor, VirtualThread):
            raise TypeError("only virtual threads can be asked")
        return executor.begin(self, partial(func, *args))


class VirtualThread(Executor):
    """A thread that does one job after the other, each in `job_s()` seconds.

    `on_begin` is told the middle of every job.
    """

    def __init__(self, job_s: Callable[[], float]) -> None:
        """Begin without work."""
        self._job_s = job_s
        self._free_at_s = 0.0
        self._jobs: deque[tuple[float, Callable[[], object]]] = deque()
        self.on_begin: Callable[[float], None] = lambda _ends_s: None

    def begin(self, loop: VirtualLoop, work: Callable[[], _T]) -> asyncio.Future[_T]:
        """Do a job after those before it."""
        done: asyncio.Future[_T] = loop.create_future()
        begins_s = max(loop.time(), self._free_at_s)
        self._free_at_s = begins_s + self._job_s()
        self._jobs.append((begins_s, work))
        self.on_begin((begins_s + self._free_at_s) / 2.0)
        loop.call_at(self._free_at_s, self._end, work, done)
        return done

    def under_way(self, now_s: float) -> Callable[[], object] | None:
        """Return the job that is being done."""
        return self._jobs[0][1] if self._jobs and self._jobs[0][0] <= now_s else None

    def _end(self, work: Callable[[], _T], done: "asyncio.Future[_T]") -> None:
        self._jobs.popleft()
        try:
            result = work()
        except Exception as error:  # noqa: BLE001 - it is the asker's, as from any thread
            if not done.done():
                done.set_exception(error)
        else:
            if not done.done():
                done.set_result(result)
