"""Addresses that keep a visit's choices, and versions in those of static files."""

import hashlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from flask import current_app, g, request, url_for

from webapp.models import Filters, Pictured
from webapp.web import trail

_ITEM_NAMES = ("item_id", "to")  # parameters that name the item an address leads to
_ANY_ITEM = 2**62 + 1  # stands for any item; nothing else in an address has this number

Value = str | int | float | Sequence[str] | None


def link(endpoint: str, *more: Mapping[str, Value] | None, **values: Value) -> str:
    """Build an address that keeps the seed of the sample grid where the visit began.

    An address of an item also carries the trail of the items before it.
    """
    to: dict[str, Value] = {"seed": seed()}
    for part in more:
        to.update(part or ())
    to.update(values)
    if "trail" not in to:
        to["trail"] = trail.carried(to)
    return _address(endpoint, to)


def _address(endpoint: str, values: dict[str, Value]) -> str:
    """Do as `url_for`, but call it once for all addresses that differ only in their item."""
    for name in _ITEM_NAMES:
        if values.get(name):
            item_id = values.pop(name)
            before, after = _around_item(endpoint, name, values)
            return f"{before}{item_id}{after}"
    return url_for(endpoint, **_given(values))


def _around_item(endpoint: str, name: str, values: Mapping[str, Value]) -> tuple[str, str]:
    """Return what stands before and after an item's number in an address."""
    if "addresses" not in g:
        g.addresses = {}
    known: dict[tuple[str, str], tuple[str, str]] = g.addresses
    alike = endpoint, repr(values) if values else ""
    found = known.get(alike)
    if found is None:
        any_item = url_for(endpoint, **_given({name: _ANY_ITEM, **values}))
        before, _, after = any_item.partition(str(_ANY_ITEM))
        found = known[alike] = before, after
    return found


def media(endpoint: str, shown: Pictured) -> str:
    """Build the address of a photo or its thumbnails; another photo has another address."""
    before, after = _around_item(endpoint, "item_id", {})
    which = f"photo={shown.number}&" if shown.number > 1 else ""
    return f"{before}{shown.id}{after}?{which}v={shown.digest[:12]}"


def seed() -> int | None:
    """Return the seed of the sample grid where the visit began."""
    if "seed" not in g:
        g.seed = request.args.get("seed", type=int)
    given: int | None = g.seed
    return given


def narrowed(endpoint: str, *more: Mapping[str, Value] | None, **values: Value) -> str:
    """Build an address that keeps the seed and the filters; values that are None are left out."""
    return link(endpoint, narrowing(), *more, **values)


def narrowing() -> Mapping[str, Value]:
    """Return the filters as parameters of an address; made once, as each link of a page asks."""
    if "narrowing" not in g:
        filters: Filters | None = getattr(g, "filters", None)
        g.narrowing = _given(parameters_of(filters)) if filters else {}
    found: Mapping[str, Value] = g.narrowing
    return found


def parameters_of(filters: Filters) -> dict[str, Value]:
    """Return filters as parameters of an address; those that are None are left out of it."""
    prices_and_words = ("min_price", "max_price", "text")
    return {name: filters.values(name) for name in filters.facets} | {
        name: getattr(filters, name) for name in prices_and_words
    }


def _given(values: Mapping[str, Value]) -> dict[str, Any]:
    return {
        name: f"{value:.15g}" if isinstance(value, float) else value
        for name, value in values.items()
        if value is not None and value not in ((), [])
    }


def version_static(endpoint: str, values: dict[str, object]) -> None:
    """Put the content's version into addresses of static files."""
    if endpoint == "static" and "v" not in values and current_app.static_folder:
        path = Path(current_app.static_folder, str(values.get("filename", "")))
        values["v"] = _content_version(path, path.stat().st_mtime_ns)


@cache
def _content_version(path: Path, _changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]
