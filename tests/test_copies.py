"""A copy of a catalogue photo, however it was saved, finds the photo it was made from."""

from pathlib import Path

import pytest
from flask import Flask
from PIL import ExifTags, Image

from tests.conftest import core_of
from tests.pictures import encoded, multipart
from tests.test_images import TURNED_BY
from webapp.hashing import KINDS
from webapp.models import Item

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
    """Upload over HTTP and return the hits as (distance, id)."""
    address = f"/api/v1/search?by={by}&harder=0"
    answer = app.test_client().post(address, **multipart(data))
    assert answer.status_code == 200, answer.get_data(as_text=True)
    return [(hit["distance"], hit["item"]["id"]) for hit in answer.get_json()["hits"]]


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
@pytest.mark.parametrize("by", ["phash", "dhash", "look"])
def test_a_lossy_copy_finds_its_photo_first(
    photos: Path, large_photos: Flask, format_: str, by: str
) -> None:
    for item in some_items(large_photos, 40):
        data = encoded(photo(photos, item), format_, quality=80)
        best, second = hits(large_photos, data, by)[:2]
        twins = best[0] == second[0] and item.id in {best[1], second[1]}
        assert best[1] == item.id or twins, (item.filename, best, second)
