"""The one address of what a page shows, whatever way led to it."""

from flask import request, url_for

from webapp.web.links import narrowing

_NARROWED = frozenset({"pages.grid", "pages.browse"})

# What a page shows hangs on these parameters; others only say how much of it, or in which order.
_CHOOSING: dict[str, tuple[str, ...]] = {
    "pages.grid": (),
    "pages.browse": ("page",),
    "pages.item": (),
    "pages.search": ("q",),
    "pages.about": (),
    "api_guide.page": (),
    "help_pages.index": (),
    "help_pages.topic": (),
    "compare.page": ("item", "q", "by"),
    "why.page": ("item", "q", "to", "by"),
    "duplicates.page": ("by", "distance", "of", "page"),
    "shortlist.show": ("ids",),
    "maps.show": ("view", "page"),
}


def canonical() -> str | None:
    """Return the page's one address, with the server's name; None for a page that has none."""
    endpoint = request.endpoint or ""
    if endpoint not in _CHOOSING:
        return None
    chosen = {name: request.args.getlist(name) for name in _CHOOSING[endpoint]}
    if chosen.get("page") == ["1"]:
        del chosen["page"]
    narrowed = narrowing() if endpoint in _NARROWED else {}
    values = {**(request.view_args or {}), **narrowed, **chosen}
    return url_for(endpoint, **{**values, "_external": True})


def absolute(path: str) -> str:
    """Put the server's name before an address of this site."""
    return request.host_url.rstrip("/") + path
