"""Addresses that keep a visit's choices, and versions in those of static files."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from flask import current_app, g, request, url_for

from webapp.models import FACETS, Filters
from webapp.views import trail

_ANY_ITEM = 2**62 + 1  # no number that anything else in an address has

Value = str | int | float | Sequence[str] | None


def link(endpoint: str, *more: Mapping[str, Value] | None, **values: Value) -> str:
    """Build an address that keeps the seed of the sample grid the visit started from.

    What leads to an item carries the trail of those before it, too.
    """
    to = _merged(more) | values
    led = {"trail": trail.carried(to)} if "trail" not in to else {}
    return _address(endpoint, _given({"seed": seed()} | to | led))


def _address(endpoint: str, values: dict[str, Any]) -> str:
    """Do as `url_for`, which on a page of many items is asked only once for all that is alike."""
    if "item_id" not in values:
        return url_for(endpoint, **values)
    item_id = values.pop("item_id")
    made: dict[tuple[str, str], list[str]] = g.setdefault("addresses", {})
    alike = endpoint, repr(values)
    if alike not in made:
        made[alike] = url_for(endpoint, item_id=_ANY_ITEM, **values).split(str(_ANY_ITEM), 1)
    before, after = made[alike]
    return f"{before}{item_id}{after}"


def media(endpoint: str, item_id: int, version: str, width: int | None = None) -> str:
    """Build the address of an item's photo, or of a copy of it, that means this content."""
    wide = f"w={width}&" if width is not None else ""
    return f"{_address(endpoint, {'item_id': item_id})}?{wide}v={version}"


def seed() -> int | None:
    """Return the seed of the sample grid the visit started from."""
    given: int | None = request.args.get("seed", type=int)
    return getattr(g, "seed", given)


def narrowed(endpoint: str, *more: Mapping[str, Value] | None, **values: Value) -> str:
    """Build an address that keeps the seed and what narrows the grid; None leaves out."""
    state: dict[str, Value] = {}
    filters: Filters | None = getattr(g, "filters", None)
    if filters:
        state.update((name, getattr(filters, name) or None) for name in FACETS)
        state.update(min_price=filters.min_price, max_price=filters.max_price)
    return link(endpoint, state, *more, **values)


def _merged(parts: Iterable[Mapping[str, Value] | None]) -> dict[str, Value]:
    return {name: value for part in parts if part for name, value in part.items()}


def _given(values: dict[str, Value]) -> dict[str, Any]:
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
