"""The filters of a request, which every link of its page keeps."""

from flask import g

from webapp.web import parameters


def remember_filters() -> None:
    """Read the request's filters before its view runs."""
    g.filters = parameters.filters(parameters.sent())
