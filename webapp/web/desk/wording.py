"""What the desk's templates need beside what all pages have."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from flask import Flask

from webapp.context import hashbag
from webapp.web.desk.sessions import is_signed_in

_SPANS = ((24 * 3600, "day"), (3600, "hour"), (60, "minute"))
_MOST_KNOWN = 300


def register(app: Flask, navigation: Sequence[tuple[str, str]]) -> None:
    """Give templates these functions."""
    app.jinja_env.globals.update(
        DESK_PAGES=navigation,
        signed_in=is_signed_in,
        private=_is_private,
        known_values=known_values,
    )
    app.jinja_env.filters.update(ago=ago, span=span, bytes=bytes_, date=date)


def _is_private() -> bool:
    return hashbag().settings.is_private


def known_values() -> Mapping[str, Sequence[str]]:
    """Return the values that bags have in each attribute, most frequent first, to choose from."""
    return {
        name: [value for value, _ in counts[:_MOST_KNOWN]]
        for name, counts in hashbag().facets.counts().items()
        if counts
    }


def span(seconds: float) -> str:
    """Write how long something takes, roughly."""
    for size, name in _SPANS:
        if seconds >= size:
            number = round(seconds / size)
            return f"{number} {name}{'s' if number != 1 else ''}"
    return "less than a minute"


def ago(seconds: float) -> str:
    """Write how long ago something was."""
    return "just now" if seconds < 60 else f"{span(seconds)} ago"


def bytes_(number: int) -> str:
    """Write a number of bytes with as many digits as tell something."""
    for size, name in ((1024**4, "TB"), (1024**3, "GB"), (1024**2, "MB"), (1024, "kB")):
        if number >= size:
            return f"{number / size:.{0 if number >= 10 * size else 1}f} {name}"
    return f"{number} bytes"


def date(day: int) -> str:
    """Write a day, given in days since 1970."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).strftime("%Y-%m-%d")
