"""An event loop under virtual time, and processes on it that can be stopped, resumed and killed.

Time passes only while nothing is to be done, and a little with every turn, as work takes time.
Whatever a process does runs in its context; a process that is stopped has its calls parked.
No socket is used and nothing sleeps: what happens follows from what was planned alone, and what is
planned for the same time happens in the order in which it was planned.
"""

import asyncio
import heapq
import math
from asyncio import _set_running_loop
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from contextvars import Context, ContextVar, copy_context
from functools import partial
from itertools import count
from typing import Any, TypeVar, TypeVarTuple, Unpack

_T = TypeVar("_T")
_Ts = TypeVarTuple("_Ts")

TURN_S = 1e-5
"""What a turn of the loop takes."""


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
        self._parked: list[Call] = []

    def turn(self, call: "Call") -> None:
        """Make a call of this process, or park it while the process is stopped."""
        if self.stopped:
            self._parked.append(call)
            return
        self.turns += 1
        call.make()
        if self.turns >= self.ends_after:
            self.ends_after = math.inf
            self.on_end()

    def resume(self, loop: "VirtualLoop") -> None:
        """Go on with what was parked, in order."""
        self.stopped = False
        parked, self._parked = self._parked, []
        loop.again(parked)


LIFE: ContextVar[Life | None] = ContextVar("LIFE", default=None)


class Call(asyncio.TimerHandle):
    """What is to be called at `at_s`, in a context: by the process of that, if it has one.

    Thousands are made a second, so nothing is kept for a debugger.
    """

    __slots__ = ("_act", "_in", "_with", "at_s", "life")

    def __init__(
        self,
        at_s: float,
        act: Callable[..., object],
        args: tuple[Any, ...],
        context: Context | None,
    ) -> None:
        """Plan it."""
        self.at_s = at_s
        self._act, self._with = act, args
        self._in = copy_context() if context is None else context
        self.life = LIFE.get() if context is None else context.get(LIFE)
        self._cancelled = False

    def __repr__(self) -> str:
        """Say what, for messages about failures."""
        return f"<{self._act!r} at {self.at_s:g} s>"

    def when(self) -> float:
        """Return the time."""
        return self.at_s

    def cancel(self) -> None:
        """Do not call."""
        self._cancelled = True

    def make(self) -> None:
        """Call, unless it was cancelled."""
        if not self._cancelled:
            self._in.run(self._act, *self._with)


class VirtualLoop(asyncio.BaseEventLoop):
    """Begins at 0 s."""

    def __init__(self) -> None:
        """Open it; `close` closes it."""
        super().__init__()
        self._now_s = 0.0
        self._order = count()
        self._soon: deque[Call] = deque()
        self._later: list[tuple[float, int, Call]] = []
        self._stopping = False

    def time(self) -> float:
        """Virtual seconds."""
        return self._now_s

    # --- what is to come --------------------------------------------------------------------------

    def call_soon(
        self,
        callback: Callable[[Unpack[_Ts]], object],
        *args: *_Ts,
        context: Context | None = None,
    ) -> Call:
        """Call in the next turn, if the process that asks for it still runs then."""
        call = Call(self._now_s, callback, args, context)
        self._soon.append(call)
        return call

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[_Ts]], object],
        *args: *_Ts,
        context: Context | None = None,
    ) -> Call:
        """Call at a time, if the process that asks for it still runs then."""
        call = Call(when, callback, args, context)
        heapq.heappush(self._later, (when, next(self._order), call))
        return call

    def call_later(
        self,
        delay: float,
        callback: Callable[[Unpack[_Ts]], object],
        *args: *_Ts,
        context: Context | None = None,
    ) -> Call:
        """Call after a time, if the process that asks for it still runs then."""
        return self.call_at(self._now_s + delay, callback, *args, context=context)

    def again(self, calls: list[Call]) -> None:
        """Make calls in the next turn."""
        self._soon.extend(calls)

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

    # --- turns ------------------------------------------------------------------------------------

    def run_forever(self) -> None:
        """Let time pass until `stop`. Raises RuntimeError if nothing is left to happen."""
        _set_running_loop(self)
        try:
            while not self._stopping:
                self._turn()
        finally:
            self._stopping = False
            _set_running_loop(None)

    def stop(self) -> None:
        """Let the present turn be the last."""
        self._stopping = True

    def _turn(self) -> None:
        """Let time pass to what is next, and do what is due by then."""
        wait_s = 0.0 if self._soon else self._next_at_s() - self._now_s
        self._now_s += max(wait_s, TURN_S)
        while self._later and self._later[0][0] <= self._now_s:
            self._soon.append(heapq.heappop(self._later)[2])
        for _ in range(len(self._soon)):
            self._make(self._soon.popleft())

    def _next_at_s(self) -> float:
        if not self._later:
            raise RuntimeError("nothing is left to happen")
        return self._later[0][0]

    def _make(self, call: Call) -> None:
        try:
            if call.life is None:
                call.make()
            else:
                call.life.turn(call)
        except Exception as error:  # noqa: BLE001 - told to who handles the loop's exceptions
            message = "a call failed"
            self.call_exception_handler({"message": message, "exception": error, "handle": call})


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
