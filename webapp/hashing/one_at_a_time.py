"""The limit on how many pictures the requests to one worker decode at once: one."""

import threading
from collections.abc import Callable
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

_lock = threading.Lock()


def one_at_a_time(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Do the work on one picture that a request needs; other requests wait for their turn.

    `work` is a function of `fingerprinting`. A large picture takes hundreds of megabytes when it is
    decoded, and on one core several at once would only make each other late.
    """
    with _lock:
        return work(*args, **kwargs)
