"""The owner's desk: pages at `/admin` that change the catalogue, for who has a token."""

from flask import Flask

from webapp.web.desk import guard, home, sessions, signing

_PAGES = (signing, home)
_NAVIGATION = (("desk_home.show", "Overview"),)


def register(app: Flask) -> None:
    """Give the application the desk."""
    sessions.register(app)
    guard.register(app)
    app.jinja_env.globals.update(DESK_PAGES=_NAVIGATION, signed_in=sessions.is_signed_in)
    for module in _PAGES:
        app.register_blueprint(module.bp)
