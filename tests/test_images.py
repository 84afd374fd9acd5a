"""Pictures of every sort come out upright, in sRGB, on white; the rest is refused by name."""

import random
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import ExifTags, Image, ImageCms, ImageOps

from tests.pictures import bag, encoded
from webapp.exceptions import DamagedImage, NotAnImage, TooManyPixels, UnreadableImage
from webapp.pictures.opening import open_picture

LOSSLESS: dict[str, dict[str, Any]] = {
    "PNG": {},
    "BMP": {},
    "TIFF": {"compression": "tiff_lzw"},
    "WEBP": {"lossless": True, "exact": True},
}
LOSSY = ("JPEG", "WEBP", "AVIF", "HEIF", "MPO")

TURNED_BY = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
"""How a camera that writes each orientation has turned the pixels."""


def pixels(data: bytes) -> NDArray[np.int64]:
    """Open and return the values, signed so that they can be compared."""
    picture = open_picture(data)
    assert picture.image.mode == "RGB"
    return np.asarray(picture.image).astype(int)


@pytest.mark.parametrize("format_", LOSSLESS)
def test_a_lossless_format_keeps_every_pixel(format_: str) -> None:
    image = bag(1)
    assert np.array_equal(pixels(encoded(image, format_, **LOSSLESS[format_])), np.asarray(image))


@pytest.mark.parametrize("format_", LOSSY)
def test_a_lossy_format_stays_near(format_: str) -> None:
    image = bag(2)
    assert np.abs(pixels(encoded(image, format_)) - np.asarray(image)).mean() < 8


@pytest.mark.parametrize("orientation", TURNED_BY)
@pytest.mark.parametrize("format_", ["JPEG", "PNG", "TIFF", "WEBP", "AVIF", "HEIF", "MPO"])
def test_an_orientation_is_applied_exactly_once(format_: str, orientation: int) -> None:
    upright = bag(3, (160, 96))
    method = TURNED_BY[orientation]
    stored = upright if method is None else upright.transpose(method)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = orientation
    options = {"quality": 95} if format_ not in {"PNG", "TIFF"} else {}
    seen = pixels(encoded(stored, format_, exif=exif.tobytes(), **options))
    assert seen.shape == (96, 160, 3)
    assert np.abs(seen - np.asarray(upright)).mean() < 8


@pytest.mark.parametrize("format_", ["GIF", "WEBP"])
def test_the_first_frame_of_an_animation_counts(format_: str) -> None:
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "blue", "green")]
    data = encoded(frames[0], format_, save_all=True, append_images=frames[1:], duration=50)
    red, _, blue = pixels(data)[15, 20]
    assert red > 240
    assert blue < 15


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_lies_on_white(mode: str) -> None:
    image = Image.new("RGBA", (32, 32), (0, 0, 0, 0))
    image.paste((0, 0, 0, 255), (8, 8, 24, 24))
    seen = pixels(encoded(image.convert(mode), "PNG"))
    assert seen[2, 2].tolist() == [255, 255, 255]
    assert seen[16, 16].tolist() == [0, 0, 0]


def test_half_transparent_black_on_white_is_grey() -> None:
    seen = pixels(encoded(Image.new("RGBA", (8, 8), (0, 0, 0, 128)), "PNG"))
    assert abs(int(seen[0, 0, 0]) - 127) <= 1


def test_deep_grey_keeps_its_tones() -> None:
    ramp = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    seen = pixels(encoded(Image.fromarray(ramp), "PNG"))
    assert np.array_equal(seen[..., 0].ravel(), np.arange(256))


@pytest.mark.parametrize("dtype", [np.int32, np.float32])
def test_wide_grey_spans_black_to_white(dtype: type) -> None:
    ramp: NDArray[Any] = (np.arange(256).reshape(16, 16) * 1000 - 5).astype(dtype)
    seen = pixels(encoded(Image.fromarray(ramp), "TIFF"))
    assert (seen.min(), seen.max()) == (0, 255)


@pytest.mark.parametrize("mode", ["L", "1", "P", "CMYK"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    image = bag(4).convert(mode)
    format_ = "JPEG" if mode == "CMYK" else "PNG"
    seen = pixels(encoded(image, format_))
    assert np.abs(seen - np.asarray(image.convert("RGB"))).mean() < 8


def test_an_embedded_profile_is_turned_into_srgb() -> None:
    """A picture stored in Lab comes out as the RGB it was made from."""
    image = bag(5)
    lab = ImageCms.profileToProfile(
        image, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
    )
    assert lab is not None
    seen = pixels(encoded(lab, "TIFF"))
    assert np.abs(seen - np.asarray(image)).mean() < 4


def test_a_profile_with_another_gamma_changes_the_tones() -> None:
    """Grey 128 under a linear profile is lighter in sRGB: 188."""
    image = Image.new("RGB", (16, 16), (128, 128, 128))
    seen = pixels(encoded(image, "PNG", icc_profile=_linear_profile()))
    assert abs(int(seen[0, 0, 0]) - 188) <= 2


def test_an_srgb_profile_changes_nothing() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = bag(6)
    assert np.array_equal(pixels(encoded(image, "PNG", icc_profile=profile)), np.asarray(image))


def test_a_broken_profile_is_ignored_as_browsers_do() -> None:
    image = bag(7)
    seen = pixels(encoded(image, "PNG", icc_profile=b"no profile at all"))
    assert np.array_equal(seen, np.asarray(image))


def _linear_profile() -> bytes:
    """Take sRGB's own profile and make its three tone curves straight lines."""
    raw = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    (count,) = struct.unpack_from(">I", raw, 128)
    for tag in range(count):
        name, offset, _ = struct.unpack_from(">4sII", raw, 132 + 12 * tag)
        if name in {b"rTRC", b"gTRC", b"bTRC"}:
            raw[offset : offset + 12] = b"curv" + bytes(8)  # a curve of no points is a line
        if name == b"desc":
            raw = bytearray(
                bytes(raw).replace("sRGB".encode("utf-16-be"), "line".encode("utf-16-be"))
            )
    return bytes(raw)


def test_a_name_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "holiday.txt"
    path.write_bytes(encoded(bag(8), "PNG"))
    assert open_picture(path.read_bytes()).media_type == "image/png"


@pytest.mark.parametrize(
    ("data", "word"),
    [(b"", "empty"), (b"just some words\n" * 50, "not a picture"), (b"<svg/>", "not a picture")],
)
def test_what_is_no_picture_is_called_so(data: bytes, word: str) -> None:
    with pytest.raises(NotAnImage, match=word):
        open_picture(data)


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF", "GIF", "BMP", "TIFF"])
def test_a_picture_cut_in_half_is_called_damaged(format_: str) -> None:
    data = encoded(bag(9, (300, 300)), format_)
    with pytest.raises(DamagedImage, match=r"damaged|cut short"):
        open_picture(data[: len(data) // 2])


def test_a_bomb_is_refused_by_its_header_alone() -> None:
    """A PNG header that declares 100,000 by 100,000 pixels, with no pixels behind it."""
    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    data = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk
    data += struct.pack(">I", zlib.crc32(chunk)) + struct.pack(">I", 0) + b"IDAT"
    with pytest.raises(TooManyPixels, match="100000 x 100000"):
        open_picture(data)


def test_the_limit_of_pixels_is_the_one_given() -> None:
    data = encoded(bag(10, (50, 40)), "PNG")
    assert open_picture(data, max_pixels=2000).width == 50
    with pytest.raises(TooManyPixels, match="limit"):
        open_picture(data, max_pixels=1999)


@pytest.mark.filterwarnings("ignore")  # Pillow warns of some damage before it raises
@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF", "GIF", "BMP", "TIFF"])
def test_damage_anywhere_is_refused_or_read_never_anything_else(format_: str) -> None:
    chance = random.Random(format_)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    options = {} if format_ in {"GIF", "BMP"} else {"exif": exif.tobytes()}
    whole = encoded(bag(11, (64, 48)), format_, **options)
    for _ in range(120):
        data = bytearray(whole)
        for _ in range(chance.randint(1, 12)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        try:
            picture = open_picture(bytes(data), max_pixels=1_000_000)
        except UnreadableImage:
            continue
        assert picture.image.mode == "RGB"


@pytest.mark.thorough
@pytest.mark.photos
def test_real_photos_are_what_pillow_says(photos: Path) -> None:
    for path in sorted((photos / "images").glob("*.jpg"))[::100]:
        with Image.open(path) as image:
            plain = ImageOps.exif_transpose(image).convert("RGB")
        assert np.array_equal(pixels(path.read_bytes()), np.asarray(plain)), path.name


def test_a_crop_keeps_one_pixel_at_least() -> None:
    picture = open_picture(encoded(bag(12, (10, 10)), "PNG"))
    assert picture.cropped(0.99, 0.99, 0.001, 0.001).image.size == (1, 1)
    assert picture.cropped(0.5, 0.2, 0.5, 0.3).image.size == (5, 3)
