"""The JSON API as a page to read, written from its OpenAPI document, with calls to copy."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from flask import Blueprint, render_template, request

from webapp.context import hashbag
from webapp.exceptions import IndexNotReady
from webapp.hashing import fingerprint_text
from webapp.web.api.openapi import document

bp = Blueprint("api_guide", __name__)

# What a first call asks; all else has a default.
_ASKED: Mapping[tuple[str, str], Mapping[str, object]] = {
    ("get", "/api/v1/items"): {"seed": 7, "n": 3},
    ("get", "/api/v1/items/{id}"): {"fields": "hashes"},
    ("get", "/api/v1/items/{id}/similar"): {"by": "look", "k": 3},
    ("get", "/api/v1/search"): {"by": "colour", "k": 3},
    ("post", "/api/v1/search"): {"by": "look", "k": 3},
    ("post", "/api/v1/search/batch"): {"by": "look", "k": 3},
    ("get", "/api/v1/duplicates"): {"by": "shape"},
}

_TOKEN = "-H 'Authorization: Bearer TOKEN' "  # noqa: S105 - a place for the reader's own
_PICTURE = "-F image=@bag.jpg "

# What a call sends, beside its address.
_SENT: Mapping[tuple[str, str], str] = {
    ("post", "/api/v1/search"): _PICTURE,
    ("post", "/api/v1/search/batch"): f"{_PICTURE}-F image=@shoe.jpg ",
    ("post", "/api/v1/fingerprints"): _PICTURE,
    ("post", "/api/v1/items"): f"{_TOKEN}{_PICTURE}-F title=Satchel -F price=49.90 ",
    ("get", "/api/v1/export"): _TOKEN,
    ("post", "/api/v1/import"): (
        f"{_TOKEN}-H 'Content-Type: application/x-ndjson' "
        '--data-binary \'{"id": ITEM, "price": 39.9}\' '
    ),
    ("patch", "/api/v1/items/{id}"): (
        f'-X PATCH {_TOKEN}--json \'{{"price": 39.9, "season": "autumn"}}\' '
    ),
    ("delete", "/api/v1/items/{id}"): f"-X DELETE {_TOKEN}",
}

# A larger limit is the computer's, not the catalogue's.
_ANY_NUMBER = 1e9


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a call: its name, what values it takes, and what it is for."""

    name: str
    values: str
    told: str


@dataclass(frozen=True, slots=True)
class Call:
    """One call: how it is made, what it takes, and a command to copy that makes it.

    `token`: what its token must allow; "" where it needs none.
    """

    method: str
    path: str
    summary: str
    parameters: tuple[Parameter, ...]
    is_asked_with_picture: bool
    token: str
    answer: str
    problems: tuple[str, ...]
    command: str


@bp.get("/api")
def page() -> str:
    """Show every call of the API."""
    return render_template("api.html", calls=calls(some_item()))


def calls(item_id: int) -> list[Call]:
    """Describe every call; the commands ask with an item of the catalogue."""
    paths: Mapping[str, Mapping[str, Any]] = document()["paths"]  # type: ignore[assignment]
    return [
        Call(
            method.upper(),
            path,
            _plain(described["summary"]),
            tuple(map(_parameter, described.get("parameters", ()))),
            _sent_picture(described),
            _scope(described),
            next(code for code in described["responses"] if int(code) < 400),
            tuple(code for code in described["responses"] if int(code) >= 400),
            _command(method, path, item_id),
        )
        for path, methods in paths.items()
        for method, described in methods.items()
    ]


def _scope(described: Mapping[str, Any]) -> str:
    """Return what a call's token must allow; "" where it needs none."""
    return next((scope for one in described.get("security", ()) for scope in one["token"]), "")


def _sent_picture(described: Mapping[str, Any]) -> bool:
    """Say whether a call is asked with a picture, of which nothing is kept."""
    return "requestBody" in described and "security" not in described


def some_item() -> int:
    """Return the id of an item that there is, for examples."""
    ids = hashbag().facets.ids
    return int(ids[0]) if len(ids) else 1


def _newest() -> int:
    """Return the id of an item that the command before may not have removed."""
    ids = hashbag().facets.ids
    return int(ids[-1]) if len(ids) else 1


def _command(method: str, path: str, item_id: int) -> str:
    asked = dict(_ASKED.get((method, path), {}))
    if (method, path) == ("get", "/api/v1/search"):
        asked = {"q": _colour_of(item_id), **asked}
    host = request.url_root.rstrip("/")
    query = f"?{urlencode(asked)}" if asked else ""
    named = {"{id}": item_id, "{column}": "brand", "{value}": quote(_some_brand(), safe="")}
    address = f"{host}{path}{query}"
    for name, value in named.items():
        address = address.replace(name, str(value))
    sent = _SENT.get((method, path), "").replace("ITEM", str(_newest()))
    return f"curl {sent}'{address}'"


def _some_brand() -> str:
    return next(iter(hashbag().facets.values["brand"]), "BRAND")


def _colour_of(item_id: int) -> str:
    """Write a fingerprint that is short enough to read: an item's colour alone."""
    try:
        codes = hashbag().snapshot.kind("colour").table
    except IndexNotReady:
        return "FINGERPRINT"
    code = codes.code(item_id)
    return fingerprint_text.encode({"colour": code}) if code else "FINGERPRINT"


def _parameter(described: Mapping[str, Any]) -> Parameter:
    schema = described["schema"]
    return Parameter(described["name"], _values(schema), _plain(described.get("description", "")))


def _plain(text: str) -> str:
    """Return a text of the document without its marks for code."""
    return text.replace("`", "")


def _values(schema: Mapping[str, Any]) -> str:
    """Say in a few words what values a schema allows."""
    if "oneOf" in schema:
        return " or ".join(_values(one) for one in schema["oneOf"])
    if schema["type"] == "array":
        return f"{_values(schema['items'])}; may be repeated"
    if "enum" in schema:
        return ", ".join(map(str, schema["enum"]))
    least, most = schema.get("minimum"), schema.get("maximum")
    kinds = {"integer": "a whole number", "number": "a number", "string": "text"}
    words = kinds[schema["type"]]
    if least is not None and most is not None and most < _ANY_NUMBER:
        words += f" from {least:g} to {most:g}"
    elif least is not None:
        words += f", {least:g} or more"
    return f"{words}; {schema['default']} if left out" if "default" in schema else words
