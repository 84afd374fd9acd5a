"""The map as it is published, served and kept up: by pages, by commands, through changes."""

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from tests.applications import hashbag
from tests.conftest import core_of, draw_map
from tests.pictures import catalogue
from tests.serving import run_hashbag
from webapp import create_app
from webapp.catalog.writer import CatalogWriter
from webapp.exceptions import MapNotDrawn, MapNotReady
from webapp.explore.map.drawing import draw

ITEMS = 60
OTHERWISE = re.compile("view=list|colour_by=")  # the same items, shown otherwise
LINK = re.compile(r'href="([^"]+)"')


@pytest.fixture
def visitor(mapped: Flask) -> Iterator[FlaskClient]:
    with mapped.test_client() as client:
        yield client


@pytest.fixture
def changing(mapped: Flask, tmp_path: Path) -> Flask:
    """Copy the application with the map, for tests that change it."""
    instance = shutil.copytree(core_of(mapped).settings.instance, tmp_path / "instance")
    return create_app({"instance": instance})


def links(page: str, start: str) -> list[str]:
    found = (link.replace("&amp;", "&") for link in LINK.findall(page))
    return [link for link in found if link.startswith(start)]


def text(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.get_data(as_text=True)


def take_out(app: Flask, *ids: int) -> None:
    CatalogWriter(core_of(app).catalog).remove(ids)


# --- drawn and published ---


def test_nothing_is_drawn_where_nothing_changed(changing: Flask) -> None:
    core = core_of(changing)
    assert list(draw(core.catalog, core.thumbs, core.maps)) == []


def test_a_damaged_map_is_drawn_again(changing: Flask) -> None:
    core = core_of(changing)
    tiles = core.maps.folder / core.maps.current().version / "tiles.bin"
    whole = tiles.read_bytes()
    tiles.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    draw_map(changing)
    assert tiles.read_bytes() == whole


@pytest.mark.thorough
def test_readers_follow_to_the_next_map_and_the_one_before_is_kept(changing: Flask) -> None:
    maps, client = core_of(changing).maps, changing.test_client()
    versions = [maps.current().version]
    for gone in (7, 8):
        take_out(changing, gone)
        draw_map(changing)
        versions.append(maps.current().version)
        assert f"/map/cells/{versions[-1]}.json" in text(client, "/map")
    assert len(set(versions)) == 3
    statuses = [client.get(f"/map/tiles/{version}/0/0/0.webp").status_code for version in versions]
    assert statuses == [404, 200, 200]
    assert sorted(maps.current().ids) == [i for i in range(1, ITEMS + 1) if i not in {7, 8}]


def test_a_map_that_cannot_be_drawn_leaves_the_one_before(changing: Flask) -> None:
    core = core_of(changing)
    before = core.maps.current()
    take_out(changing, 7)
    (core.settings.instance / core.thumbs.key(core.catalog.item(9).digest, 192)).unlink()
    with pytest.raises(MapNotDrawn, match="thumbnail"):
        draw_map(changing)
    assert core.maps.current() == before
    assert [path.name for path in core.maps.folder.glob(".building-*")] == []


def test_the_map_of_an_empty_catalogue_is_none(changing: Flask) -> None:
    take_out(changing, *range(1, ITEMS + 1))
    draw_map(changing)
    with pytest.raises(MapNotReady):
        core_of(changing).maps.current()
    assert "hashbag import" in text(changing.test_client(), "/map")


def test_where_none_is_drawn_the_page_says_so_and_counts_no_items(filled: Flask) -> None:
    """Of millions in PostgreSQL that would take long, and maps may be off for good."""
    engine, asked = core_of(filled).catalog.engine, list[str]()

    def note(_: object, __: object, statement: str, *___: object) -> None:
        asked.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        assert "There is no map yet" in text(filled.test_client(), "/map")
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    assert [statement for statement in asked if "count(" in statement] == []
    assert asked


@pytest.mark.thorough
def test_of_more_items_than_fit_a_part_is_shown_and_told_so(changing: Flask) -> None:
    draw_map(changing, most=40)
    found = core_of(changing).maps.current()
    assert len(set(found.ids)) == 40
    client = changing.test_client()
    assert "40 of 60 bags" in text(client, "/map")
    absent = next(item for item in range(1, ITEMS + 1) if item not in found.ids)
    assert "not on the map" in text(client, f"/map?item={absent}")


# --- served ---


def test_tiles_and_cells_are_cached_for_ever(visitor: FlaskClient, mapped: Flask) -> None:
    maps = core_of(mapped).maps
    found = maps.current()
    tile = visitor.get(f"/map/tiles/{found.version}/0/0/0.webp")
    assert tile.mimetype == "image/webp"
    assert tile.data == maps.tile(found.version, 0, 0, 0)
    cells = visitor.get(f"/map/cells/{found.version}.json")
    assert cells.get_json() == {"columns": found.columns, "ids": list(found.ids)}
    for answer in (tile, cells):
        assert "immutable" in answer.headers["Cache-Control"]
        assert "max-age=31536000" in answer.headers["Cache-Control"]


@pytest.mark.parametrize(
    "path",
    [
        "/map/tiles/{version}/0/1/0.webp",
        "/map/tiles/{version}/9/0/0.webp",
        "/map/tiles/000000000000/0/0/0.webp",
        "/map/tiles/../0/0/0.webp",
        "/map/tiles/current/0/0/0.webp",
        "/map/cells/000000000000.json",
        "/map/captions/000000000000/0-0.json",
        "/map?item=4711",
        "/map?view=list&page=3",
    ],
)
def test_what_is_not_there_is_a_404(visitor: FlaskClient, mapped: Flask, path: str) -> None:
    version = core_of(mapped).maps.current().version
    assert visitor.get(path.format(version=version)).status_code == 404


@pytest.mark.parametrize(
    "query", ["z=x", "x=-1", "y=nan", "z=31", "item=0", "view=globe", "colour_by=x"]
)
def test_a_bad_parameter_is_named(visitor: FlaskClient, query: str) -> None:
    answer = visitor.get(f"/map?{query}")
    assert answer.status_code == 400
    assert f"<h1>{query.partition('=')[0]}: " in answer.get_data(as_text=True)


def test_captions_name_the_items_of_a_block_of_cells(visitor: FlaskClient, mapped: Flask) -> None:
    found = core_of(mapped).maps.current()
    said = visitor.get(f"/map/captions/{found.version}/0-0.json").get_json()
    assert sorted(map(int, said)) == [
        row * found.columns + column
        for row in range(min(8, found.pyramid.rows))
        for column in range(8)
        if row * found.columns + column < ITEMS
    ]
    for cell, words in said.items():
        item = visitor.get(f"/api/v1/items/{found.ids[int(cell)]}").get_json()
        price = "" if item["price"] is None else f"€\u00a0{item['price']:.0f}"
        assert words == [item["title"], item["brand"], price, ""]


@pytest.mark.thorough
def test_links_alone_lead_from_the_whole_map_to_every_item(
    visitor: FlaskClient, mapped: Flask
) -> None:
    seen: set[str] = {"/map"}
    waiting, items = ["/map"], set()
    while waiting:
        page = text(visitor, waiting.pop())
        items |= {int(link[7:]) for link in links(page, "/items/")}
        pages = {link for link in links(page, "/map") if not OTHERWISE.search(link)}
        waiting += sorted(pages - seen)
        seen |= pages
    assert items == set(core_of(mapped).maps.current().ids)
    assert len(seen) < 200


def test_an_item_is_shown_in_its_place(visitor: FlaskClient) -> None:
    page = text(visitor, "/map?item=17")
    assert re.findall(r'class="cell chosen" href="([^"]+)"', page) == ["/items/17"]


def test_the_list_goes_through_the_map_row_by_row(visitor: FlaskClient, mapped: Flask) -> None:
    listed = links(text(visitor, "/map?view=list"), "/items/")
    assert listed == [f"/items/{item}" for item in core_of(mapped).maps.current().ids]


def test_an_item_that_is_gone_leaves_its_cell_blank(changing: Flask) -> None:
    found, client = core_of(changing).maps.current(), changing.test_client()
    take_out(changing, found.ids[0])
    for path in (f"/map?z={found.pyramid.last}&x=0&y=0", "/map?view=list"):
        shown = links(text(client, path), "/items/")
        assert f"/items/{found.ids[0]}" not in shown
        assert f"/items/{found.ids[1]}" in shown
    captions = client.get(f"/map/captions/{found.version}/0-0.json").get_json()
    assert ("0" in captions, "1" in captions) == (False, True)


@pytest.mark.parametrize("path", ["/map", "/map?view=list", "/map?z=3"])
def test_without_a_map_the_page_says_how_to_get_one(filled: Flask, path: str) -> None:
    page = text(filled.test_client(), path)
    assert "hashbag index" in page
    assert "pip install 'hashbag[map]'" in page
    assert "/browse" in page


@pytest.mark.parametrize(
    "path", ["/map", "/map?z=3&x=1&y=1", "/map?colour_by=price", "/map?view=list"]
)
def test_the_pages_have_nothing_inline(visitor: FlaskClient, path: str) -> None:
    page = text(visitor, path)
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*src=)", page)


# --- kept up by commands ---


@pytest.fixture
def without_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have commands find no scikit-learn."""
    hidden = tmp_path / "hidden"
    (hidden / "sklearn").mkdir(parents=True)
    (hidden / "sklearn" / "__init__.py").write_text("raise ImportError('not installed')")
    paths = [str(hidden), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))


@pytest.mark.slow
def test_an_import_draws_the_map_and_a_removal_draws_it_anew(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    done = hashbag(["import", "--jobs", "1", catalogue(tmp_path / "photos", 20)], instance)
    assert "drew the map of 20 items" in done.stderr
    assert done.stdout == "added 20, updated 0, unchanged 0, rejected 0\n"
    told = json.loads(hashbag(["status", "--json"], instance).stdout)
    assert told["map"]["items"] == 20
    assert told["bytes"]["maps"] > told["map"]["bytes"] > 0

    removed = hashbag(["remove", "3"], instance)
    assert "drew the map of 19 items" in removed.stderr
    later = json.loads(hashbag(["status", "--json"], instance).stdout)
    assert later["map"]["version"] != told["map"]["version"]
    assert "map" not in hashbag(["index", "--jobs", "1"], instance).stderr, "nothing changed"
    assert hashbag(["verify", "--jobs", "1"], instance).returncode == 0


@pytest.mark.slow
def test_verify_finds_a_damaged_map_and_index_mends_it(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    hashbag(["import", "--jobs", "1", catalogue(tmp_path / "photos", 8)], instance)
    (tiles,) = instance.glob("maps/*/tiles.bin")
    tiles.write_bytes(tiles.read_bytes()[:-100])
    wrong = hashbag(["verify", "--jobs", "1"], instance)
    assert wrong.returncode == 1
    assert "map: it is damaged" in wrong.stdout
    assert hashbag(["index", "--jobs", "1"], instance).returncode == 0
    assert hashbag(["verify", "--jobs", "1"], instance).returncode == 0


@pytest.mark.slow
@pytest.mark.usefixtures("without_extra")
def test_without_the_extra_an_import_goes_on_and_says_how_to_get_it(tmp_path: Path) -> None:
    instance = tmp_path / "instance"
    photos = catalogue(tmp_path / "photos", 8)
    for done in (run_hashbag(["import", photos], instance), run_hashbag(["index"], instance)):
        assert done.returncode == 0, done.stderr
        (line,) = [line for line in done.stderr.splitlines() if "map" in line]
        assert "pip install 'hashbag[map]'" in line
    assert json.loads(hashbag(["status", "--json"], instance).stdout)["items"] == 8
    assert hashbag(["verify", "--jobs", "1"], instance).returncode == 0
