"""Pillow's LANCZOS filter on rows of pixels, bit for bit, several times as fast.

Pillow resizes in two passes, along the rows and down the columns. Each output pixel is a sum of
input pixels times weights, whole numbers in units of 2**-22, rounded and cut to 0..255. Here the
sums are matrix products in single precision, whose error has a bound. Sums that are nearer to a
half than that bound may round the other way: these few are computed again in whole numbers. So
every pixel is Pillow's.

Source: Pillow's src/libImaging/Resample.c.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float32]

_WEIGHT_ONE = 1 << 22  # Pillow's weight of 1
_MIDDLE_LEVEL = 128
_LOBES = 3

# The fewer terms a product adds up, the smaller its error.
_MAX_PRODUCT_TERMS = 128
# The arrays made for one block fit the cache of a core.
_BLOCK_PIXELS = 1 << 18


@dataclass(frozen=True)
class _Product:
    """A part of the sums: input pixels of a row times `weights`, (inputs, outputs).

    `first`: the first part of its output pixels; others are added to it.
    """

    inputs: slice
    outputs: slice
    weights: Floats
    first: bool


@dataclass(frozen=True)
class _Filter:
    """What turns a row of one length into rows of other lengths, n output pixels in all.

    Output pixel i is the sum of input pixels from `start[i]` on times `weights[i]`, shapes (n,)
    and (n, terms); `products` hold the same weights as matrices. `middle`: the outputs of a row
    of `_MIDDLE_LEVEL` alone, (n,). `error`: the bound of a sum's error, in levels.
    """

    start: NDArray[np.intp]
    weights: NDArray[np.int32]
    products: tuple[_Product, ...]
    middle: Floats
    error: float


def along_rows(pixels: Bytes, lengths: tuple[int, ...]) -> list[Bytes]:
    """Resize each row of (rows, columns) to each length, as one pass of Pillow does.

    Returns an array (rows, length) for each of the lengths.
    """
    rows, columns = pixels.shape
    if lengths == (columns,):
        return [pixels]
    resized = np.empty((rows, sum(lengths)), dtype=np.uint8)
    row_filter = _filter(columns, lengths)
    step = max(1, _BLOCK_PIXELS // columns)
    for top in range(0, rows, step):
        block = pixels[top : top + step]
        resized[top : top + step] = _rounded(_sums(block, row_filter), block, row_filter)
    return np.split(resized, np.cumsum(lengths)[:-1], axis=1)


def _sums(pixels: Bytes, row_filter: _Filter) -> Floats:
    # Levels around 0 have smaller errors.
    values = pixels.astype(np.float32) - np.float32(_MIDDLE_LEVEL)
    sums = np.empty((len(pixels), len(row_filter.start)), dtype=np.float32)
    for product in row_filter.products:
        inputs, outputs = values[:, product.inputs], sums[:, product.outputs]
        if product.first:
            np.matmul(inputs, product.weights, out=outputs)
        else:
            outputs += inputs @ product.weights
    sums += row_filter.middle
    return sums


def _rounded(sums: Floats, pixels: Bytes, row_filter: _Filter) -> Floats:
    """Return sums rounded, halves upward, and cut to 0..255; overwrites `sums`."""
    rounded = np.rint(sums)
    sums -= rounded
    np.abs(sums, out=sums)
    rows, columns = np.divmod(np.flatnonzero(sums > 0.5 - row_filter.error), sums.shape[1])
    if len(rows):
        windows = sliding_window_view(pixels, row_filter.weights.shape[1], axis=1)
        inputs = windows[rows, row_filter.start[columns]]
        exact = (inputs * row_filter.weights[columns]).sum(axis=1)
        rounded[rows, columns] = (exact + _WEIGHT_ONE // 2) // _WEIGHT_ONE
    return np.clip(rounded, 0, 255, out=rounded)


@lru_cache(maxsize=48)
def _filter(length: int, lengths: tuple[int, ...]) -> _Filter:
    parts = [_weights(length, output) for output in lengths]
    start, end = (np.concatenate([part[i] for part in parts]) for i in (0, 1))
    terms = int((end - start).max())
    weights = np.concatenate(
        [np.pad(part[2], ((0, 0), (0, terms - part[2].shape[1]))) for part in parts]
    )
    products = _products(start, end, weights, np.concatenate([_group_starts(n) for n in lengths]))
    # Pixels and weights fit the 24 bits of a float's mantissa, so only sums and products
    # round: in a sum of n terms in m parts, each term at most n + m times, whatever the order;
    # adding `middle` rounds once more. A rounding is wrong by at most 2**-24 of the value.
    roundings = min(_MAX_PRODUCT_TERMS, length) + -(-length // _MAX_PRODUCT_TERMS)
    largest = _MIDDLE_LEVEL * float(np.abs(weights).sum(axis=1).max()) / _WEIGHT_ONE
    error = (1.01 * roundings * largest + 4 * _MIDDLE_LEVEL) * 2.0**-24
    middle = _MIDDLE_LEVEL * (weights.sum(axis=1) / _WEIGHT_ONE)
    # Exact sums read windows of equal width: those at the end of the row start earlier.
    inside = np.minimum(start, length - terms)
    weights = np.take_along_axis(weights, np.arange(terms) - (start - inside)[:, None], axis=1)
    return _Filter(inside, weights, products, middle.astype(np.float32), error)


def _group_starts(length: int) -> NDArray[np.intp]:
    """Return 1 for each output pixel that is the first of a product, else 0, (length,)."""
    group = 16 if length > 32 else 8
    first: NDArray[np.intp] = (np.arange(length) % group == 0).astype(np.intp)
    return first


def _products(
    start: NDArray[np.intp],
    end: NDArray[np.intp],
    weights: NDArray[np.int32],
    first: NDArray[np.intp],
) -> tuple[_Product, ...]:
    """Make matrices of weights for groups of output pixels, `_MAX_PRODUCT_TERMS` terms each."""
    bounds = np.append(np.flatnonzero(first), len(first))
    begins, ends = start[bounds[:-1]], np.maximum.reduceat(end, bounds[:-1])
    group = np.cumsum(first) - 1
    matrices = np.zeros(
        (len(begins), (ends - begins).max(), np.diff(bounds).max()), dtype=np.float32
    )
    pixel, term = np.nonzero(weights)
    row = start[pixel] + term - begins[group[pixel]]
    matrices[group[pixel], row, pixel - bounds[group[pixel]]] = weights[pixel, term] / _WEIGHT_ONE
    return tuple(
        _Product(
            slice(begin + part, min(begin + part + _MAX_PRODUCT_TERMS, end)),
            slice(first_output, last_output),
            matrix[
                part : min(part + _MAX_PRODUCT_TERMS, end - begin), : last_output - first_output
            ],
            part == 0,
        )
        for begin, end, first_output, last_output, matrix in zip(
            begins.tolist(),
            ends.tolist(),
            bounds.tolist(),
            bounds[1:].tolist(),
            matrices,
            strict=False,
        )
        for part in range(0, end - begin, _MAX_PRODUCT_TERMS)
    )


def _weights(
    length: int, output: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.int32]]:
    """Return of each of `output` pixels its first input, the one after its last, and its weights.

    Shapes (output,), (output,) and (output, terms).
    """
    scale = length / output
    reach = _LOBES * max(scale, 1.0)
    centre = (np.arange(output) + 0.5) * scale
    start = np.maximum((centre - reach + 0.5).astype(np.intp), 0)
    end = np.minimum((centre + reach + 0.5).astype(np.intp), length)
    pixels = start[:, None] + np.arange((end - start).max())
    x = (pixels - centre[:, None] + 0.5) / max(scale, 1.0)
    inside = (pixels < end[:, None]) & (np.abs(x) < _LOBES)
    shares = np.where(inside, np.sinc(x) * np.sinc(x / _LOBES), 0.0)
    shares *= _WEIGHT_ONE / shares.sum(axis=1, keepdims=True)
    weights = np.copysign(np.floor(np.abs(shares) + 0.5), shares).astype(np.int32)
    # The last bit of numpy's sine may differ from Pillow's, which matters near a half only.
    doubtful = np.abs(np.abs(shares) % 1 - 0.5) < 1e-6
    for pixel in np.flatnonzero(doubtful.any(axis=1)):
        exact = _exact_weights(scale, float(centre[pixel]), int(start[pixel]), int(end[pixel]))
        weights[pixel, : len(exact)] = exact
    return start, end, weights


def _exact_weights(scale: float, centre: float, start: int, end: int) -> list[int]:
    """Return the weights of one output pixel, computed in the order in which Pillow does."""
    shrink = 1.0 / max(scale, 1.0)
    shares = [_lanczos((term + start - centre + 0.5) * shrink) for term in range(end - start)]
    total = 0.0
    for share in shares:
        total += share
    return [int(math.copysign(0.5, share) + share / total * _WEIGHT_ONE) for share in shares]


def _lanczos(x: float) -> float:
    return _sinc(x) * _sinc(x / _LOBES) if -_LOBES <= x < _LOBES else 0.0


def _sinc(x: float) -> float:
    x *= math.pi
    return math.sin(x) / x if x else 1.0
