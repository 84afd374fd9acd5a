"""Pictures look here as they look in a browser: Chromium shows them, and pixels are compared."""

import base64
from collections.abc import Iterator, Mapping
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Page

from tests.browser_corpus import CORPUS, exif
from webapp.exceptions import UnreadableImage
from webapp.pictures.opening import Picture, open_picture
from webapp.pictures.thumbnails import is_original_shown

pytestmark = pytest.mark.slow

Pixels = NDArray[np.int64]

_LEVELS = 2
"""By how much a colour may differ: the two round at other places."""

_SHOW = """async files => {
  const seen = [];
  for (const file of files) {
    const bytes = Uint8Array.from(atob(file), letter => letter.charCodeAt(0));
    const picture = new Image();
    picture.src = URL.createObjectURL(new Blob([bytes]));
    try { await picture.decode() } catch { seen.push(null); continue }
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [picture.naturalWidth, picture.naturalHeight];
    const pen = canvas.getContext('2d', {willReadFrequently: true});
    pen.fillStyle = 'white';
    pen.fillRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(picture, 0, 0);
    const colours = pen.getImageData(0, 0, canvas.width, canvas.height).data;
    let text = '';
    for (const colour of colours) text += String.fromCharCode(colour);
    seen.push([canvas.width, canvas.height, btoa(text)]);
  }
  return seen;
}"""

# Each reason, with the pictures that it is for. All others are the same here and in Chromium; these
# must differ, so that no reason stays when it is none any more.
DIFFERENT: Mapping[str, tuple[str, ...]] = {
    "half a picture is refused; Chromium shows what there is": (
        "png: 30% of the pixels",
        "png: 90% of the pixels",
        "png: no palette",
        "png: wrong sum of the pixels",
        "jpeg: progressive, half cut off",
        "jpeg: progressive, filled up with zeros",
        "webp: cut",
        "gif: cut",
        "bmp: cut",
        "avif: cut",
    ),
    "all pixels are there, and are shown; Chromium leaves out the last": (
        "jpeg: baseline, no end",
        "jpeg: baseline, half an end",
    ),
    "all pixels are there; a note on colours that makes no sense refuses the picture in Chromium": (
        "png: codes with a matrix",
        *(f"avif: codes of sRGB with curve {curve}" for curve in (9, 10, 11, 12)),
        "avif: no profile",
        "avif: a cut profile",
        "avif: no primaries",
        "avif: another signature",
        "avif: a wrong length",
    ),
    "a note on colours that makes no sense is ignored; Chromium shows black": (
        "png: gamma 1e-05",
        "gif: no palette",
    ),
    "high dynamic range is refused by name": (
        "png: codes of sRGB with curve 16",
        "png: codes of sRGB with curve 18",
        "avif: codes of sRGB with curve 16",
        "avif: codes of sRGB with curve 18",
    ),
    "two bits are refused by name": (
        *(f"bmp: 2 bits, header of {size}" for size in (40, 64, 108, 124)),
    ),
    "WebP is turned by EXIF, as in other browsers; Chromium does not": (
        *(f"webp: orientation {orientation}" for orientation in range(2, 9)),
        *(f"webp: orientation: {name}" for name in exif.BELIEVED),
        "webp: orientation before the pixels",
        "webp: orientation with the name of a JPEG's",
        "webp: orientation, partly clear",
        "webp: orientation, lossless",
        "webp: animated, with an orientation",
    ),
    "cameras' software wrote this before PNG had a chunk for EXIF; no browser reads it": (
        "png: orientation in an old note",
    ),
    "Chromium leaves out the profile of animations": ("webp: animated, with a profile",),
    "Chromium reads Lab of 16 bits in the encoding of version 4 in files of version 2": (
        *(f"{format_}: profile: a table of 16 bits" for format_ in ("jpeg", "webp", "bmp", "avif")),
        "png: rgb, profile: a table of 16 bits",
    ),
    "Chromium takes away a ninth of black ink": ("jpeg: CMYK, profile of inks",),
    "Chromium takes AVIF's clearness, and animations, for limited range": (
        *(f"avif: partly clear {size}" for size in ("32 x 24", "17 x 9")),
        *(f"avif: partly clear {size}, multiplied" for size in ("32 x 24", "17 x 9")),
        "avif: orientation, partly clear",
        "avif: animated",
    ),
}


@cache
def corpus(format_: str) -> Mapping[str, bytes]:
    made = list(CORPUS[format_]())
    files = {f"{format_}: {name}": data for name, data in made}
    assert len(files) == len(made), "two pictures have the same name"
    return files


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    page = chromium.new_page()
    yield page
    page.close()


def shown_by_chromium(page: Page, files: Mapping[str, bytes]) -> list[Pixels | None]:
    """Show files on white, and return their pixels, (h, w, 3); none where Chromium refuses."""
    seen = page.evaluate(_SHOW, [base64.b64encode(data).decode() for data in files.values()])
    return [None if one is None else _pixels(*one) for one in seen]


def _pixels(width: int, height: int, colours: str) -> Pixels:
    levels = np.frombuffer(base64.b64decode(colours), np.uint8)
    return levels.reshape(height, width, 4)[..., :3].astype(np.int64)


def shown_here(data: bytes) -> Picture | str:
    try:
        return open_picture(data)
    except UnreadableImage as refusal:
        return str(refusal)


def difference(here: Picture | str, theirs: Pixels | None) -> str:
    """Say in which way a picture looks otherwise here than there; nothing if it does not."""
    if isinstance(here, str):
        return "" if theirs is None else f"refused only here: {here}"
    if theirs is None:
        return "refused only by Chromium"
    ours = np.asarray(here.image).astype(np.int64)
    if ours.shape != theirs.shape:
        return f"{ours.shape} here, {theirs.shape} in Chromium"
    apart = np.abs(ours - theirs).max(axis=2)
    if apart.max() <= _LEVELS:
        return ""
    y, x = np.unravel_index(apart.argmax(), apart.shape)
    return f"at {x}, {y}: {ours[y, x]} here, {theirs[y, x]} in Chromium"


@pytest.mark.parametrize("format_", CORPUS)
def test_all_pictures_look_here_as_in_chromium_but_those_listed(page: Page, format_: str) -> None:
    files = corpus(format_)
    here = {name: shown_here(data) for name, data in files.items()}
    there = dict(zip(files, shown_by_chromium(page, files), strict=True))
    differences = {name: difference(here[name], there[name]) for name in files}
    listed = {name for names in DIFFERENT.values() for name in names if name in files}
    found = {name: how for name, how in differences.items() if how}
    assert {name: how for name, how in found.items() if name not in listed} == {}
    assert sorted(listed - found.keys()) == [], "listed, and the same in both"

    opened = {name: picture for name in found if isinstance(picture := here[name], Picture)}
    as_is = {name for name, picture in opened.items() if is_original_shown(picture.media_type)}
    assert sorted(as_is) == [], "a page would serve the file, which Chromium shows otherwise"


def test_the_corpus_is_large_and_has_every_picture_that_is_listed() -> None:
    names = {name for format_ in CORPUS for name in corpus(format_)}
    assert len(names) > 800
    listed = [name for names in DIFFERENT.values() for name in names]
    assert sorted(set(listed) - names) == []
    assert len(listed) == len(set(listed)), "a picture is listed twice"
