"""The HTTP side: parse, ask, render."""

from flask import Flask

from webapp.views import (
    api,
    compare,
    duplicates,
    errors,
    health,
    media,
    pages,
    presenting,
    scripts,
    trail,
    why,
)


def register(app: Flask) -> None:
    """Give the application its routes, error pages and template helpers."""
    for module in (pages, compare, duplicates, why, media, scripts, api, health):
        app.register_blueprint(module.bp)
    app.before_request(trail.remember)
    presenting.register(app)
    errors.register(app)
