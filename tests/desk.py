"""The desk as a browser without scripts uses it: pages are read, their forms filled in and sent."""

import html
import io
import re
from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.pictures import bag, encoded

OWNER = "of-the-owner"
Fields = dict[str, Any]


class _Forms(HTMLParser):
    """Collects the forms of a page with what their fields hold."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[tuple[dict[str, str], Fields]] = []
        self._select = self._text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((given, {}))
        if not self.forms:
            return
        fields = self.forms[-1][1]
        name, kind = given.get("name", ""), given.get("type", "text")
        if tag == "select":
            self._select = name
        elif tag == "textarea":
            self._text = name
            fields[name] = ""
        elif tag == "option" and self._select and "selected" in given:
            fields[self._select] = given.get("value", "")
        elif tag == "input" and name and kind not in {"file", "submit"}:
            chosen = kind not in {"checkbox", "radio"} or "checked" in given
            fields.setdefault(name, []).extend([given.get("value", "")] if chosen else [])

    def handle_data(self, data: str) -> None:
        if self._text and self.forms:
            self.forms[-1][1][self._text] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "select":
            self._select = ""
        if tag == "textarea":
            self._text = ""


def send(
    client: FlaskClient, page: TestResponse | str, action: str, headers: Any = None, **fields: Any
) -> TestResponse:
    """Fill in the first form of a page whose address ends with `action`, and send it."""
    text = page if isinstance(page, str) else page.text
    for attributes, kept in _Forms(text).forms:
        if attributes.get("action", "").endswith(action):
            method = client.post if attributes.get("method") == "post" else client.get
            given = kept | fields
            sent = {"data": given} if method == client.post else {"query_string": given}
            return method(attributes["action"], headers=headers, **sent)
    raise AssertionError(f"no form of this page goes to {action}: {text}")


def sign_in(client: FlaskClient, token: str = OWNER, to: str = "/admin") -> TestResponse:
    """Come to a page of the desk, and sign in."""
    asking = client.get(to, follow_redirects=True)
    return send(client, asking, "/admin/sign-in", token=token)


def photo(seed: int, name: str = "bag.png") -> tuple[io.BytesIO, str]:
    """Return a drawn bag as a file field sends it."""
    return io.BytesIO(encoded(bag(seed), "PNG")), name


def told(page: TestResponse) -> str:
    """Return what a page of the desk says of what was done, and its problems."""
    found = re.findall(r'<p class="(?:told|problem)[^>]*>(.*?)</p>', page.text, re.DOTALL)
    return html.unescape(" ".join(re.sub(r"<[^>]+>", "", one).strip() for one in found))
