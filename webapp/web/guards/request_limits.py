"""How often one client may ask for what is costly, counted before anything of it is done.

Every request that changes something, and each view with a mark of `limited`, belongs to one group;
settings say how many of a group a client may send. Pages that are cheap have no limit.
"""

import logging
import re
import time
from collections.abc import Callable
from enum import StrEnum
from importlib.util import find_spec
from typing import Any, TypeVar

from flask import Flask, current_app, request
from limits import RateLimitItem, parse_many

from webapp.config.settings import Settings
from webapp.exceptions import ConfigError, TooManyRequests
from webapp.web.guards import clients
from webapp.web.guards.request_counts import RequestCounts

V = TypeVar("V", bound=Callable[..., Any])

log = logging.getLogger(__name__)


class Limit(StrEnum):
    """What is limited, and counted together."""

    UPLOADS = "uploads"
    WRITES = "writes"
    HEAVY = "heavy"
    BULK = "bulk"


_EXTENSION = "hashbag_limits"
_MARK = "hashbag_group"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_FILES = frozenset({"csv", "json"})  # what `format=` in the address of a page may ask for
_SCHEMES = re.compile(r"(redis|rediss|redis\+unix)://.", re.ASCII)

_WHAT = {
    Limit.UPLOADS: "pictures to search with",
    Limit.WRITES: "changes",
    Limit.HEAVY: "pages that take long to make",
    Limit.BULK: "files with many items",
}


class _Limits:
    """The limits of one application."""

    def __init__(self, settings: Settings) -> None:
        self.of = {group: _read(settings, group) for group in Limit}
        self._believes_none = not settings.trusted_proxies
        self._counts = RequestCounts(_checked_url(settings.limits_url))

    def _doubt_proxies(self) -> None:
        """Tell the owner, once, where all visitors may count as one client."""
        if self._believes_none and "X-Forwarded-For" in request.headers:
            self._believes_none = False
            log.warning(
                "requests of one client are refused that a proxy may have sent for many: if one "
                "stands before this server, HASHBAG_TRUSTED_PROXIES must say so"
            )

    def check(self, group: Limit, client: str) -> None:
        """Count a request.

        Raises:
            TooManyRequests: there were too many before it.
        """
        for limit in self.of[group]:
            again = self._counts.count(limit, group, client)
            if again is not None:
                self._doubt_proxies()
                seconds = max(1, round(again - time.time() + 0.5))
                raise TooManyRequests(
                    f"these were too many {_WHAT[group]}: {limit.amount} in "
                    f"{_told(limit)} are taken of one client; try again in {_seconds(seconds)}",
                    seconds,
                )


def register(app: Flask, settings: Settings) -> None:
    """Have requests counted, before their bodies are read.

    Raises:
        ConfigError: a setting is no limit, or no address to count at.
    """
    app.extensions[_EXTENSION] = _Limits(settings)
    app.before_request(_count)


def limited(group: Limit) -> Callable[[V], V]:
    """Mark a view as one of a group; to be put under the line that gives it its route."""

    def mark(view: V) -> V:
        setattr(view, _MARK, group)
        return view

    return mark


def group_of(view: object, method: str) -> Limit | None:
    """Return the group that a request of a view belongs to; None for what has no limit."""
    marked: Limit | None = getattr(view, _MARK, None)
    return marked or (None if method in _SAFE else Limit.WRITES)


def _count() -> None:
    if request.method == "OPTIONS":  # asks what it may send, and is answered without a view
        return
    is_file = request.method in _SAFE and request.args.get("format") in _FILES
    view = current_app.view_functions.get(request.endpoint or "")
    group = Limit.BULK if is_file else group_of(view, request.method)
    if group:
        limits: _Limits = current_app.extensions[_EXTENSION]
        limits.check(group, clients.network())


def _read(settings: Settings, group: Limit) -> list[RateLimitItem]:
    """Read the limits of a group, such as `60 per minute, 1000 per day`."""
    name = f"limit_{group}"
    text = str(getattr(settings, name)).strip()
    if text == "off":
        return []
    try:
        found = parse_many(text)
    except ValueError:
        found = []
    if not found or not all(one.amount > 0 for one in found):
        raise ConfigError(
            f"HASHBAG_{name.upper()} must be a limit such as '60 per minute', several with commas "
            f"between, or off; not '{text}'"
        )
    return found if settings.limits == "on" else []


def _checked_url(url: str) -> str:
    """Check where to count; an address is never repeated: a password may be in it."""
    if url and not _SCHEMES.match(url):
        raise ConfigError(
            "HASHBAG_LIMITS_URL must be the address of a Redis, such as redis://127.0.0.1:6379/0"
        )
    if url and not find_spec("redis"):
        raise ConfigError("HASHBAG_LIMITS_URL needs the extra `redis`: pip install -e '.[redis]'")
    return url


def _told(limit: RateLimitItem) -> str:
    """Say in words how long a limit's window is: minute, 5 minutes."""
    name = str(limit.GRANULARITY.name)
    article = "an" if name == "hour" else "a"
    return f"{article} {name}" if limit.multiples == 1 else f"{limit.multiples} {name}s"


def _seconds(seconds: int) -> str:
    if seconds > 120:
        return f"{-(-seconds // 60)} minutes"
    return f"{seconds} second{'s'[: seconds > 1]}"
