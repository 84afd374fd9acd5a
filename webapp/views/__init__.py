"""The HTTP side: parse, ask, render."""

from flask import Flask

from webapp.views import api, errors, health, maps, media, pages, presenting


def register(app: Flask) -> None:
    """Give the application its routes, error pages and template helpers."""
    for module in (pages, maps, media, api, health):
        app.register_blueprint(module.bp)
    presenting.register(app)
    errors.register(app)
