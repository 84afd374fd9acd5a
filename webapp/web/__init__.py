"""The HTTP side: pages, JSON API and images; a view parses, asks the rooms below, renders."""

from flask import Flask, request

from webapp.web import (
    api,
    api_guide,
    compare,
    duplicates,
    errors,
    filter_context,
    health,
    item_changes,
    maps,
    media,
    pages,
    scripts,
    shortlist,
    site_files,
    template_globals,
    trail,
    validators,
    why,
)

_PAGES = (pages, compare, why, duplicates, maps, shortlist, api_guide)
_WITH_TRAIL = {module.bp.name for module in _PAGES}


def _remember_trail() -> None:
    """Read the trail of a page; nothing else has one."""
    if request.blueprint in _WITH_TRAIL:
        trail.remember()


def register(app: Flask) -> None:
    """Give the application its routes, error pages and template helpers."""
    for module in (*_PAGES, media, scripts, site_files, api, item_changes, health):
        app.register_blueprint(module.bp)
    app.before_request(_remember_trail)
    app.after_request(validators.validate)
    app.after_request(filter_context.mark_problems)  # runs before the one above
    template_globals.register(app)
    errors.register(app)
