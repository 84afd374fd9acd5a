"""Notes never decide over good pixels, samples of all depths are right, the rest has a name."""

import struct
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from flask.testing import FlaskClient
from numpy.typing import NDArray
from PIL import Image

from tests.browser_corpus import avif, bmp, exif, icc, jpeg, png_files, webp
from tests.browser_corpus.png_files import GREY, GREY_ALPHA, PALETTE, RGB, RGBA, clear, of
from tests.browser_corpus.scene import scene
from tests.pictures import bag, encoded, multipart
from webapp.exceptions import NotAnImage, UnreadableImage
from webapp.pictures.opening import open_picture

Pixels = NDArray[np.int64]


def pixels(data: bytes) -> Pixels:
    return np.asarray(open_picture(data).image).astype(np.int64)


def same(data: bytes, other: bytes, levels: int = 0) -> bool:
    found, expected = pixels(data), pixels(other)
    return found.shape == expected.shape and bool(np.abs(found - expected).max() <= levels)


# --- notes ---


def noted(format_: str, note: bytes) -> bytes:
    """Write the scene with an EXIF note."""
    if format_ == "JPEG":
        return jpeg.with_exif(note)
    if format_ == "PNG":
        return of(RGB, 8, (b"eXIf", note))
    chunks = (webp.extended(webp.EXIF), *webp.pixels_of(webp.webp()), (b"EXIF", note))
    return webp.riff(*chunks)


UPRIGHT = {"JPEG": (24, 40, 3), "PNG": (24, 32, 3), "WEBP": (24, 32, 3)}


@pytest.mark.parametrize("format_", UPRIGHT)
def test_of_an_odd_exif_note_only_the_orientation_is_read(format_: str) -> None:
    height, width, _ = UPRIGHT[format_]
    for name, note in exif.odd_notes():
        seen = pixels(noted(format_, note))
        turned = name in exif.BELIEVED
        assert seen.shape == ((width, height, 3) if turned else (height, width, 3)), name
    assert np.array_equal(
        pixels(noted(format_, exif.note(6))), np.rot90(pixels(noted(format_, b"")), -1)
    )


@pytest.mark.parametrize("format_", ["AVIF", "HEIF"])
def test_the_container_turns_avif_and_heic_and_no_note_does_it_again(format_: str) -> None:
    image = Image.fromarray(scene())
    once = pixels(encoded(image, format_, quality=95, exif=exif.note(6)))
    upright = pixels(encoded(image, format_, quality=95))
    assert once.shape == (32, 24, 3)
    assert np.abs(once - np.rot90(upright, -1)).mean() < 8


def by_xmp(format_: str) -> bytes:
    note = exif.xmp(6)
    match format_:
        case "JPEG":
            segment = jpeg.segment(jpeg.EXIF, b"http://ns.adobe.com/xap/1.0/\0" + note)
            return jpeg.with_(jpeg.jpeg(), segment)
        case "PNG":
            return of(RGB, 8, (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + note))
        case "WEBP":
            chunks = (webp.extended(webp.XMP), *webp.pixels_of(webp.webp()), (b"XMP ", note))
            return webp.riff(*chunks)
        case "AVIF":
            return avif.avif(xmp=note)
    # What writes HEIC would take its word for it: it sees another word.
    hidden = note.replace(b"Orientation", b"Orientatiom")
    data = encoded(Image.fromarray(scene()), format_, xmp=hidden)
    return data.replace(b"Orientatiom", b"Orientation")


@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_no_xmp_turns_a_picture(format_: str) -> None:
    assert b"Orientation" in by_xmp(format_)
    assert pixels(by_xmp(format_)).shape == (24, 32, 3)


NOTES = {
    "a long note": (b"tEXt", b"Comment\0" + b"words " * 300_000),
    "a packed note of 64 MiB": (b"zTXt", b"Comment\0\0" + zlib.compress(bytes(1 << 26))),
    "a long XMP note": (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + b" " * 2_000_000),
    "a note badly packed": (b"zTXt", b"Comment\0\0no"),
    "a size that is none": (b"pHYs", b"\0"),
    "a time that is none": (b"tIME", bytes(3)),
    "a profile badly packed": (b"iCCP", b"name\0\0no"),
    "a profile of no name": (b"iCCP", b"x" * 300),
    "a gamma of no length": (b"gAMA", b""),
    "primaries of no length": (b"cHRM", bytes(9)),
    "codes of no length": (b"cICP", b"\1"),
}


@pytest.mark.parametrize("what", NOTES)
def test_no_note_of_a_png_decides_over_its_pixels(what: str) -> None:
    made = of(RGB, 8, NOTES[what])
    assert same(made, of(RGB, 8))
    assert same(png_files.spoilt(made, NOTES[what][0]), of(RGB, 8)), "with a wrong checksum"


def test_notes_of_other_formats_do_no_harm_either() -> None:
    plain = jpeg.jpeg()
    long = [jpeg.segment(marker, bytes(65_000)) for marker in range(0xE1, 0xF0)] * 5
    assert same(jpeg.with_(plain, *long), plain)
    assert same(jpeg.with_(plain, jpeg.segment(jpeg.PROFILE, b"ICC_PROFILE\0")), plain)
    whole = webp.pixels_of(webp.webp())
    odd = ((b"EXIF", b"no"), (b"XMP ", b"\xff" * 70_000), (b"odd ", bytes(33)))
    flags = webp.extended(webp.EXIF | webp.XMP)
    assert same(webp.riff(flags, *whole, *odd), webp.riff(*whole))
    comment = b"\x21\xfe" + (b"\xff" + b"x" * 255) * 5000 + b"\0"
    gif = encoded(bag(1), "GIF")
    at = gif.index(b"\x2c", 13 + 3 * 2 ** ((gif[10] & 7) + 1))
    assert same(gif[:at] + comment + gif[at:], gif)


# --- colours ---


def test_a_jpeg_of_more_segments_than_any_program_writes_is_refused_without_reading_them() -> None:
    plain, comment = encoded(bag(1), "JPEG"), b"\xff\xfe\0\2"
    assert same(plain[:2] + comment * 9_000 + plain[2:], plain)
    with pytest.raises(UnreadableImage, match="more than 10,000 segments"):
        open_picture(plain[:2] + comment * 10_001 + plain[2:])


def test_bytes_that_fill_up_a_jpeg_between_segments_are_passed_over() -> None:
    plain = encoded(bag(1), "JPEG")
    assert same(plain[:2] + b"\xff" * 1_000_000 + plain[2:], plain)


def test_a_profile_counts_by_what_it_says_and_not_by_its_name() -> None:
    names = ("sRGB linear", "sRGB IEC61966-2.1", "scan")
    line, *others = (icc.rgb("sRGB", icc.LINE, name=name) for name in names)
    for profile in others:
        assert same(of(RGB, 8, png_files.profile(profile)), of(RGB, 8, png_files.profile(line)))
    levels = np.arange(256) / 255
    light = np.where(levels < 0.0031308, 12.92 * levels, 1.055 * levels ** (1 / 2.4) - 0.055)
    seen = pixels(of(RGB, 8, png_files.profile(line)))
    assert np.abs(seen - 255 * light[scene()]).max() <= 2


def test_gamma_and_primaries_of_a_png_count() -> None:
    linear = pixels(of(RGB, 8, png_files.gamma(1.0)))
    profiled = pixels(of(RGB, 8, png_files.profile(icc.rgb("sRGB", icc.LINE))))
    assert np.abs(linear - profiled).max() <= 2
    wide = pixels(of(RGB, 8, png_files.gamma(1 / 2.2), png_files.primaries("Adobe RGB")))
    profiled = pixels(of(RGB, 8, png_files.profile(icc.rgb("Adobe RGB", icc.points(563)))))
    assert np.abs(wide - profiled).max() <= 2
    srgb = (b"sRGB", b"\0")
    assert same(of(RGB, 8, srgb, png_files.gamma(1.0)), of(RGB, 8)), "sRGB comes first"


def test_black_stays_as_light_as_it_is_stored() -> None:
    """A profile whose black is a dark grey is not stretched to black."""
    profile = icc.rgb("sRGB", icc.parametric(2, 2.0, 1.05, -0.07, 0.03))
    black = Image.new("RGB", (8, 8), "black")
    assert pixels(encoded(black, "PNG", icc_profile=profile)).min() > 40


# --- depths ---


@pytest.mark.parametrize(("sort", "depth"), [(GREY, 16), (GREY, 2), (GREY, 4), (RGB, 16)])
def test_one_clear_tone_or_colour_is_clear_in_every_depth(sort: int, depth: int) -> None:
    samples = png_files.samples_of(sort, depth)
    is_clear = (samples == samples[12, 9]).all(axis=2)
    seen, opaque = pixels(of(sort, depth, clear(sort, depth))), pixels(of(sort, depth))
    assert is_clear.any()
    assert (seen[is_clear] == 255).all()
    assert np.array_equal(seen[~is_clear], opaque[~is_clear])


def test_a_colour_that_differs_in_its_low_bits_is_not_the_clear_one() -> None:
    near = samples = png_files.samples_of(RGB, 16)[12, 9]
    near = (b"tRNS", (samples ^ 1).astype(">u2").tobytes())
    assert same(of(RGB, 16, near), of(RGB, 16))


@pytest.mark.parametrize("sort", [GREY, RGB, GREY_ALPHA, RGBA])
def test_16_bits_look_as_8(sort: int) -> None:
    assert same(of(sort, 16), of(sort, 8), 1)


def test_a_palette_that_is_too_short_goes_on_with_its_last_colour_and_none_is_damage() -> None:
    header, indices = png_files.header(32, 24, 8, PALETTE), png_files.samples_of(PALETTE, 8)
    end = ((b"IDAT", png_files.packed(indices, 8)), (b"IEND", b""))
    colours = png_files.palette(100)
    longer = (b"PLTE", colours + colours[-3:] * 156)
    assert same(
        png_files.png(header, (b"PLTE", colours), *end), png_files.png(header, longer, *end)
    )
    with pytest.raises(UnreadableImage, match="palette is missing"):
        open_picture(png_files.png(header, *end))


@pytest.mark.parametrize("bits", [10, 12, 16])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_deep_heic_keeps_its_tones(mode: str, bits: int) -> None:
    pillow_heif = pytest.importorskip("pillow_heif")
    levels = np.array(Image.fromarray(scene()).convert(mode))
    deep = (levels.astype(np.int64) * (2**bits - 1) // 255).astype(np.uint16)
    file = pillow_heif.from_bytes(mode=f"{mode};{bits}", size=(32, 24), data=deep.tobytes())
    assert file is not None
    out = _Bytes()
    file.save(out, quality=-1)
    expected = np.asarray(Image.fromarray(levels).convert("RGB")).astype(np.int64)
    assert np.abs(pixels(bytes(out)) - expected).mean() < 6


class _Bytes(bytearray):
    """A file in memory that only grows."""

    def write(self, data: bytes) -> int:
        self.extend(data)
        return len(data)


# --- what is not read ---

_JPEG = jpeg.jpeg()
_AT = _JPEG.index(b"\xff\xc0")


def _frame(marker: int, precision: int = 8) -> bytes:
    return (
        _JPEG[:_AT]
        + bytes([0xFF, marker])
        + _JPEG[_AT + 2 : _AT + 4]
        + bytes([precision])
        + (_JPEG[_AT + 5 :])
    )


def _packed_bmp(**options: Any) -> bytes:
    return bmp.bmp(bytes(31 * 23 * 8), options.pop("bits", 24), **options)


NOT_READ: Mapping[str, tuple[bytes, str]] = {
    "JPEG of 12 bits": (_frame(0xC1, 12), "more than 8 bits"),
    "lossless JPEG": (_frame(0xC3), "lossless"),
    "JPEG-LS": (_frame(0xF7), "lossless"),
    "hierarchical JPEG": (_frame(0xC5), "hierarchical"),
    "PNG for Apple's phones": (
        of(RGB, 8)[:8] + png_files.chunk(b"CgBI", b"\x50\0\x20\2") + of(RGB, 8)[8:],
        "Apple",
    ),
    "PNG in PQ": (of(RGB, 8, png_files.codes(9, 16)), "high dynamic range"),
    "PNG in HLG": (of(RGB, 16, png_files.codes(9, 18)), "high dynamic range"),
    "AVIF in PQ": (avif.with_codes(avif.avif(), 9, 16), "high dynamic range"),
    "BMP of 2 bits": (bmp.bmp(bmp.indexed(2), 2, colours=bmp.quads(2)), "BMP pictures"),
    "BMP of 64 bits": (_packed_bmp(bits=64), "BMP pictures"),
    "a JPEG in a BMP": (_packed_bmp(compression=4), "BMP pictures"),
    "a PNG in a BMP": (_packed_bmp(compression=5), "BMP pictures"),
    "SVG": (b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"/>', "an SVG drawing"),
    "PDF": (b"%PDF-1.7\n" + bytes(99), "a PDF document"),
    "Photoshop": (b"8BPS\0\1" + bytes(99), "a Photoshop file"),
    "JPEG 2000": (b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(99), "a JPEG 2000 picture"),
    "OpenEXR": (b"v/1\x01" + bytes(99), "an OpenEXR picture"),
    "icon": (struct.pack("<HHHBB", 0, 1, 1, 16, 16) + bytes(99), "an icon"),
    "video": (b"\0\0\0\x18ftypmp42" + bytes(99), "a video"),
    "a camera's raw file": (b"II*\0\x10\0\0\0CR\2\0" + bytes(99), "a raw photo"),
}


@pytest.mark.parametrize("what", NOT_READ)
def test_what_is_not_read_is_refused_by_its_name_and_never_called_damaged(
    client: FlaskClient, what: str
) -> None:
    data, name = NOT_READ[what]
    with pytest.raises(NotAnImage, match=name):
        open_picture(data)
    answer = client.post("/api/v1/search", **multipart(data))
    assert answer.status_code == 415
    assert name in answer.get_json()["detail"]
