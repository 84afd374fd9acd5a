"""An item with several photos stands once everywhere, and is found by the nearest of them."""

import html
import json
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from click.testing import CliRunner
from click.testing import Result as Done
from flask import Flask
from flask.cli import ScriptInfo
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests import oracle
from tests.conftest import core_of, take_in
from tests.importing import run_import
from tests.pictures import COLOURS, bag
from webapp import create_app, maintenance
from webapp.cli.items import add
from webapp.hashing.kinds import KINDS
from webapp.index.random_pairs import random_pairs
from webapp.maintenance import checks
from webapp.models import Filters
from webapp.search.look import BALANCED, LOOK, LOOK_SCALE
from webapp.search.query import Query, blended
from webapp.search.result import Result

ITEMS, PHOTOS = 32, 3
Codes = Mapping[tuple[int, int], Mapping[str, bytes]]
"""The stored codes of every photo, by item and number, and kind."""


def write_list(folder: Path) -> Path:
    """Write a list of 32 bags with three photos each; every bag's back is the next one's front.

    Of the bags, 7 and 8 have the identical photos, in another order.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(ITEMS * 2 + 3):
        bag(number).save(folder / f"{number:03d}.png")
    lines = ["sku,title,brand,price,currency,colour,category,image_1,image_2,image_3"]
    for number in range(ITEMS):
        photos = [number, (number + 1) % ITEMS, number + ITEMS]
        if number == 7:
            photos = [64, 65, 66]
        if number == 8:
            photos = [66, 64, 65]
        names = ",".join(f"{photo:03d}.png" for photo in photos)
        lines.append(
            f"S{number},Bag {number},{('Ora', 'Vell', 'Tund')[number % 3]},"
            f"{number * 10 if number % 5 else ''},EUR,{COLOURS[number % 4]},"
            f"{('Tote', 'Clutch')[number % 2]},{names}"
        )
    path = folder / "bags.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """32 bags with three photos each; tests must not change it."""
    instance = tmp_path_factory.mktemp("several")
    app = create_app({"instance": instance})
    take_in(app, write_list(instance / "photos"))
    return app


@pytest.fixture
def copied(several: Flask, tmp_path: Path) -> Flask:
    """The same, to change."""
    core_of(several).catalog.engine.dispose()
    folder = shutil.copytree(core_of(several).settings.instance, tmp_path / "instance")
    return create_app({"instance": folder})


@pytest.fixture(scope="module")
def codes(several: Flask) -> Codes:
    catalog = core_of(several).catalog
    return catalog.photo_fingerprints([item.id for item in catalog.all_items()])


def apart(kind: str, left: bytes, right: bytes) -> int:
    width = KINDS[kind].bytes
    lefts, rights = (
        [code[start : start + width] for start in range(0, len(code), width)]
        for code in (left, right)
    )
    return min(oracle.distance(a, b) for a in lefts for b in rights)


class PlainScan:
    """Compares photos one by one, and takes of each item the nearest."""

    def __init__(self, app: Flask, codes: Codes) -> None:
        self._codes = codes
        self.ids = sorted({item_id for item_id, _ in codes})
        self._parts = blended(core_of(app).snapshot)
        self._shares = BALANCED.shares_of(self._parts)

    def photo(self, by: str, asking: Mapping[str, bytes], photo: tuple[int, int]) -> int:
        if by != LOOK.name:
            return apart(by, asking[by], self._codes[photo][by])
        roots = (
            share * (apart(part, asking[part], self._codes[photo][part]) / self._scale(part)) ** 0.5
            for part, share in zip(self._parts, self._shares, strict=True)
        )
        blended: int = round(LOOK_SCALE * sum(roots))
        return blended

    def item(self, by: str, asking: Mapping[str, bytes], item_id: int) -> tuple[int, int]:
        """Return the distance of an item, and the number of its nearest photo."""
        numbers = [number for one, number in self._codes if one == item_id]
        return min((self.photo(by, asking, (item_id, number)), number) for number in numbers)

    def nearest(
        self, by: str, asking: Mapping[str, bytes], k: int, among: Sequence[int]
    ) -> list[tuple[int, int, int]]:
        """Return the k nearest as (distance, id, photo)."""
        ranked = sorted((self.item(by, asking, one)[0], one) for one in among)[:k]
        return [(distance, one, self.item(by, asking, one)[1]) for distance, one in ranked]

    def _scale(self, kind: str) -> float:
        """Return the median distance from the first photo of an item to the nearest of another."""
        known: dict[tuple[int, int], int] = {}
        for left in self.ids:
            for right in self.ids:
                known[left, right] = self.item(kind, self._codes[left, 1], right)[0]
        first, second = random_pairs(len(self.ids))
        pairs = zip(first.tolist(), second.tolist(), strict=True)
        return float(np.median([known[self.ids[a], self.ids[b]] for a, b in pairs]))


class KnownScales(PlainScan):
    def __init__(self, app: Flask, codes: Codes) -> None:
        super().__init__(app, codes)
        self._scales = {part: super(KnownScales, self)._scale(part) for part in self._parts}

    def _scale(self, kind: str) -> float:
        return self._scales[kind]


@pytest.fixture(scope="module")
def scan(several: Flask, codes: Codes) -> PlainScan:
    return KnownScales(several, codes)


def told(result: Result) -> list[tuple[int, int, int]]:
    return [(hit.distance, hit.item.id, hit.photo) for hit in result.hits]


BYS = (LOOK.name, *KINDS)


@pytest.mark.thorough
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    by=st.sampled_from(BYS),
    item_id=st.integers(1, ITEMS),
    photo=st.integers(1, PHOTOS),
    k=st.integers(1, ITEMS),
    colours=st.lists(st.sampled_from(COLOURS), unique=True, max_size=2),
    low=st.none() | st.integers(0, 300),
    unlike=st.none() | st.integers(1, ITEMS),
)
def test_hits_equal_a_plain_scan_over_all_photos(
    several: Flask,
    codes: Codes,
    scan: PlainScan,
    by: str,
    item_id: int,
    photo: int,
    k: int,
    colours: list[str],
    low: int | None,
    unlike: int | None,
) -> None:
    core = core_of(several)
    used = tuple(one for one in colours if core.facets.has("colour", one))
    filters = Filters(colour=used, min_price=low)
    ranking = LOOK if by == LOOK.name else KINDS[by]
    query = Query(ranking, k, filters, unlike=(unlike,) if unlike else ())
    result = core.searcher.similar_to_item(item_id, query, photo)
    asking = codes[item_id, photo]
    passing = [
        item.id
        for item in core.catalog.all_items()
        if item.id != item_id
        and (not used or item.colour in used)
        and (low is None or (item.price is not None and item.price >= low))
        and item.id != unlike
        and (
            unlike is None
            or scan.item(by, asking, item.id)[0] <= scan.item(by, codes[unlike, 1], item.id)[0]
        )
    ]
    assert told(result) == scan.nearest(by, asking, k, passing)
    assert result.exact


@settings(deadline=None, max_examples=20)
@given(by=st.sampled_from(BYS), ids=st.lists(st.integers(1, ITEMS), min_size=2, max_size=3))
def test_like_all_of_these_adds_up_the_nearest_photos(
    several: Flask, codes: Codes, scan: PlainScan, by: str, ids: list[int]
) -> None:
    searcher = core_of(several).searcher
    ids = list(dict.fromkeys(ids))
    ranking = LOOK if by == LOOK.name else KINDS[by]
    result = searcher.answer(searcher.of_items(ids, Query(ranking, ITEMS)))
    wanted = sorted(
        (sum(scan.item(by, codes[asking, 1], one)[0] for asking in ids), one)
        for one in scan.ids
        if one not in ids
    )
    assert [(hit.distance, hit.item.id) for hit in result.hits] == wanted


@pytest.mark.thorough
@settings(deadline=None, max_examples=30)
@given(kind=st.sampled_from(sorted(KINDS)), limit=st.integers(0, 4))
def test_groups_of_duplicates_equal_those_of_all_pairs_of_photos(
    several: Flask, codes: Codes, kind: str, limit: int
) -> None:
    width = KINDS[kind].bytes
    of_items = [
        [
            code[start : start + width]
            for number in range(1, PHOTOS + 1)
            for code in [codes[item_id, number][kind]]
            for start in range(0, len(code), width)
        ]
        for item_id in range(1, ITEMS + 1)
    ]
    found = core_of(several).duplicates.grouping(KINDS[kind], limit)
    groups = [
        ([one - 1 for one in found.members(number).tolist()], int(found.distances[number]))
        for number in range(len(found))
    ]
    assert groups == oracle.groups(of_items, limit)


@pytest.mark.thorough
@pytest.mark.parametrize("kind", ["shape", "whash", "learned"])
@pytest.mark.parametrize("limit", [0, 4])
def test_of_each_duplicate_the_photo_is_named_that_is_nearest_to_another_items(
    several: Flask, codes: Codes, kind: str, limit: int
) -> None:
    found = core_of(several).duplicates.grouping(KINDS[kind], limit)
    assert len(found)
    for item_id, number in zip(found.ids.tolist(), found.photos.tolist(), strict=True):
        nearest = [
            min(
                apart(kind, codes[item_id, own][kind], codes[other, its][kind])
                for other, its in codes
                if other != item_id
            )
            for own in range(1, PHOTOS + 1)
        ]
        assert number == 1 + nearest.index(min(nearest))


def test_duplicates_show_the_photos_that_are_alike_and_advise_to_lose_no_other(
    empty: Flask, tmp_path: Path
) -> None:
    """Two different bags, of which the second photo is the same, as that of a dust bag may be."""
    for number in range(3):
        bag(number, (160 + number, 120)).save(tmp_path / f"{number}.png")
    path = tmp_path / "bags.csv"
    path.write_text("image_1,image_2\n0.png,2.png\n1.png,2.png\n", "utf-8")
    take_in(empty, path)
    client = empty.test_client()
    (group,) = client.get("/api/v1/duplicates").get_json()["groups"]
    assert ([item["id"] for item in group["items"]], group["photos"]) == ([1, 2], [2, 2])
    page = client.get("/duplicates").text
    assert page.count('href="/items/1?by=shape&amp;photo=2"') == 1
    assert page.count("its photo 2 of 2") == 2
    assert page.count("162 × 120") == 2
    assert "hashbag remove" not in page
    assert "further photos, which would go with them" in page
    rows = client.get("/duplicates?format=json").get_json()
    assert [(row["photo"], row["filename"]) for row in rows] == [(2, "2.png")] * 2
    assert client.get("/duplicates?format=json&others=1").get_json() == []


def test_items_with_the_same_photos_in_any_order_fold(several: Flask) -> None:
    """Bags 7 and 8 are the ids 8 and 9; others share a photo only, and stay by themselves."""
    searcher = core_of(several).searcher
    folded = searcher.similar_to_item(1, Query(KINDS["whash"], ITEMS, fold=True))
    assert [(hit.item.id, hit.copies) for hit in folded.hits if hit.copies > 1] == [(8, 2)]
    assert len(folded.hits) == ITEMS - 2


@pytest.fixture
def several_client(several: Flask) -> FlaskClient:
    return several.test_client()


def items_listed(client: FlaskClient) -> list[dict[str, object]]:
    return sorted(client.get("/api/v1/items?page=1").get_json()["items"], key=lambda one: one["id"])


def test_every_item_stands_once_and_tells_all_its_photos(several_client: FlaskClient) -> None:
    listed = items_listed(several_client)
    assert [item["id"] for item in listed] == list(range(1, ITEMS + 1))
    for item in listed:
        images = item["images"]
        assert isinstance(images, list)
        assert len(set(images)) == PHOTOS
        assert images[0] == item["image"]
        for address in images:
            with several_client.get(address) as answer:
                assert answer.status_code == 200
                assert answer.cache_control.immutable
    assert several_client.get("/images/1?photo=4").status_code == 404
    assert several_client.get("/thumbs/1?photo=4").status_code == 404
    assert several_client.get("/images/1?photo=0").status_code == 400


def test_hits_name_the_photo_that_matched(several_client: FlaskClient) -> None:
    """Each bag's second photo is the next one's first."""
    hits = several_client.get("/api/v1/items/3/similar?by=shape").get_json()["hits"]
    first = next(hit for hit in hits if hit["item"]["id"] == 2)
    assert (first["distance"], first["photo"]) == (0, 2)
    asked = several_client.get("/api/v1/items/3/similar?by=shape&photo=2").get_json()["hits"]
    assert (asked[0]["distance"], asked[0]["item"]["id"], asked[0]["photo"]) == (0, 4, 1)
    assert several_client.get("/api/v1/items/3/similar?photo=4").status_code == 404


def test_the_page_of_an_item_shows_all_photos_and_asks_with_the_chosen(
    several_client: FlaskClient,
) -> None:
    page = several_client.get("/items/3").text
    assert page.count("/items/3?photo=2") >= 1
    assert 'aria-current="true"><span class="hidden">Photo 1 of 3' in page
    chosen = several_client.get("/items/3?photo=2&by=shape").text
    assert 'aria-current="true"><span class="hidden">Photo 2 of 3' in chosen
    assert "/images/3?photo=2" in chosen
    assert "/why?" in chosen
    assert several_client.get("/items/3?photo=4").status_code == 404


def test_another_photo_is_asked_as_the_one_before(several_client: FlaskClient) -> None:
    asked = "/items/3?tint=red&not=5&not=9&by=colour&k=4&photo=2&brand=Ora"
    page = several_client.get(asked).text
    nav = page.partition('aria-label="Photos of this bag"')[2].partition("</nav>")[0]
    addresses = [html.unescape(one) for one in re.findall(r'href="([^"]+)"', nav)]
    first, second, third = (parse_qs(urlsplit(one).query) for one in addresses)
    assert second == parse_qs(urlsplit(asked).query)
    assert third == second | {"photo": ["3"]}
    assert first | {"photo": ["2"]} == second


def test_why_names_and_shows_the_photo_that_matched(several_client: FlaskClient) -> None:
    page = several_client.get("/why?item=3&to=2&by=shape").text
    assert "by its photo 2 of 3" in page
    assert "/thumbs/2?photo=2" in page
    other = several_client.get("/why?item=3&to=4&by=shape&photo=2").text
    assert "photo 2 of 3" in other
    assert "by its photo 1 of 3" in other
    assert "/thumbs/3?photo=2" in other


@pytest.mark.parametrize(
    "address",
    [
        "/", "/browse", "/items/3", "/items/3?photo=3&by=look", "/compare?item=3",
        "/compare?item=3&photo=2", "/duplicates", "/list?ids=1,2", "/why?item=3&to=2",
        "/why?item=3&to=2&by=learned", "/api/v1/duplicates", "/api/v1/items?seed=1", "/map",
    ],
)  # fmt: skip
def test_every_page_answers(several_client: FlaskClient, address: str) -> None:
    assert several_client.get(address, follow_redirects=True).status_code in {200, 400, 503}
    if "learned" not in address and address != "/map":
        assert several_client.get(address, follow_redirects=True).status_code == 200


@pytest.mark.thorough
def test_verify_names_the_further_photo_that_changed(copied: Flask) -> None:
    core = core_of(copied)
    assert not [one for one in checks.check_items(core.catalog, core.thumbs, 1) if one]
    bag(70).save(core.settings.instance / "photos" / "034.png")
    wrong = [str(one) for one in checks.check_items(core.catalog, core.thumbs, 1) if one]
    assert wrong == ["item 3, 034.png: its photo changed since it was imported: import it again"]


def test_a_removed_item_leaves_no_photo_and_no_thumbnail_behind(copied: Flask) -> None:
    core = core_of(copied)
    digest = core.catalog.item(3).photos[2].digest
    assert [*(core.settings.instance / "thumbs").glob(f"*/{digest}-*")]
    maintenance.remove(core.catalog, core.thumbs, [3])
    assert not [*(core.settings.instance / "thumbs").glob(f"*/{digest}-*")]
    assert not core.catalog.photo_fingerprints([3])
    shared = core.catalog.item(2).photos[1].digest  # the removed one's first is 2's second
    assert [*(core.settings.instance / "thumbs").glob(f"*/{shared}-*")]


def names(app: Flask) -> dict[int, list[str]]:
    return {
        item.id: [photo.filename for photo in item.photos]
        for item in core_of(app).catalog.all_items()
    }


def import_again(app: Flask, path: Path, rows: Sequence[Mapping[str, object]]) -> str:
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    done = run_import(app, path, "--no-map")
    core = core_of(app)
    assert [one for one in checks.check_items(core.catalog, core.thumbs, 1) if one] == []
    assert [*checks.check_index(core.catalog, core.generations)] == []
    known = set(chain(*(digests(item) for item in core.catalog.all_items())))
    thumbs = core.settings.instance / "thumbs"
    kept = {one.name.partition("-")[0] for one in thumbs.glob("*/*.webp")}
    assert kept == known
    return done.stdout.strip()


def digests(item: object) -> Iterator[str]:
    return (photo.digest for photo in item.photos)  # type: ignore[attr-defined]


@pytest.mark.thorough
def test_photos_are_followed_as_a_list_changes(empty: Flask, tmp_path: Path) -> None:
    for number in range(6):
        bag(number).save(tmp_path / f"{number}.png")
    path = tmp_path / "bags.jsonl"
    second = {"image": "5.png"}

    def again(*photos: str) -> str:
        return import_again(empty, path, [{"image": list(photos)}, second])

    unchanged = "added 0, updated 0, unchanged 2, rejected 0"
    updated = "added 0, updated 1, unchanged 1, rejected 0"
    assert again("0.png", "1.png", "2.png") == "added 2, updated 0, unchanged 0, rejected 0"
    assert again("0.png", "1.png", "2.png") == unchanged
    bag(9).save(tmp_path / "1.png")
    assert again("0.png", "1.png", "2.png") == updated
    assert again("0.png", "2.png") == updated
    assert again("0.png", "2.png") == unchanged
    assert names(empty) == {1: ["0.png", "2.png"], 2: ["5.png"]}
    (tmp_path / "2.png").rename(tmp_path / "moved.png")
    assert again("0.png", "moved.png") == updated
    # Another of its photos comes first: it stays the item that it was.
    assert again("moved.png", "0.png", "3.png").startswith("added 0, updated 0, unchanged 1")
    assert names(empty) == {1: ["moved.png", "0.png", "3.png"], 2: ["5.png"]}
    # Its first photo is gone for good.
    (tmp_path / "moved.png").unlink()
    assert again("0.png", "3.png").startswith("added 0, updated 0, unchanged 1")
    assert names(empty) == {1: ["0.png", "3.png"], 2: ["5.png"]}


def test_a_list_that_says_nothing_of_further_photos_leaves_them(
    empty: Flask, tmp_path: Path
) -> None:
    for number in range(3):
        bag(number).save(tmp_path / f"{number}.png")
    (tmp_path / "bags.csv").write_text("image,image_2,price\n0.png,1.png,10\n2.png,,20\n")
    assert run_import(empty, tmp_path / "bags.csv", "--no-map").exit_code == 0
    (tmp_path / "prices.csv").write_text("image,price\n0.png,12\n2.png,20\n")
    for _ in range(2):
        assert run_import(empty, tmp_path / "prices.csv", "--no-map").exit_code == 0
    assert names(empty) == {1: ["0.png", "1.png"], 2: ["2.png"]}
    assert core_of(empty).catalog.item(1).price == 12


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "title,image_1,image_2,image_3\nIda,0.png,1.png,2.png\nLea,3.png,,\n"),
        ("b.csv", 'title,image link,additional_image_link\nIda,0.png,"1.png,2.png"\nLea,3.png,\n'),
        ("c.csv", "title,images\nIda,0.png|1.png|2.png\nLea,3.png\n"),
        ("d.csv", "sku,title,image\nI,Ida,0.png\nI,Ida,1.png\nI,,2.png\nL,Lea,3.png\n"),
        ("e.jsonl", '{"title":"Ida","image":"0.png","images":["0.png","1.png","2.png"]}\n'
                    '{"title":"Lea","image":"3.png"}\n'),
        ("f.csv", "title,photo,photo 1,photo 2\nIda,0.png,1.png,2.png\nLea,3.png,,\n"),
        ("g.tsv", "title\timage link\tadditional image link\tadditional image link\n"
                  "Ida\t0.png\t1.png\t2.png\nLea\t3.png\t\t\n"),
        ("h.csv", "title;bild;weitere Bilder\nIda;0.png;1.png,2.png\nLea;3.png;\n"),
    ],
)  # fmt: skip
def test_lists_name_several_photos_as_shops_do(
    empty: Flask, tmp_path: Path, name: str, text: str
) -> None:
    for number in range(4):
        bag(number).save(tmp_path / f"{number}.png")
    (tmp_path / name).write_text(text)
    done = run_import(empty, tmp_path / name, "--no-map")
    assert done.stdout.strip() == "added 2, updated 0, unchanged 0, rejected 0"
    assert names(empty) == {1: ["0.png", "1.png", "2.png"], 2: ["3.png"]}
    assert [item.title for item in core_of(empty).catalog.all_items()] == ["Ida", "Lea"]


def test_a_further_photo_that_is_damaged_is_named_and_the_item_taken(
    empty: Flask, tmp_path: Path
) -> None:
    bag(0).save(tmp_path / "0.png")
    (tmp_path / "1.png").write_bytes(b"no picture")
    (tmp_path / "bags.csv").write_text("image,image_2\n0.png,1.png\n")
    done = run_import(empty, tmp_path / "bags.csv", "--no-map")
    assert (done.stdout.strip(), done.exit_code) == (
        "added 1, updated 0, unchanged 0, rejected 1",
        1,
    )
    assert "1.png, line 2" in done.stderr
    assert names(empty) == {1: ["0.png"]}


def test_photos_are_added_by_hand(empty: Flask, tmp_path: Path) -> None:
    for number in range(2):
        bag(number).save(tmp_path / f"{number}.png")
    info = ScriptInfo(create_app=lambda: empty)

    def added(further: str) -> Done:
        given = [str(tmp_path / "0.png"), "--photo", str(tmp_path / further), "--no-map"]
        return CliRunner().invoke(add, given, obj=info)

    assert added("1.png").stdout == "added item 1\n"
    assert added("1.png").stdout == "unchanged item 1\n"
    assert names(empty) == {1: ["0.png", "1.png"]}
    missing = added("9.png")
    assert missing.exit_code == 1
    assert "9.png" in missing.stderr


def test_a_generation_of_single_photos_has_no_file_of_photos(filled: Flask) -> None:
    """It is as earlier versions made it, which can go on serving it."""
    folder = core_of(filled).generations.newest()
    assert not [*folder.glob("*.photos.npy")]
    assert json.loads((folder / "manifest.json").read_text())["format"] == 2
