"""Whole, right files of every format and sort, for others to break."""

from dataclasses import replace
from functools import cache

import numpy as np
from PIL import Image

from tests.browser_corpus import CORPUS
from tests.browser_corpus.scene import alpha, grey, scene
from tests.pictures import encoded
from tests.tiff_files import BLACK_IS_ZERO, DEFLATE, NONE, PREMULTIPLIED, WHITE_IS_ZERO, Page, tiff


@cache
def files() -> tuple[bytes, ...]:
    """Make whole files of every format and sort."""
    made = [data for samples in CORPUS.values() for _, data in samples()]
    deep, clear = grey()[..., None].astype(np.uint16) * 257, np.dstack([grey(), alpha()])
    for packed in (NONE, DEFLATE):
        for tiles in (0, 16):
            for page in (
                Page(samples=scene()),
                Page(samples=scene(), planes=True),
                Page(samples=deep, photometric=WHITE_IS_ZERO),
                Page(samples=clear, photometric=BLACK_IS_ZERO, extra=[PREMULTIPLIED]),
            ):
                one = replace(page, compression=packed, tiles=tiles)
                made += [tiff(one), tiff(one, one, order=">"), tiff(one, big=True)]
    image = Image.fromarray(scene())
    return (*made, *(encoded(image.convert(mode), "HEIF") for mode in ("L", "RGB", "RGBA")))
