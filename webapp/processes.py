"""Worker processes that end with the command that started them, however it ends."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from contextvars import ContextVar
from itertools import islice
from types import MappingProxyType
from typing import TypeVar

_MAX_WAITING_TASKS_PER_WORKER = 16
# Tasks are sent in batches: sending one takes as long as hashing a small photo.
_BATCH_TASKS = 4

children_environment: ContextVar[Mapping[str, str]] = ContextVar(
    "children_environment", default=MappingProxyType({})
)
"""What processes that are started in this context find in their environment besides ours."""

T = TypeVar("T")
R = TypeVar("R")


def available_cores() -> int:
    """Return the number of cores on which this process may run."""
    return len(os.sched_getaffinity(0))


def worthwhile(jobs: int, tasks: int) -> int:
    """Return how many of `jobs` processes are worth starting for so many photos.

    To start one takes as long as to hash a few photos.
    """
    return min(jobs, max(1, tasks // 8))


def pool(jobs: int) -> ProcessPoolExecutor:
    """Build a pool of `jobs` processes.

    They are spawned, not forked: a fork would copy the parent's database connections and threads
    in an unusable state.
    """
    # Each process has one core, so several threads for a matrix product would wait for each other.
    # numpy reads this when a process starts; a value that the user set stays.
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    return ProcessPoolExecutor(
        max_workers=jobs,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_follow_parent,
        initargs=(dict(children_environment.get()),),
    )


def _follow_parent(environment: Mapping[str, str]) -> None:
    """Take what the parent gives, let it handle Ctrl-C, and end when it ends."""
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: multiprocessing.process.BaseProcess) -> None:
    # Workers wait on a pipe that they hold open themselves: if the parent is killed, they would
    # wait for ever.
    parent.join()
    os._exit(1)


def in_order(function: Callable[[T], R], tasks: Iterable[T], jobs: int) -> Iterator[tuple[T, R]]:
    """Call `function` with each task in `jobs` processes; yield tasks and results in order.

    At most 16 tasks for each process are taken before their results are yielded, so memory does
    not grow with the number of tasks. An error of `function` is raised here.
    """
    if jobs == 1:
        yield from ((task, function(task)) for task in tasks)
        return
    remaining = iter(tasks)
    with pool(jobs) as workers:
        waiting: deque[tuple[list[T], Future[list[R]]]] = deque()
        try:
            while batch := list(islice(remaining, _BATCH_TASKS)):
                waiting.append((batch, workers.submit(_results, function, batch)))
                if len(waiting) >= jobs * _MAX_WAITING_TASKS_PER_WORKER // _BATCH_TASKS:
                    first, results = waiting.popleft()
                    yield from zip(first, results.result(), strict=True)
            for batch, results in waiting:
                yield from zip(batch, results.result(), strict=True)
        finally:
            workers.shutdown(wait=True, cancel_futures=True)


def _results(function: Callable[[T], R], tasks: list[T]) -> list[R]:
    return [function(task) for task in tasks]
