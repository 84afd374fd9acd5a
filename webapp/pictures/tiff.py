"""TIFF files: their main page, and of it what decides how it looks."""

import io
import struct
from collections.abc import Iterator

from PIL import TiffImagePlugin
from PIL.TiffImagePlugin import COMPRESSION_INFO, TiffImageFile

from webapp.pictures.formats import not_read
from webapp.pictures.orientation import ORIENTATION
from webapp.pictures.tag_directory import Directory, directory_at, layout_of
from webapp.pictures.undecoded import Undecoded

# Pillow's own reader takes planes of 16 bits for 8, libtiff reads them right.
TiffImagePlugin.READ_LIBTIFF = True

_KIND, _OLD_KIND, _WIDTH, _LENGTH = 254, 255, 256, 257
_BITS, _COMPRESSION, _PHOTOMETRIC = 258, 259, 262
_PLANES, _SUBDIRECTORIES, _SAMPLE_FORMAT, _PROFILE, _DNG_VERSION = 284, 330, 339, 34675, 50706
# The tags that say how pixels are stored and in which colours; the rest are notes.
_KEPT = frozenset(
    {
        *(
            _WIDTH,
            _LENGTH,
            _BITS,
            _COMPRESSION,
            _PHOTOMETRIC,
            266,
            273,
            277,
            278,
            279,
            284,
            292,
            293,
        ),
        *(317, 320, 322, 323, 324, 325, 332, 338, _SAMPLE_FORMAT, 347, *range(512, 522)),
        *(529, 530, 531, 532, _PROFILE),
    }
)
_WHITE_IS_ZERO, _SENSOR = 0, frozenset({32803, 34892})
_REDUCED, _MASK, _OLD_REDUCED = 1, 4, 2
_UNSIGNED, _SIGNED, _FLOAT = 1, 2, 3
_SORTS = {_UNSIGNED: "whole", _SIGNED: "signed", _FLOAT: "floating-point"}
_TILE_WIDTH, _TILE_LENGTH = 322, 323
_MOST_PAGES, _MOST_TILE_PIXELS = 64, 1 << 22
_WEBP = 50001  # Pillow knows the name, and its decoder has no part that could read it


def parse(data: bytes) -> Undecoded:
    """Read what a TIFF file says of its main page, the first that is no thumbnail.

    Raises:
        NotAnImage: it is of a sort that is not read.
        Exception: it is damaged, by whatever Pillow raises.
    """
    pages = list(_pages(data))
    if any(_is_raw(page) for page in pages):
        raise not_read("raw photos (DNG and other cameras' own)")
    page = next((page for page in pages if _is_main(page)), pages[0])
    image = _file(data, page)
    bits = page.integer(_BITS, 1)
    return Undecoded(
        image=image,
        orientation=page.integer(ORIENTATION, 1),
        profile=image.info.get("icc_profile"),
        # Up to 8 bits the decoder itself turns black and white over.
        inverted=page.integer(_PHOTOMETRIC, _WHITE_IS_ZERO) == _WHITE_IS_ZERO and bits > 8,
        bits=min(max(bits, 8), 16),
        # The decoder gives native numbers, which Pillow takes for those of the file.
        swapped=page.layout.order == ">" and image.mode in {"I", "F"},
    )


def _pages(data: bytes) -> Iterator[Directory]:
    """Yield the pages one after another, then those that are kept below them."""
    layout = layout_of(data)
    pages: list[Directory] = []
    offsets = [layout.first]
    while offsets[-1] and len(set(offsets)) == len(offsets) < _MOST_PAGES:
        pages.append(directory_at(data, layout, offsets[-1]))
        offsets.append(pages[-1].next)
    yield from pages
    for page in pages:
        for offset in page.integers(_SUBDIRECTORIES):
            yield directory_at(data, layout, offset)


def _is_raw(page: Directory) -> bool:
    return _DNG_VERSION in page.entries or page.integer(_PHOTOMETRIC, 0) in _SENSOR


def _is_main(page: Directory) -> bool:
    aside = page.integer(_KIND, 0) & (_REDUCED | _MASK)
    return not aside and page.integer(_OLD_KIND, 0) != _OLD_REDUCED


def _has_vast_tiles(page: Directory) -> bool:
    """Say whether the decoder would make room for far more pixels than the picture has."""
    tile = page.integer(_TILE_WIDTH, 0) * page.integer(_TILE_LENGTH, 0)
    return tile > max(_MOST_TILE_PIXELS, 4 * page.integer(_WIDTH, 0) * page.integer(_LENGTH, 0))


def _file(data: bytes, page: Directory) -> TiffImageFile:
    """Have Pillow open one page, as if it were the only one and had no notes."""
    if _WIDTH not in page.entries:
        raise ValueError("it has no picture")
    method = page.integer(_COMPRESSION, 1)
    if method not in COMPRESSION_INFO or method == _WEBP:
        raise not_read(f"TIFF pictures compressed by method {method}")
    bits, sort = page.integers(_BITS) or (1,), page.integer(_SAMPLE_FORMAT, _UNSIGNED)
    sorts = not_read(
        f"TIFF pictures of {' + '.join(map(str, bits))} bits of {_SORTS.get(sort, 'other')} numbers"
    )
    # Pillow would take them for unsigned, and these for signed.
    if (sort == _SIGNED and bits[0] < 32) or (sort == _UNSIGNED and bits[0] == 32):
        raise sorts
    if _has_vast_tiles(page):
        raise ValueError("its tiles are much larger than itself")
    if page.layout.big and page.layout.order == ">":
        raise not_read("BigTIFF pictures with the highest byte first")
    entries = [entry for tag, entry in page.entries.items() if tag in _KEPT]
    layout = page.layout
    start = len(data) + len(data) % 2
    alone = [
        data[: 8 if layout.big else 4] + struct.pack(layout.pointer, start),
        data[16 if layout.big else 8 :].ljust(start - (16 if layout.big else 8), b"\0"),
        *(struct.pack(layout.head, len(entries)), *entries, struct.pack(layout.pointer, 0)),
    ]
    try:
        image = TiffImageFile(io.BytesIO(b"".join(alone)))
    except SyntaxError as error:
        if "unknown pixel mode" in str(error):
            raise sorts from error
        raise
    if image.mode in {"LA", "La"} and page.integer(_PLANES, 1) != 1:
        raise not_read("TIFF pictures of grey and transparency in planes")  # scrambled by Pillow
    return image
