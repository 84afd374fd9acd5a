"""What is promised, seen on real photos: in one file, for they are taken in once for all of it."""

from collections import defaultdict
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import imagehash
import numpy as np
import pytest
from flask import Flask
from PIL import ExifTags, Image

from tests import oracle
from tests.conftest import core_of, draw_map
from tests.pictures import encoded, multipart
from tests.test_duplicates import ids_of
from tests.test_images import TURNED_BY
from tests.test_mapping import adjacent
from tests.test_search import pairs, plain_scan, stored
from webapp.explore.map.store import Maps
from webapp.hashing.kinds import KINDS
from webapp.models import Filters, Item
from webapp.search.query import RANKINGS, Query

pytestmark = [pytest.mark.photos, pytest.mark.slow]

LOSSLESS: dict[str, dict[str, object]] = {
    "PNG": {},
    "TIFF": {},
    "WEBP": {"lossless": True, "exact": True},
}


def some_items(app: Flask, every: int) -> list[Item]:
    return list(core_of(app).catalog.all_items())[::every]


def photo(photos: Path, item: Item) -> Image.Image:
    with Image.open(photos / item.filename) as image:
        return image.convert("RGB")


def hits(app: Flask, data: bytes, by: str) -> list[tuple[int, int]]:
    """Ask over HTTP and return the hits as (distance, id)."""
    address = f"/api/v1/search?by={by}&harder=0&q={fingerprint_of(app, data)}"
    answer = app.test_client().get(address)
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return [(hit["distance"], hit["item"]["id"]) for hit in answer.get_json()["hits"]]


@lru_cache(maxsize=1)
def fingerprint_of(app: Flask, data: bytes) -> str:
    """Upload once, whichever kinds are then asked for."""
    answer = app.test_client().post("/api/v1/search?harder=0", **multipart(data))
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return str(answer.get_json()["fingerprint"])


@pytest.mark.parametrize("format_", LOSSLESS)
def test_a_lossless_copy_is_at_distance_zero_in_every_kind(
    photos: Path, large_photos: Flask, format_: str
) -> None:
    for item in some_items(large_photos, 150):
        data = encoded(photo(photos, item), format_, **LOSSLESS[format_])
        for kind in KINDS:
            found = hits(large_photos, data, kind)
            # Other bags may be at 0 too, in the coarser kinds: then the lower ids stand first.
            assert found[0][0] == 0, (kind, item.filename)
            assert (0, item.id) in found or all(distance == 0 for distance, _ in found)


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_a_copy_turned_with_its_orientation_set_is_at_distance_zero(
    photos: Path, large_photos: Flask, orientation: int
) -> None:
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    method = TURNED_BY[orientation]
    assert method is not None
    for item in some_items(large_photos, 250):
        turned = photo(photos, item).transpose(method)
        data = encoded(turned, "PNG", exif=exif.tobytes())
        for kind in KINDS:
            assert hits(large_photos, data, kind)[0][0] == 0, (kind, item.filename)


@pytest.mark.parametrize("format_", ["JPEG", "WEBP", "AVIF", "HEIF"])
def test_a_lossy_copy_finds_its_photo_first(
    photos: Path, large_photos: Flask, format_: str
) -> None:
    for item in some_items(large_photos, 40):
        data = encoded(photo(photos, item), format_, quality=80)
        for kind in ("phash", "dhash", "look"):
            best, second = hits(large_photos, data, kind)[:2]
            twins = best[0] == second[0] and item.id in {best[1], second[1]}
            assert best[1] == item.id or twins, (item.filename, kind, best, second)


@pytest.mark.parametrize("kind", ["whash", "colorhash"])
def test_all_742_photos_have_the_neighbours_of_the_plain_recipe(
    photos: Path, large_photos: Flask, kind: str
) -> None:
    """The recipe: imagehash on each file, compare with every other, sort."""
    recipes: dict[str, Callable[[Image.Image], imagehash.ImageHash]] = {
        "whash": imagehash.whash,
        "colorhash": imagehash.colorhash,
    }
    hashes: dict[int, bytes] = {}
    for item in core_of(large_photos).catalog.all_items():
        with Image.open(photos / item.filename) as image:
            bits = recipes[kind](image).hash.ravel().astype(int).tolist()
        hashes[item.id] = int("".join(map(str, bits)), 2).to_bytes(8, "big")
    assert len(hashes) == 742
    client = large_photos.test_client()
    for item_id, code in hashes.items():
        answer = client.get(f"/api/v1/items/{item_id}/similar?by={kind}").get_json()
        expected = oracle.nearest(hashes, code, 9, [one for one in hashes if one != item_id])
        assert [(hit["distance"], hit["item"]["id"]) for hit in answer["hits"]] == expected
        assert answer["exact"] is True


@pytest.mark.parametrize(
    ("bags", "by"),
    [
        *(("all_bags", by) for by in ("look", "whash", "shape")),
        ("large_photos", "look"),  # of all its parts
    ],
)
def test_a_filter_that_leaves_a_dozen_bags_gives_the_nine_nearest_of_those(
    bags: str, by: str, request: pytest.FixtureRequest
) -> None:
    app: Flask = request.getfixturevalue(bags)
    colour, few, every_one = {
        "all_bags": ("Peach", 12, 3055),
        "large_photos": ("Maroon", 13, 742),
    }[bags]
    core, dozen = core_of(app), Filters(category=("Handbags",), colour=(colour,))
    passing = [
        item.id
        for item in core.catalog.all_items()
        if (item.category, item.colour) == ("Handbags", colour)
    ]
    assert (len(passing), core.facets.count()) == (few, every_one)
    ranking = RANKINGS[by]
    for item_id in (1, 500, passing[3]):
        every = core.searcher.similar_to_item(item_id, Query(ranking, every_one)).hits
        expected = [(hit.distance, hit.item.id) for hit in every if hit.item.id in passing]
        found = core.searcher.similar_to_item(item_id, Query(ranking, 9, dozen))
        assert pairs(found) == expected[:9]
        assert len(found.hits) == 9
        assert found.exact
        if by != "look":
            others = [one for one in passing if one != item_id]
            assert pairs(found) == plain_scan(by, stored(app, by), item_id, 9, others)


def test_products_that_share_a_picture_are_all_that_is_identical_to_shape(all_bags: Flask) -> None:
    """By the checksums of the files there are two such pairs."""
    same: dict[str, list[int]] = defaultdict(list)
    for item in core_of(all_bags).catalog.all_items():
        same[item.digest].append(item.id)
    shared = [ids for ids in same.values() if len(ids) > 1]
    found = all_bags.test_client().get("/api/v1/duplicates?distance=0").get_json()
    assert [ids_of(group) for group in found["groups"]] == sorted(shared)
    files = [[it["filename"] for it in group["items"]] for group in found["groups"]]
    assert files == [
        ["images/10200.jpg", "images/10244.jpg"],
        ["images/24739.jpg", "images/24740.jpg"],
    ]
    near = all_bags.test_client().get("/api/v1/duplicates?per_page=200").get_json()
    joined = [ids_of(group) for group in near["groups"]]
    assert all(any(set(pair) <= set(group) for group in joined) for pair in shared)


def test_real_bags_have_colour_and_category_in_common_with_their_neighbours(
    large_photos: Flask, tmp_path: Path
) -> None:
    maps = Maps(tmp_path / "maps")
    draw_map(large_photos, maps)
    found = maps.current()
    items = core_of(large_photos).catalog.items(found.ids)
    for name, times in (("colour", 2), ("category", 1.3)):
        values = np.array([getattr(item, name) for item in items])
        beside = values[adjacent(len(items), found.columns)]
        chance = ((np.unique(values, return_counts=True)[1] / len(values)) ** 2).sum()
        assert (beside[:, 0] == beside[:, 1]).mean() > times * chance
