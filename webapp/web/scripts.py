"""Our scripts, at addresses with a version in the path.

Modules import each other by relative addresses, which no template writes. With the version in the
path they get it too, so a page never mixes modules of two versions.
"""

import hashlib
from functools import cache
from pathlib import Path

from flask import Blueprint, Response, current_app, send_from_directory

bp = Blueprint("scripts", __name__)

_YEAR = 365 * 24 * 3600


@bp.get("/js/<version>/<name>.js")
def script(version: str, name: str) -> Response:
    """Send a module; under the address of another version it may not be cached."""
    current = version == _version()
    response = send_from_directory(
        _folder(), f"{name}.js", mimetype="text/javascript", max_age=_YEAR if current else 0
    )
    response.cache_control.public = True
    response.cache_control.immutable = current
    return response


@bp.app_url_defaults
def add_version(endpoint: str, values: dict[str, object]) -> None:
    """Put the version into the addresses of modules."""
    if endpoint == "scripts.script":
        values.setdefault("version", _version())


def _folder() -> Path:
    return Path(str(current_app.static_folder), "js")


def _version() -> str:
    paths = sorted(_folder().glob("*.js"))
    return _digest(tuple((path, path.stat().st_mtime_ns) for path in paths))


@cache
def _digest(found: tuple[tuple[Path, int], ...]) -> str:
    digest = hashlib.sha256()
    for path, _ in found:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]
