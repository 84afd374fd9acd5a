"""The trail: the bags clicked through on the way to a page, oldest first, in its address.

`trail=12.7.33` are item numbers. A photo that the way began with is `~` and the last
characters of its fingerprint: enough for the browser that asked to know it again.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from flask import g, request

from webapp.context import hashbag
from webapp.exceptions import BadParameter
from webapp.models import Item

MOST = 8
"""How many steps a trail has at most; the oldest are dropped."""

_PHOTO = "~"
_STEP = re.compile(r"[1-9][0-9]{0,15}|~[\w-]{6}", re.ASCII)
_MARK = 6


@dataclass(frozen=True, slots=True)
class Step:
    """One step: an item, or the mark of a photo; `before` is the trail that led to it."""

    item: Item | None
    mark: str
    before: str | None


def remember() -> None:
    """Read the request's trail before its view runs.

    Raises:
        BadParameter: the parameter is not a trail.
    """
    text = request.args.get("trail", "")
    steps = text.split(".") if text else []
    if not all(_STEP.fullmatch(step) for step in steps):
        raise BadParameter("trail", f"'{text[:40]}' is no list of item numbers with dots between")
    g.trail = steps[-MOST:]


def carried(to: Mapping[str, object]) -> str | None:
    """Write the trail for a link to an item; None for a link to anything else."""
    item = to.get("item_id") or to.get("item")
    if not item:
        return None
    here = _here()
    steps: list[str] = getattr(g, "trail", [])
    if here and here != str(item):
        steps = [*(step for step in steps if step != here), here]
    # An item is in the trail once: visited again, it moves to the end.
    return _written([step for step in steps if step != str(item)])


def here_as_it_is() -> str | None:
    """Write this page's own trail, for forms that reload the page."""
    return _written(getattr(g, "trail", []))


def steps() -> list[Step]:
    """List the steps to this page, without items that were removed."""
    trail: list[str] = getattr(g, "trail", [])
    ids = [int(step) for step in trail if not step.startswith(_PHOTO)]
    items = {str(item.id): item for item in hashbag().snapshot.items(ids)} if ids else {}
    return [
        Step(items.get(step), step.removeprefix(_PHOTO), _written(trail[:number]))
        for number, step in enumerate(trail)
        if step in items or step.startswith(_PHOTO)
    ]


def _written(steps: list[str]) -> str | None:
    return ".".join(steps[-MOST:]) or None


def _here() -> str | None:
    """Return this page as a step; made once, as each link of a page asks."""
    if "here" not in g:
        g.here = _named()
    here: str | None = g.here
    return here


def _named() -> str | None:
    args = request.args
    item = (request.view_args or {}).get("item_id") or args.get("item")
    text = str(item) if item else _PHOTO + args.get("q", "")[-_MARK:]
    return text if _STEP.fullmatch(text) else None
