"""The owner's desk: pages at `/admin` that change the catalogue, for who has a token."""

from flask import Flask

from webapp.web.desk import (
    bags,
    guard,
    home,
    imports,
    items,
    many,
    pairs,
    removed,
    sessions,
    signing,
    wording,
)

LARGEST_BYTES = guard.LARGEST_BYTES

_PAGES = (signing, home, items, removed, bags, many, imports, pairs)
_NAVIGATION = (
    ("desk_home.show", "Overview"),
    ("desk_bags.show", "Bags"),
    ("desk_items.add_form", "Add a bag"),
    ("desk_import.show", "Import"),
    ("desk_pairs.show", "The same twice"),
    ("desk_removed.show", "Removed"),
)


def register(app: Flask) -> None:
    """Give the application the desk."""
    sessions.register(app)
    guard.register(app)
    wording.register(app, _NAVIGATION)
    for module in _PAGES:
        app.register_blueprint(module.bp)
