"""The HTTP side: pages, JSON API and images; a view parses, asks the rooms below, renders."""

from flask import Flask

from webapp.web import (
    api,
    compare,
    duplicates,
    errors,
    health,
    maps,
    media,
    pages,
    scripts,
    template_globals,
    trail,
    validators,
    why,
)


def register(app: Flask) -> None:
    """Give the application its routes, error pages and template helpers."""
    pages_and_data = (pages, compare, why, duplicates, maps, media, scripts, api, health)
    for module in pages_and_data:
        app.register_blueprint(module.bp)
    app.before_request(trail.remember)
    app.after_request(validators.validate)
    template_globals.register(app)
    errors.register(app)
