"""Pillow's LANCZOS filter on pictures in grey, bit for bit, several times as fast.

Pillow resizes in two passes, along the rows and down the columns. A pixel that comes out of a pass
is a sum of pixels times weights, which are whole numbers in units of 2**-22; the sum is rounded and
cut to 0..255. Here the sums are products of matrices in single precision. Their error has a bound,
and the few that lie nearer than that to a half, where rounding goes one way or the other, are made
again in whole numbers. So every pixel is Pillow's.
"""

import math
from dataclasses import dataclass
from functools import cache, lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

_ONE = 1 << 22
_LOBES = 3

# Smaller pictures are resized by Pillow as fast; longer sides would need large tables.
_LEAST_PIXELS = 20_000
_LONGEST = 8192

# Pixels of each row that one product takes, at most: the fewer, the smaller its error.
_TERMS = 128
# Pixels that are worked on together: so few that they stay in the cache.
_CHUNK = 1 << 18


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
            if self._worth_it() and _agrees():
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
            return _along_rows(self._first_pass(True, height).T, width)
        return _along_rows(self._first_pass(False, width).T, height).T

    def _first_pass(self, down: bool, wanted: int) -> Bytes:
        """Resize along the rows, or down the columns; (columns, rows) then."""
        if (down, wanted) not in self._passes:
            pixels = np.asarray(self.image)
            self._passes[down, wanted] = _along_rows(pixels.T if down else pixels, wanted)
        return self._passes[down, wanted]


@cache
def _agrees() -> bool:
    """Say whether the Pillow that is installed resizes as is said above; else it shall itself."""
    random = np.random.default_rng(0)
    for columns, rows in ((300, 200), (200, 300), (20, 32), (20, 33)):
        image = Image.fromarray(random.integers(0, 256, (rows, columns), dtype=np.uint8))
        for size in ((8, 8), (9, 8), (32, 32), (128, 128)):
            pillows = image.resize(size, Image.Resampling.LANCZOS)
            if not np.array_equal(np.asarray(pillows), Grey(image).made(*size)):
                return False
    return True


@dataclass(frozen=True)
class _Product:
    """A part of the sums: pixels `taken` of a row, times `weights`, go into pixels `made`."""

    taken: slice
    made: slice
    weights: Floats
    first: bool


@dataclass(frozen=True)
class _Filter:
    """How rows of one length become rows of another.

    `start` (n,) and `weights` (n, terms) say from which pixels a pixel is made, the same in
    `products`. Sums are wrong by no more than `error`.
    """

    start: NDArray[np.int64]
    weights: NDArray[np.int64]
    products: tuple[_Product, ...]
    error: float


def _along_rows(pixels: Bytes, wanted: int) -> Bytes:
    """Resize each row of (rows, length) to `wanted` pixels."""
    rows, length = pixels.shape
    if length == wanted:
        return pixels
    made = np.empty((rows, wanted), dtype=np.uint8)
    filtered = _filter(length, wanted)
    step = max(1, _CHUNK // length)
    for top in range(0, rows, step):
        some = pixels[top : top + step]
        made[top : top + step] = _rounded(_sums(some, filtered, wanted), some, filtered)
    return made


def _sums(pixels: Bytes, filtered: _Filter, wanted: int) -> Floats:
    values = pixels.astype(np.float32)
    sums = np.empty((len(pixels), wanted), dtype=np.float32)
    for product in filtered.products:
        taken, made = values[:, product.taken], sums[:, product.made]
        if product.first:
            np.matmul(taken, product.weights, out=made)
        else:
            made += taken @ product.weights
    return sums


def _rounded(sums: Floats, pixels: Bytes, filtered: _Filter) -> Floats:
    """Round, halves upward, and cut to 0..255; works in place."""
    whole = np.rint(sums)
    sums -= whole
    np.abs(sums, out=sums)
    rows, columns = np.divmod(
        np.flatnonzero(sums > 0.5 - filtered.error), len(filtered.start)
    )
    if len(rows):
        weights = filtered.weights[columns]
        # Beyond the last pixel the weight is 0, whatever is taken there.
        at = filtered.start[columns, None] + np.arange(weights.shape[1])
        taken = pixels[rows[:, None], np.minimum(at, pixels.shape[1] - 1)]
        whole[rows, columns] = ((taken * weights).sum(axis=1) + _ONE // 2) // _ONE
    return np.clip(whole, 0, 255, out=whole)


@lru_cache(maxsize=32)
def _filter(length: int, wanted: int) -> _Filter:
    start, weights = _weights(length, wanted)
    together = 16 if wanted > 32 else 8
    products: list[_Product] = []
    for first in range(0, wanted, together):
        made = slice(first, min(first + together, wanted))
        begin = int(start[first])
        end = min(length, int(start[made.stop - 1]) + weights.shape[1])
        matrix = np.zeros((end - begin, made.stop - first), dtype=np.float32)
        for column in range(first, made.stop):
            row = weights[column, : length - start[column]]
            at = start[column] - begin
            matrix[at : at + len(row), column - first] = row / _ONE
        products += [
            _Product(
                slice(begin + at, min(begin + at + _TERMS, end)),
                made,
                matrix[at : at + _TERMS],
                at == 0,
            )
            for at in range(0, end - begin, _TERMS)
        ]
    # Weights and pixels have no more than 24 bits, so only adding and multiplying round: each
    # term no more often than there are terms and parts, in whatever order.
    roundings = min(_TERMS, length) + -(-length // _TERMS) + 1
    most = 255 * float(np.abs(weights).sum(axis=1).max()) / _ONE
    return _Filter(start, weights, tuple(products), 1.01 * roundings * 2.0**-24 * most)


def _weights(length: int, wanted: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where each pixel's weights start, (wanted,), and the weights, (wanted, terms)."""
    scale = length / wanted
    reach = _LOBES * max(scale, 1.0)
    centre = (np.arange(wanted) + 0.5) * scale
    start = np.maximum((centre - reach + 0.5).astype(np.int64), 0)
    end = np.minimum((centre + reach + 0.5).astype(np.int64), length)
    at = start[:, None] + np.arange((end - start).max())
    x = (at - centre[:, None] + 0.5) / max(scale, 1.0)
    inside = (at < end[:, None]) & (np.abs(x) < _LOBES)
    shares = np.where(inside, np.sinc(x) * np.sinc(x / _LOBES), 0.0)
    shares *= _ONE / shares.sum(axis=1, keepdims=True)
    weights = np.copysign(np.floor(np.abs(shares) + 0.5), shares).astype(np.int64)
    # numpy's sine may differ from Pillow's in its last bit.
    doubtful = np.abs(np.abs(shares) % 1 - 0.5) < 1e-6
    for pixel in np.flatnonzero(doubtful.any(axis=1)):
        exact = _exact_weights(scale, float(centre[pixel]), int(start[pixel]), int(end[pixel]))
        weights[pixel, : len(exact)] = exact
    return start, weights


def _exact_weights(scale: float, centre: float, start: int, end: int) -> list[int]:
    """Return one pixel's weights by the same steps as Pillow, one after the other."""
    shrink = 1.0 / max(scale, 1.0)
    shares = [_lanczos((at + start - centre + 0.5) * shrink) for at in range(end - start)]
    total = 0.0
    for share in shares:
        total += share
    return [int(math.copysign(0.5, share) + share / total * _ONE) for share in shares]


def _lanczos(x: float) -> float:
    return _sinc(x) * _sinc(x / _LOBES) if -_LOBES <= x < _LOBES else 0.0


def _sinc(x: float) -> float:
    x *= math.pi
    return math.sin(x) / x if x else 1.0
