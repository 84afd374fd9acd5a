"""What a visit carries from page to page."""

from flask import g, request

from webapp.views import params


def remember_filters() -> None:
    """Keep what narrows the grids in every link of the page."""
    g.filters = params.filters(request.args)
