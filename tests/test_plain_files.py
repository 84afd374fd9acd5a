"""Photos are sent without place, time and camera, and look as they did."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageCms, ImageOps
from PIL.PngImagePlugin import PngInfo

from tests.applications import take_in
from tests.pictures import bag, encoded
from webapp import create_app
from webapp.exceptions import ConfigError
from webapp.pictures.plain_file import without_notes

SECRET = "Secret-Cam 9000"
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'>{SECRET}</x:xmpmeta>".encode()
MEDIA_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}


def exif(orientation: int) -> bytes:
    """Write what a phone writes: how it was held, which it is, and where."""
    note = Image.Exif()
    note[0x0112], note[0x0110] = orientation, SECRET
    note.get_ifd(0x8825)[2] = (48.0, 12.0, 30.0)
    note.get_ifd(0x8769)[0x9286] = f"ASCII\0\0\0{SECRET}".encode()
    return note.tobytes()


def photo(format_: str, orientation: int = 1, **more: Any) -> bytes:
    """Encode a bag with everything that such a file can say."""
    if format_ == "PNG":
        text = PngInfo()
        text.add_text("Author", SECRET)
        text.add_itxt("XML:com.adobe.xmp", XMP.decode(), zip=True)
        more |= {"pnginfo": text}
    else:
        more |= {"xmp": XMP}
    if format_ == "JPEG":
        more |= {"comment": SECRET.encode()}
    return encoded(bag(5), format_, exif=exif(orientation), icc_profile=PROFILE, **more)


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format_", ["JPEG", "PNG"])
def test_pixels_orientation_and_colours_stay_and_all_else_goes(
    format_: str, orientation: int
) -> None:
    data = photo(format_, orientation)
    plain = without_notes(data, MEDIA_TYPES[format_])
    assert plain is not None
    before, after = opened(data), opened(plain)
    assert after.tobytes() == before.tobytes()
    assert ImageOps.exif_transpose(after).tobytes() == ImageOps.exif_transpose(before).tobytes()
    assert after.info["icc_profile"] == PROFILE
    assert dict(after.getexif()) == ({} if orientation == 1 else {0x0112: orientation})
    assert_says_nothing(plain)


def assert_says_nothing(data: bytes) -> None:
    assert SECRET.encode() not in data
    assert b"xmp" not in data.lower()
    texts = getattr(opened(data), "text", {})
    assert texts == {}
    assert not opened(data).getexif().get_ifd(0x8825)


@pytest.mark.parametrize("more", [{"lossless": True}, {"quality": 80}])
def test_a_webp_file_says_nothing_but_its_picture(more: dict[str, Any]) -> None:
    data = photo("WEBP", **more)
    plain = without_notes(data, "image/webp")
    assert plain is not None
    assert opened(plain).tobytes() == opened(data).tobytes()
    assert opened(plain).info["icc_profile"] == PROFILE
    assert int.from_bytes(plain[4:8], "little") == len(plain) - 8
    assert_says_nothing(plain)


@pytest.mark.parametrize("more", [{"progressive": True}, {"subsampling": 2, "quality": 40}])
def test_jpeg_files_with_several_scans_and_something_behind_them(more: dict[str, Any]) -> None:
    """Phones put a film, a depth map or a second picture behind the first."""
    data = photo("JPEG", 6, **more)
    plain = without_notes(data + photo("JPEG") + SECRET.encode(), "image/jpeg")
    assert plain == without_notes(data, "image/jpeg")
    assert plain is not None
    assert opened(plain).tobytes() == opened(data).tobytes()


def test_what_is_behind_a_png_file_goes_and_so_do_unknown_chunks() -> None:
    data = photo("PNG")
    body = b"caMr" + SECRET.encode()
    odd = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    plain = without_notes(data[:33] + odd + data[33:] + SECRET.encode(), "image/png")
    assert plain == without_notes(data, "image/png")
    assert plain is not None
    assert_says_nothing(plain)


@pytest.mark.parametrize("format_", MEDIA_TYPES)
def test_a_file_that_says_nothing_is_sent_as_it_is(format_: str) -> None:
    data = encoded(bag(5), format_)
    assert without_notes(data, MEDIA_TYPES[format_]) == data


@pytest.mark.parametrize("format_", MEDIA_TYPES)
def test_wherever_a_file_is_cut_nothing_is_told_and_nothing_breaks(format_: str) -> None:
    data = photo(format_)
    for end in range(0, len(data), 41):
        plain = without_notes(data[:end], MEDIA_TYPES[format_])
        assert plain is None or SECRET.encode() not in plain


@pytest.mark.thorough
@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "AVIF", "GIF"])
def test_the_server_sends_no_places_and_devices(tmp_path: Path, format_: str) -> None:
    data = encoded(bag(5), format_, comment=SECRET.encode()) if format_ == "GIF" else photo(format_)
    folder = tmp_path / "photos"
    folder.mkdir()
    (folder / f"photo.{format_.lower()}").write_bytes(data)
    app = create_app({"instance": tmp_path / "instance"})
    take_in(app, folder)
    client = app.test_client()
    for path in ("/images/1", "/thumbs/1", "/cards/1"):
        answer = client.get(path, buffered=True)
        assert answer.status_code == 200
        assert SECRET.encode() not in answer.data
        assert not dict(opened(answer.data).getexif())
        tag = {"If-None-Match": answer.headers["ETag"]}
        again = client.get(path, headers=tag, buffered=True)
        assert again.status_code == 304
    original = client.get("/images/1", buffered=True)
    kept = format_ in MEDIA_TYPES
    assert original.mimetype == (MEDIA_TYPES[format_] if kept else "image/webp")
    whole = create_app({"instance": tmp_path / "instance", "originals": "whole"}).test_client()
    assert whole.get("/images/1", buffered=True).data == data


def test_the_setting_has_two_values(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="HASHBAG_ORIGINALS must be plain or whole"):
        create_app({"instance": tmp_path, "originals": "some"})
