"""Worker processes that never outlive the command which started them."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from typing import TypeVar

# Tasks that are handed out, for each worker, ahead of the results; and at once, for handing
# one out costs as much as a small photo's hash.
_AHEAD = 16
_TOGETHER = 4

T = TypeVar("T")
R = TypeVar("R")


def available_cores() -> int:
    """Count the cores this process may run on."""
    return len(os.sched_getaffinity(0))


def worthwhile(jobs: int, tasks: int) -> int:
    """Return how many of `jobs` processes are worth starting for so many photos.

    To start one takes as long as to hash a few photos.
    """
    return min(jobs, max(1, tasks // 8))


def pool(jobs: int) -> ProcessPoolExecutor:
    """Build a pool of `jobs` spawned processes.

    Spawned, not forked: the parent may hold database connections and threads that a
    fork would copy in an unusable state.
    """
    # Each process has a core: more threads for a product of matrices would only wait for others.
    # Read when a process starts, so it is told here; who has set it knows better.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    return ProcessPoolExecutor(
        max_workers=jobs,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_follow_parent,
    )


def _follow_parent() -> None:
    """Leave Ctrl-C to the parent, and end as soon as the parent is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: multiprocessing.process.BaseProcess) -> None:
    # A pool's workers wait on a pipe that they themselves keep open: after a kill -9 of
    # the parent they would wait for ever.
    parent.join()
    os._exit(1)


def in_order(function: Callable[[T], R], tasks: Iterable[T], jobs: int) -> Iterator[tuple[T, R]]:
    """Work on tasks on `jobs` cores, yielding each with its result, in their order.

    Only some tasks are taken ahead of the results, so that memory stays flat however many
    there are.
    """
    if jobs == 1:
        yield from ((task, function(task)) for task in tasks)
        return
    remaining = iter(tasks)
    with pool(jobs) as workers:
        waiting: deque[tuple[list[T], Future[list[R]]]] = deque()
        try:
            while some := list(islice(remaining, _TOGETHER)):
                waiting.append((some, workers.submit(_results, function, some)))
                if len(waiting) >= jobs * _AHEAD // _TOGETHER:
                    first, results = waiting.popleft()
                    yield from zip(first, results.result(), strict=True)
            for some, results in waiting:
                yield from zip(some, results.result(), strict=True)
        finally:
            workers.shutdown(wait=True, cancel_futures=True)


def _results(function: Callable[[T], R], tasks: list[T]) -> list[R]:
    return [function(task) for task in tasks]
