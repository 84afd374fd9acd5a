"""Whose catalogue it is: the owner's name, logo, accent, currency and footer, on every page."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, Flask, Response, abort, current_app, url_for

from webapp.config.settings import DEFAULT_NAME, Settings
from webapp.exceptions import ConfigError
from webapp.web import number_words
from webapp.web.branding import accent, icons, owner_files
from webapp.web.branding.accent import Accent
from webapp.web.branding.owner_files import Line, Logo

bp = Blueprint("branding", __name__)

_EXTENSION = "hashbag_branding"
_MOST_NAME_CHARACTERS = 40
_YEAR_SECONDS = 365 * 24 * 3600
# A drawing may have styles of its own; opened by itself it may do nothing else.
_LOGO_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"


@dataclass(frozen=True, slots=True)
class Branding:
    """What an owner has set of it; `currency` is that of prices that name none."""

    name: str
    logo: Logo | None
    accent: Accent | None
    currency: str
    footer: tuple[tuple[Line, ...], ...]

    @property
    def is_own(self) -> bool:
        """Whether pages have a name, a logo or a footer that needs styles of its own."""
        return bool(self.name != DEFAULT_NAME or self.logo or self.footer)

    @property
    def logo_url(self) -> str:
        """The logo's address; another logo has another."""
        assert self.logo is not None, "templates ask only where there is one"
        return url_for("branding.logo", v=self.logo.version)

    @property
    def style_url(self) -> str | None:
        """The address of the accent's style sheet; None where the accent is our own."""
        return url_for("branding.style", v=_version(self.accent)) if self.accent else None

    @property
    def icon_url(self) -> tuple[str, str]:
        """The address and the media type of the icon in a browser's tab."""
        if self.logo:
            return self.logo_url, self.logo.media_type
        if self.accent:
            return url_for("branding.mark", v=_version(self.accent)), icons.SVG
        return url_for("static", filename="mark.svg"), icons.SVG

    @property
    def icon_look(self) -> icons.IconLook:
        """What icons of pixels show: a logo of pixels, else the mark."""
        picture = self.logo.data if self.logo and not self.logo.is_drawing else None
        return icons.IconLook(self.accent.light.act if self.accent else icons.ACCENT, picture)


def register(app: Flask, settings: Settings) -> None:
    """Read what the owner has set, and give it to the application's pages.

    Raises:
        ConfigError: a setting cannot be used.
    """
    app.extensions[_EXTENSION] = read(settings)
    app.extensions[number_words.EXTENSION] = number_words.read_language(settings.language)
    app.register_blueprint(bp)
    app.jinja_env.globals.update(
        brand=app.extensions[_EXTENSION],
        tools=settings.shows_tools,
    )


def read(settings: Settings) -> Branding:
    """Read the settings and the files that they name, whose paths begin in the instance folder.

    Raises:
        ConfigError: one of them cannot be used.
    """

    def path(text: str) -> Path:
        return settings.instance / Path(text).expanduser()

    return Branding(
        _name(settings.name),
        owner_files.read_logo(path(settings.logo)) if settings.logo else None,
        accent.read(settings.accent) if settings.accent else None,
        number_words.read_currency(settings.currency),
        owner_files.read_footer(path(settings.footer)) if settings.footer else (),
    )


def branding() -> Branding:
    """Return the branding of the application that serves this request."""
    found: Branding = current_app.extensions[_EXTENSION]
    return found


@bp.get("/logo")
def logo() -> Response:
    """Send the owner's logo."""
    found = branding().logo or abort(404)
    answer = _kept(Response(found.data, mimetype=found.media_type))
    answer.headers["Content-Security-Policy"] = _LOGO_POLICY
    return answer


@bp.get("/accent.css")
def style() -> Response:
    """Send the style sheet of the owner's accent."""
    found = branding().accent or abort(404)
    return _kept(Response(found.style_sheet, mimetype="text/css"))


@bp.get("/mark.svg")
def mark() -> Response:
    """Send the mark in the owner's accent."""
    found = branding().accent or abort(404)
    return _kept(Response(icons.svg(found.light.act, found.dark.accent), mimetype=icons.SVG))


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name or len(name) > _MOST_NAME_CHARACTERS or not name.isprintable():
        raise ConfigError(f"HASHBAG_NAME must have 1 to {_MOST_NAME_CHARACTERS} characters")
    return name


def _version(found: Accent) -> str:
    return hashlib.sha256(found.style_sheet.encode()).hexdigest()[:12]


def _kept(answer: Response) -> Response:
    answer.cache_control.public = True
    answer.cache_control.max_age = _YEAR_SECONDS
    answer.cache_control.immutable = True
    return answer
