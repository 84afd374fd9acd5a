"""Whatever is asked, in whatever form, is answered or refused in words: never a fault of ours.

Hypothesis makes the requests: a hundred of each sort here, thousands in `make fuzz`. What code in
C decodes is changed at random (`test_damage`) or, where atheris is installed, by what each change
has the code do (`python -m tests.hostile.guided`).
"""

import json
import shutil
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from tests.applications import core_of
from webapp import create_app
from webapp.exceptions import BadParameter
from webapp.hashing.fingerprint_text import decode, encode
from webapp.hashing.kinds import KNOWN_KINDS

ADMIN = {"Authorization": "Bearer of-the-owner"}


def words(text: str) -> list[str]:
    return text.split()


TEXTS = st.text(max_size=20) | st.text(
    st.characters(categories=["Cs", "Cc", "Nd", "Sc"]), max_size=6
)
NUMBERS = st.integers(-(2**70), 2**70) | st.floats() | st.sampled_from(("1e999", "٣", "0x10", "-0"))


def _written(body: bytes) -> str:
    """Write what may be a fingerprint, with a checksum that is right."""
    whole = b"\1" + body
    return urlsafe_b64encode(whole + zlib.crc32(whole).to_bytes(4, "big")).decode().rstrip("=")


def _entry(tag: int, code: bytes, length: int | None = None) -> bytes:
    return bytes([tag]) + (len(code) if length is None else length).to_bytes(2, "big") + code


RIGHT = st.sampled_from([*KNOWN_KINDS.values()]).flatmap(
    lambda kind: st.binary(min_size=kind.bytes, max_size=kind.bytes).map(
        lambda code: _entry(kind.tag, code * kind.views)
    )
)
WRONG = st.builds(_entry, st.integers(0, 255), st.binary(max_size=40), st.integers(0, 65_535))
CODES = st.lists(RIGHT | WRONG, max_size=4).map(b"".join)
FINGERPRINTS = CODES.map(_written) | st.binary(max_size=60).map(_written) | TEXTS

VALUES = (
    TEXTS
    | NUMBERS.map(str)
    | FINGERPRINTS
    | st.sampled_from(words("whash look learned red Ora 3 1,2,3 csv json item:3 q: %00 ../.."))
    | st.sampled_from(("1,2,999999999999999999999", "\r\n", "item:99"))
    | FINGERPRINTS.map("q:{}".format)
)
NAMES = st.sampled_from(
    words("seed n page per_page cursor sort by k q brand category colour min_price max_price text")
    + words("tint not colour_of trail photo season format fields ids item other distance lean fold")
)
QUERIES = st.dictionaries(NAMES | TEXTS, VALUES | st.lists(VALUES, max_size=3), max_size=5)
PAGES = st.sampled_from(
    words("/ /browse /items/3 /items/999999999999999999999 /search /compare /why /list /duplicates")
    + words(
        "/map /newest.xml /cards/1-2 /images/3 /thumbs/3 /items/by/season/Summer /embed/items/3"
    )
    + words("/api/v1/items /api/v1/items/3 /api/v1/items/3/similar /api/v1/search /sitemap-1.xml")
    + words("/embed/items/3 /api/v1/duplicates /api/v1/items/by/brand/Ora")
)
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
ATTRIBUTES = st.sampled_from(("title", "brand", "price", "currency", "colour", "category", "url"))
BODIES = (
    (st.dictionaries(ATTRIBUTES | TEXTS, JSON, max_size=4) | JSON).map(json.dumps).map(str.encode)
    | st.binary(max_size=60)
    | st.integers(1, 20_000).map(lambda depth: b"[" * depth)
    | st.integers(1, 20_000).map(lambda digits: b'{"price": ' + b"9" * digits + b"}")
)
TYPES = st.sampled_from(
    [
        *words("application/json application/merge-patch+json application/x-ndjson text/plain"),
        *("multipart/form-data", "multipart/form-data; boundary=x", ""),
        "application/json; charset=utf-16",
    ]
)

CALM = settings(suppress_health_check=[HealthCheck.too_slow])


@pytest.fixture(scope="module")
def app(eight: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    instance = Path(shutil.copytree(eight, tmp_path_factory.mktemp("fuzz") / "instance"))
    app = create_app({"instance": instance, "admin_token": "of-the-owner", "map": "off"})
    yield app
    core_of(app).catalog.engine.dispose()


def assert_answered(answer: TestResponse, asked: object) -> None:
    assert answer.status_code < 500, (asked, answer.text[:500])
    if answer.status_code >= 400 and answer.is_json:
        detail = answer.get_json()["detail"]
        assert isinstance(detail, str), asked
        assert detail, asked


@pytest.mark.thorough
@CALM
@given(page=PAGES, query=QUERIES)
def test_any_parameters_are_used_or_refused_in_words(
    app: Flask, page: str, query: dict[str, Any]
) -> None:
    written = {
        _sendable(name): [_sendable(one) for one in (value if isinstance(value, list) else [value])]
        for name, value in query.items()
    }
    answer = app.test_client().get(page, query_string=written, buffered=True)
    assert_answered(answer, (page, query))


def _sendable(text: str) -> str:
    """Write what no browser can as it would come in UTF-8."""
    return text.encode("utf-8", "surrogatepass").decode("latin-1")


@given(text=FINGERPRINTS)
def test_any_text_is_a_fingerprint_or_is_refused_by_the_parameters_name(text: str) -> None:
    try:
        found = decode(text, "q")
    except BadParameter as refusal:
        assert refusal.name == "q"  # noqa: PT017
    else:
        assert decode(encode(found)) == found


@pytest.mark.thorough
@CALM
@given(
    body=BODIES,
    kind=TYPES,
    method=st.sampled_from(("PATCH", "POST", "DELETE")),
    item=st.integers(0, 9),
)
def test_any_body_is_taken_or_refused_in_words(
    app: Flask, body: bytes, kind: str, method: str, item: int
) -> None:
    targets = {
        "PATCH": (f"/api/v1/items/{item}",),
        "POST": ("/api/v1/import", "/api/v1/items", "/api/v1/search", "/api/v1/search/batch"),
        "DELETE": (f"/api/v1/items/{item + 90}",),
    }
    for target in targets[method]:
        answer = app.test_client().open(
            target, method=method, data=body, content_type=kind, headers=ADMIN
        )
        assert_answered(answer, (method, target, kind, body))
