"""What a visit carries from page to page."""

from flask import g

from webapp.web import parameters


def remember_filters() -> None:
    """Keep what narrows the grids in every link of the page."""
    g.filters = parameters.filters(parameters.sent())
