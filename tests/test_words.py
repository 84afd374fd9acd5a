"""Words narrow any grid: those of titles, brands, colours, categories and columns of one's own."""

import hashlib
import json
import sys
import unicodedata
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from tests.applications import take_in
from tests.conftest import core_of
from tests.pictures import bag
from webapp import create_app
from webapp.index import word_files
from webapp.index.words import words_of

BAGS: tuple[dict[str, str], ...] = (
    {"title": "Quilted tote", "brand": "Élodie", "colour": "red", "category": "Totes"},
    {"title": "Tote bag, canvas", "brand": "Norden", "material": "Quilted cotton"},
    {"title": "Backpack", "brand": "Elodie", "colour": "Dark Red", "size": "17_inch"},
    {"title": "El ÇANTASI", "category": "Clutch"},
    {"title": "नीला बैग", "colour": "blue"},
    {"title": "Straße ﬁn", "brand": 'O\'Neil "x" -y*'},
    {},
    {"title": "\N{MATHEMATICAL BOLD CAPITAL H}\N{MATHEMATICAL BOLD SMALL O}bo", "brand": "№5"},
)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    folder = tmp_path_factory.mktemp("words")
    rows = []
    for number, said in enumerate(BAGS):
        bag(number, (64, 48)).save(folder / f"{number}.png")
        rows.append(json.dumps({"filename": f"{number}.png"} | said, ensure_ascii=False))
    (folder / "bags.jsonl").write_text("\n".join(rows), "utf-8")
    app = create_app({"instance": folder / "instance"})
    take_in(app, folder / "bags.jsonl")
    return app


@pytest.fixture
def client(shop: Flask) -> FlaskClient:
    return shop.test_client()


def found(client: FlaskClient, text: str, path: str = "/api/v1/items") -> set[int]:
    answer = client.get(path, query_string={"text": text, "page": 1})
    assert answer.status_code == 200, answer.get_json()
    return {int(item["filename"][0]) for item in answer.get_json()["items"]}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("quilted", {0, 1}),
        ("QUILT", {0, 1}),
        ("tote quilted", {0, 1}),
        ("canvas quilted", {1}),
        ("elodie", {0, 2}),
        ("Élodie red", {0, 2}),
        ("çantası", {3}),
        ("cantasi", {3}),
        ("बैग", {4}),
        ("strasse", {5}),
        ("fin", {5}),
        ("O'Neil", {5}),
        ("17", {2}),
        ("inch", {2}),
        ("otes", set()),
        ("-", set()),
        ('" OR x', set()),
        ("hobo", {7}),
        ("Hobo no5", {7}),
        ("№5", {7}),
        ("tote*", {0, 1}),
        ("NOT tote", set()),
    ],
)
def test_words_find_items(client: FlaskClient, text: str, expected: set[int]) -> None:
    assert found(client, text) == expected


def plainly(text: str) -> set[int]:
    """Look at every word of every item."""
    wanted = words_of(text)
    return {
        number
        for number, said in enumerate(BAGS)
        if wanted
        and all(
            any(word.startswith(one) for word in words_of(" ".join(said.values())))
            for one in wanted
        )
    }


@given(
    st.one_of(st.sampled_from([*" ".join(" ".join(b.values()) for b in BAGS).split()]), st.text())
)
def test_whatever_is_typed_finds_what_a_plain_look_finds(shop: Flask, text: str) -> None:
    facets = core_of(shop).facets
    assert facets.words is not None
    ids = facets.ids[facets.words.mask(text)]
    names = {int(item.filename[0]) for item in core_of(shop).catalog.items(ids.tolist())}
    assert names == plainly(text)


@given(st.text())
def test_words_are_the_same_in_any_form_of_unicode(text: str) -> None:
    assert words_of(unicodedata.normalize("NFD", text)) == words_of(
        unicodedata.normalize("NFC", text)
    )


def test_no_sign_of_unicode_is_indexed_as_a_capital() -> None:
    """Nor does a word change where it is typed as it was indexed."""
    for sign in map(chr, range(sys.maxunicode + 1)):
        for word in () if sign.isascii() else words_of(sign):
            assert word == word.casefold(), ascii(sign)
            assert words_of(word) == [word], ascii(sign)


def test_words_narrow_neighbours_facets_and_samples(client: FlaskClient) -> None:
    listed = client.get("/api/v1/items?page=1&text=backpack").get_json()["items"]
    number = listed[0]["id"]
    hits = client.get(f"/api/v1/items/{number}/similar?text=quilted&fold=0").get_json()["hits"]
    assert {hit["item"]["filename"] for hit in hits} == {"0.png", "1.png"}
    sampled = client.get("/api/v1/items?seed=3&text=tote").get_json()
    assert sampled["total"] == 2
    assert {one["value"]: one["count"] for one in sampled["facets"]["brand"]} == {
        "Élodie": 1,
        "Norden": 1,
    }


def test_words_are_a_filter_of_every_grid_and_can_be_taken_away(client: FlaskClient) -> None:
    for path in ("/?seed=1", "/browse?page=1", "/items/3?by=whash"):
        page = client.get(path + "&text=quilted").get_data(as_text=True)
        assert 'name="text"' in page
        assert 'value="quilted"' in page
        assert "“quilted”" in page, "a chip says what was asked"
        assert "text=quilted" in page, "links keep it"


def test_nothing_found_says_what_was_tried(client: FlaskClient) -> None:
    page = client.get("/browse?text=velvet").get_data(as_text=True)
    assert "velvet" in page
    assert client.get("/browse?text=velvet").status_code == 200


def test_a_very_long_text_is_refused(client: FlaskClient) -> None:
    answer = client.get("/api/v1/items?text=" + "x" * 201)
    assert answer.status_code == 400
    assert answer.get_json()["detail"].startswith("text: ")


def test_an_index_from_before_says_what_to_run(tmp_path: Path) -> None:
    app = create_app({"instance": tmp_path / "instance"})
    photos = tmp_path / "photos"
    photos.mkdir()
    for number in range(3):
        bag(number, (64, 48)).save(photos / f"{number}.png")
    take_in(app, photos)
    folder = core_of(app).generations.newest()
    manifest = json.loads((folder / "manifest.json").read_text())
    for path in (*folder.glob("words.*"), folder / "attributes.counts.json"):
        del manifest["files"][path.name]
        path.unlink()
    (folder / "manifest.json").write_text(json.dumps(manifest))
    digest = hashlib.sha256((folder / "manifest.json").read_bytes()).hexdigest()
    current = {"generation": folder.name, "manifest": digest}
    (folder.parent / "current").write_text(json.dumps(current))
    client = create_app({"instance": tmp_path / "instance"}).test_client()
    assert client.get("/api/v1/items?page=1").status_code == 200
    answer = client.get("/api/v1/items?page=1&text=tote")
    assert answer.status_code == 503
    assert "run `hashbag index`" in answer.get_json()["detail"]


SAID = st.lists(st.sampled_from(["a", "ab", "abc", "b", "ab1", "é", "1", "10", "\U0001f9f3x"]))


@pytest.mark.thorough
@given(st.lists(SAID, max_size=12), st.integers(1, 5))
def test_words_written_in_parts_are_found_as_if_they_were_looked_at_one_by_one(
    items: list[list[str]], at_once: int
) -> None:
    with TemporaryDirectory() as folder:
        word_files.save(Path(folder), items, at_once=at_once)
        words = word_files.load(Path(folder), len(items))
        assert words is not None
        assert {path.suffix for path in Path(folder).iterdir()} == {".npy"}
        for text in ("a", "ab", "abc", "b 1", "a b", "10 ab", "é", "\U0001f9f3", "c", "", "ab ab1"):
            wanted = words_of(text)
            plainly_found = [
                bool(wanted) and all(any(w.startswith(one) for w in said) for one in wanted)
                for said in items
            ]
            assert words.mask(text).tolist() == plainly_found, text
            wholly = [bool(wanted) and {*wanted} <= {*said} for said in items]
            assert words.mask(text, whole=True).tolist() == wholly, text
