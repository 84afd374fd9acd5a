"""Pillow's LANCZOS filter on rows of pixels, bit for bit, several times as fast.

Pillow resizes in two passes, along the rows and down the columns. A pixel that comes out of a pass
is a sum of pixels times weights, which are whole numbers in units of 2**-22; the sum is rounded and
cut to 0..255. Here the sums are products of matrices in single precision. Their error has a bound,
and the few that lie nearer than that to a half, where rounding goes one way or the other, are made
again in whole numbers. So every pixel is Pillow's.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

_ONE = 1 << 22
_MIDDLE = 128
_LOBES = 3

# Pixels of each row that one product takes, at most: the fewer, the smaller its error.
_TERMS = 128
# Pixels that are worked on together: so few that they stay in the cache.
_CHUNK = 1 << 18


@dataclass(frozen=True)
class _Product:
    """A part of the sums: pixels `taken` of a row, times `weights`, go into pixels `made`."""

    taken: slice
    made: slice
    weights: Floats
    first: bool


@dataclass(frozen=True)
class _Filter:
    """How rows of one length become rows of others, one behind the other.

    `start` (n,) and `weights` (n, terms) say from which pixels a pixel is made, the same in
    `products`. `middle` (n,) is what a row of `_MIDDLE` alone becomes. Sums are wrong by no more
    than `error`.
    """

    start: NDArray[np.intp]
    weights: NDArray[np.int32]
    products: tuple[_Product, ...]
    middle: Floats
    error: float


def along_rows(pixels: Bytes, lengths: tuple[int, ...]) -> list[Bytes]:
    """Resize each row of (rows, columns) to each of some lengths, as one pass of Pillow does."""
    rows, columns = pixels.shape
    if lengths == (columns,):
        return [pixels]
    made = np.empty((rows, sum(lengths)), dtype=np.uint8)
    filtered = _filter(columns, lengths)
    step = max(1, _CHUNK // columns)
    for top in range(0, rows, step):
        some = pixels[top : top + step]
        made[top : top + step] = _rounded(_sums(some, filtered), some, filtered)
    return np.split(made, np.cumsum(lengths)[:-1], axis=1)


def _sums(pixels: Bytes, filtered: _Filter) -> Floats:
    # Around 0, for smaller errors.
    values = pixels.astype(np.float32) - np.float32(_MIDDLE)
    sums = np.empty((len(pixels), len(filtered.start)), dtype=np.float32)
    for product in filtered.products:
        taken, made = values[:, product.taken], sums[:, product.made]
        if product.first:
            np.matmul(taken, product.weights, out=made)
        else:
            made += taken @ product.weights
    sums += filtered.middle
    return sums


def _rounded(sums: Floats, pixels: Bytes, filtered: _Filter) -> Floats:
    """Round, halves upward, and cut to 0..255; works in place."""
    whole = np.rint(sums)
    sums -= whole
    np.abs(sums, out=sums)
    rows, columns = np.divmod(np.flatnonzero(sums > 0.5 - filtered.error), sums.shape[1])
    if len(rows):
        windows = sliding_window_view(pixels, filtered.weights.shape[1], axis=1)
        taken = windows[rows, filtered.start[columns]]
        exact = (taken * filtered.weights[columns]).sum(axis=1)
        whole[rows, columns] = (exact + _ONE // 2) // _ONE
    return np.clip(whole, 0, 255, out=whole)


@lru_cache(maxsize=48)
def _filter(length: int, lengths: tuple[int, ...]) -> _Filter:
    parts = [_weights(length, wanted) for wanted in lengths]
    start, end = (np.concatenate([part[i] for part in parts]) for i in (0, 1))
    terms = int((end - start).max())
    weights = np.concatenate(
        [np.pad(part[2], ((0, 0), (0, terms - part[2].shape[1]))) for part in parts]
    )
    products = _products(start, end, weights, np.concatenate([_groups(n) for n in lengths]))
    # Pixels and weights have no more than 24 bits: only multiplying and adding round, for a term
    # no more often than there are terms and parts, in whatever order; last, with the middle.
    roundings = min(_TERMS, length) + -(-length // _TERMS)
    most = _MIDDLE * float(np.abs(weights).sum(axis=1).max()) / _ONE
    error = (1.01 * roundings * most + 4 * _MIDDLE) * 2.0**-24
    middle = _MIDDLE * (weights.sum(axis=1) / _ONE)
    # Windows of as many pixels as the widest takes, those at the end moved back into the row.
    inside = np.minimum(start, length - terms)
    weights = np.take_along_axis(weights, np.arange(terms) - (start - inside)[:, None], axis=1)
    return _Filter(inside, weights, products, middle.astype(np.float32), error)


def _groups(wanted: int) -> NDArray[np.intp]:
    """Say which of the pixels made are first in a product, (wanted,), as ones among zeros."""
    together = 16 if wanted > 32 else 8
    first: NDArray[np.intp] = (np.arange(wanted) % together == 0).astype(np.intp)
    return first


def _products(
    start: NDArray[np.intp],
    end: NDArray[np.intp],
    weights: NDArray[np.int32],
    first: NDArray[np.intp],
) -> tuple[_Product, ...]:
    """Make matrices of weights for groups of neighbouring pixels, in parts of `_TERMS` terms."""
    bounds = np.append(np.flatnonzero(first), len(first))
    begins, ends = start[bounds[:-1]], np.maximum.reduceat(end, bounds[:-1])
    group = np.cumsum(first) - 1
    matrices = np.zeros(
        (len(begins), (ends - begins).max(), np.diff(bounds).max()), dtype=np.float32
    )
    pixel, term = np.nonzero(weights)
    at = start[pixel] + term - begins[group[pixel]]
    matrices[group[pixel], at, pixel - bounds[group[pixel]]] = weights[pixel, term] / _ONE
    return tuple(
        _Product(
            slice(begin + at, min(begin + at + _TERMS, end)),
            slice(made, made_end),
            matrix[at : min(at + _TERMS, end - begin), : made_end - made],
            at == 0,
        )
        for begin, end, made, made_end, matrix in zip(
            begins.tolist(),
            ends.tolist(),
            bounds.tolist(),
            bounds[1:].tolist(),
            matrices,
            strict=False,
        )
        for at in range(0, end - begin, _TERMS)
    )


def _weights(
    length: int, wanted: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.int32]]:
    """Return from where to where a pixel is made, (wanted,), and its weights, (wanted, terms)."""
    scale = length / wanted
    reach = _LOBES * max(scale, 1.0)
    centre = (np.arange(wanted) + 0.5) * scale
    start = np.maximum((centre - reach + 0.5).astype(np.intp), 0)
    end = np.minimum((centre + reach + 0.5).astype(np.intp), length)
    at = start[:, None] + np.arange((end - start).max())
    x = (at - centre[:, None] + 0.5) / max(scale, 1.0)
    inside = (at < end[:, None]) & (np.abs(x) < _LOBES)
    shares = np.where(inside, np.sinc(x) * np.sinc(x / _LOBES), 0.0)
    shares *= _ONE / shares.sum(axis=1, keepdims=True)
    weights = np.copysign(np.floor(np.abs(shares) + 0.5), shares).astype(np.int32)
    # numpy's sine may differ from Pillow's in its last bit.
    doubtful = np.abs(np.abs(shares) % 1 - 0.5) < 1e-6
    for pixel in np.flatnonzero(doubtful.any(axis=1)):
        exact = _exact_weights(scale, float(centre[pixel]), int(start[pixel]), int(end[pixel]))
        weights[pixel, : len(exact)] = exact
    return start, end, weights


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
