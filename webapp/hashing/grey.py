"""A picture in grey and the small copies from which imagehash's hashes are made."""

from functools import cache

import numpy as np
from PIL import Image

from webapp.hashing.lanczos import Bytes, along_rows

# Pillow resizes smaller pictures as fast; longer sides would need large matrices.
_MIN_PIXELS = 20_000
_MAX_SIDE_PIXELS = 8192

# Lengths that are computed together: the hashes need all of them.
_HASH_LENGTHS = (8, 9, 32)


class Grey:
    """A picture in grey, and its copies of other sizes, each computed once."""

    def __init__(self, picture: Image.Image) -> None:
        self.image = picture.convert("L")
        self._copies: dict[tuple[int, int], Image.Image] = {}
        self._passes: dict[tuple[bool, int], Bytes] = {}

    def resized(self, width: int, height: int) -> Image.Image:
        """Return `image.resize((width, height), LANCZOS)`, the same in every pixel."""
        size = (width, height)
        if size not in self._copies:
            if self._is_faster_here() and agrees_with_pillow():
                self._copies[size] = Image.fromarray(self.pixels_resized(width, height))
            else:
                self._copies[size] = self.image.resize(size, Image.Resampling.LANCZOS)
        return self._copies[size]

    def _is_faster_here(self) -> bool:
        width, height = self.image.size
        return width * height >= _MIN_PIXELS and max(width, height) <= _MAX_SIDE_PIXELS

    def pixels_resized(self, width: int, height: int) -> Bytes:
        """Return the pixels of a copy, (height, width), computed without Pillow."""
        # As Pillow chooses: the order of the passes matters, because each of them rounds.
        columns, rows = self.image.size
        if rows - height > max(0, 2 * (columns - width)):
            return along_rows(self._first_pass(True, height).T, (width,))[0]
        return along_rows(self._first_pass(False, width).T, (height,))[0].T

    def _first_pass(self, down: bool, length: int) -> Bytes:
        """Resize rows to a length, (rows, length), or columns if `down`, (columns, length)."""
        if (down, length) not in self._passes:
            pixels = np.asarray(self.image)
            lengths = _HASH_LENGTHS if length in _HASH_LENGTHS else (length,)
            resized = along_rows(pixels.T if down else pixels, lengths)
            self._passes |= {(down, n): rows for n, rows in zip(lengths, resized, strict=True)}
        return self._passes[down, length]


@cache
def agrees_with_pillow() -> bool:
    """Return whether the installed Pillow resizes as `lanczos` does; if not, Pillow is used."""
    random = np.random.default_rng(0)
    for columns, rows in ((300, 200), (200, 300), (20, 32), (20, 33)):
        image = Image.fromarray(random.integers(0, 256, (rows, columns), dtype=np.uint8))
        for size in ((8, 8), (9, 8), (32, 32), (128, 128)):
            pillows = image.resize(size, Image.Resampling.LANCZOS)
            if not np.array_equal(np.asarray(pillows), Grey(image).pixels_resized(*size)):
                return False
    return True
