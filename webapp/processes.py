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

# Questions that are handed out, for each worker, ahead of the answers; and at once, for handing
# one out costs as much as a small photo's hash.
_AHEAD = 16
_TOGETHER = 4

Q = TypeVar("Q")
A = TypeVar("A")


def available_cores() -> int:
    """Count the cores this process may run on."""
    return len(os.sched_getaffinity(0))


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


def in_order(
    function: Callable[[Q], A], questions: Iterable[Q], jobs: int
) -> Iterator[tuple[Q, A]]:
    """Answer questions on `jobs` cores, yielding each with its answer, in their order.

    Only some questions are taken ahead of the answers, so that memory stays flat however many
    there are.
    """
    if jobs == 1:
        yield from ((question, function(question)) for question in questions)
        return
    remaining = iter(questions)
    with pool(jobs) as workers:
        waiting: deque[tuple[list[Q], Future[list[A]]]] = deque()
        try:
            while some := list(islice(remaining, _TOGETHER)):
                waiting.append((some, workers.submit(_answers, function, some)))
                if len(waiting) >= jobs * _AHEAD // _TOGETHER:
                    first, answers = waiting.popleft()
                    yield from zip(first, answers.result(), strict=True)
            for some, answers in waiting:
                yield from zip(some, answers.result(), strict=True)
        finally:
            workers.shutdown(wait=True, cancel_futures=True)


def _answers(function: Callable[[Q], A], questions: list[Q]) -> list[A]:
    return [function(question) for question in questions]
