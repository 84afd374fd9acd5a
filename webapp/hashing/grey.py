"""A picture in grey, and the small copies of it that imagehash makes its hashes from."""

from functools import cache

import numpy as np
from PIL import Image

from webapp.hashing.lanczos import Bytes, along_rows

# Smaller pictures are resized by Pillow as fast; longer sides would need large tables.
_LEAST_PIXELS = 20_000
_LONGEST = 8192

# Lengths that are made at once: who asks for one of these will ask for the others.
_SMALL = (8, 9, 32)


class Grey:
    """A picture in grey, and its copies in other sizes, each made once."""

    def __init__(self, picture: Image.Image) -> None:
        self.image = picture.convert("L")
        self._copies: dict[tuple[int, int], Image.Image] = {}
        self._passes: dict[tuple[bool, int], Bytes] = {}

    def resized(self, width: int, height: int) -> Image.Image:
        """Return `image.resize((width, height), LANCZOS)`."""
        size = (width, height)
        if size not in self._copies:
            if self._worth_it() and agrees_with_pillow():
                self._copies[size] = Image.fromarray(self.made(width, height))
            else:
                self._copies[size] = self.image.resize(size, Image.Resampling.LANCZOS)
        return self._copies[size]

    def _worth_it(self) -> bool:
        width, height = self.image.size
        return width * height >= _LEAST_PIXELS and max(width, height) <= _LONGEST

    def made(self, width: int, height: int) -> Bytes:
        """Return the pixels of a copy, (height, width), made here."""
        # Pillow's order of the passes; it matters, as each of them rounds.
        columns, rows = self.image.size
        if rows - height > max(0, 2 * (columns - width)):
            return along_rows(self._first_pass(True, height).T, (width,))[0]
        return along_rows(self._first_pass(False, width).T, (height,))[0].T

    def _first_pass(self, down: bool, wanted: int) -> Bytes:
        """Resize along the rows, or down the columns; (columns, rows) then."""
        if (down, wanted) not in self._passes:
            pixels = np.asarray(self.image)
            lengths = _SMALL if wanted in _SMALL else (wanted,)
            made = along_rows(pixels.T if down else pixels, lengths)
            self._passes |= {(down, n): one for n, one in zip(lengths, made, strict=True)}
        return self._passes[down, wanted]


@cache
def agrees_with_pillow() -> bool:
    """Say whether the Pillow that is installed resizes as `lanczos` says; else it shall itself."""
    random = np.random.default_rng(0)
    for columns, rows in ((300, 200), (200, 300), (20, 32), (20, 33)):
        image = Image.fromarray(random.integers(0, 256, (rows, columns), dtype=np.uint8))
        for size in ((8, 8), (9, 8), (32, 32), (128, 128)):
            pillows = image.resize(size, Image.Resampling.LANCZOS)
            if not np.array_equal(np.asarray(pillows), Grey(image).made(*size)):
                return False
    return True
