"""The HTTP side: pages, JSON API and images; a view parses, asks the rooms below, renders."""

from flask import Flask, request

from webapp.config.settings import Settings
from webapp.web import (
    compare,
    desk,
    duplicates,
    embed,
    errors,
    feed,
    filter_context,
    help_pages,
    lookup,
    maps,
    media,
    pages,
    scripts,
    shortlist,
    site_files,
    template_globals,
    trail,
    validators,
    visits,
    why,
)
from webapp.web.api import batch_search, bulk, calls, cross_origin, guide, item_changes
from webapp.web.branding import brand
from webapp.web.guards import private, request_limits, upload_slots
from webapp.web.monitoring import exposition, health

_PAGES = (pages, compare, why, duplicates, maps, shortlist, guide, help_pages)
_TOOLS = (compare, why, duplicates, maps)
"""Pages that show kinds by name, or take some study; the owner may leave them out."""

_API = (calls, batch_search, item_changes, bulk)

_WITH_TRAIL = {module.bp.name for module in _PAGES}


def _remember_trail() -> None:
    """Read the trail of a page; nothing else has one."""
    if request.blueprint in _WITH_TRAIL:
        trail.remember()


def register(app: Flask, settings: Settings) -> None:
    """Give the application its routes, error pages and template helpers.

    Raises:
        ConfigError: a setting of what pages show cannot be used.
    """
    brand.register(app, settings)
    embed.register(app, settings)
    desk.register(app)
    cross_origin.register(app, settings)
    others = (lookup, feed, media, scripts, site_files, health, exposition)
    for module in (*_PAGES, *_API, *others):
        if settings.shows_tools or module not in _TOOLS:
            app.register_blueprint(module.bp)
    visits.register(app, settings)
    upload_slots.register(app)  # first: who finds no place is not counted either
    request_limits.register(app, settings)
    private.register(app, settings)
    app.before_request(_remember_trail)
    app.after_request(validators.validate)
    app.after_request(filter_context.mark_problems)  # runs before the one above
    template_globals.register(app)
    errors.register(app)
