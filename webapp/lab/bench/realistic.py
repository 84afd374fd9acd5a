"""Synthetic codes that are like those of real photos: skewed bits, few dimensions, near copies.

Each code is made from a point in a space of few dimensions: its bits are random projections of the
point, compared with thresholds. Some points are near copies of others. The parameters were fitted
on 3,055 shop photos of bags: to mean and standard deviation of the distances of random pairs, to
the distances of the nearest and the ninth nearest, in bits, and to the share of distinct codes:

| kind | random pair | nearest | ninth | distinct | synthetic codes |
| --- | --- | --- | --- | --- | --- |
| whash | 12.0 +- 7.1 | 1.1 | 2.4 | 51 % | 13.2 +- 6.1, 1.3, 2.6, 84 % |
| phash | 25.6 +- 4.9 | 8.6 | 12.5 | 99 % | 26.4 +- 5.4, 8.0, 12.2, 100 % |
| shape, a view | 132 +- 15 | 69 | 88 | 100 % | 133 +- 17, 60, 88, 100 % |
| colour | 45 +- 19 | 6.2 | 10.6 | 97 % | 45 +- 16, 5.7, 9.8, 99 % |
| learned | 372 +- 56 | 185 | 232 | 100 % | 373 +- 54, 176, 229, 100 % |
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webapp.hashing import colour
from webapp.hashing.hash_kind import HashKind

Packed = NDArray[np.uint8]
"""Codes of N items with V views each, shape (N, V, bytes)."""

Floats = NDArray[np.float32]

_PROJECTIONS_SEED = 81  # all draws of a kind share their projections
_BLOCK_CODES = 50_000


@dataclass(frozen=True, slots=True)
class Profile:
    """The parameters of a kind's codes.

    `skew`: the standard deviation of thresholds; at 0, each bit is set in half of the codes.
    `dimensions`: of the points, their weights falling with the power `falloff`. `noise`: the share
    of each bit's variance that is independent noise. `copies`: the share of items that are near
    copies of another; `copy_distance`: their distance from it, in standard deviations of a point.
    """

    skew: float
    falloff: float
    noise: float
    copies: float
    copy_distance: float
    dimensions: int


PROFILES = {
    "whash": Profile(2.0, 1.3, 0.02, 0.3, 0.2, 16),
    "phash": Profile(0.63, 0.07, 0.037, 0.15, 0.2, 16),
    "shape": Profile(0.95, 0.13, 0.003, 0.4, 0.42, 32),
    "colour": Profile(1.81, 0.0, 0.025, 0.24, 0.5, 4),
    "learned": Profile(0.85, 0.1, 0.01, 0.2, 0.5, 20),
}
_OTHER_KINDS = Profile(0.9, 0.6, 0.01, 0.2, 0.25, 16)
_COLOUR_CONTRAST = 3.5  # the larger, the more one colour outweighs the others
_EQUAL_VIEWS_SHARE = 0.77  # of photos, for shape: the second view equals the third
_VIEWS_DISTANCE = 0.35  # the distance of these two views elsewhere, as `Profile.copy_distance`


def draw(kind: HashKind, count: int, seed: int) -> Packed:
    """Draw codes of a kind; another count or seed gives others of the same distribution."""
    random = np.random.default_rng(seed)
    profile = PROFILES.get(kind.name, _OTHER_KINDS)
    to_bits = _projection(kind, profile, random)
    whole = _points(profile, count, random)
    if kind.views == 1:
        return _packed(to_bits, whole)[:, None]
    cut = _points(profile, count, random)
    views = [_packed(to_bits, whole), _packed(to_bits, cut), _packed(to_bits, _moved(cut, random))]
    equal = random.random(count) < _EQUAL_VIEWS_SHARE
    views[2][equal] = views[1][equal]
    return np.stack(views[: kind.views], axis=1)


def _packed(to_bits: Callable[[Floats], NDArray[np.bool_]], points: Floats) -> NDArray[np.uint8]:
    starts = range(0, len(points), _BLOCK_CODES)
    return np.concatenate(
        [np.packbits(to_bits(points[start : start + _BLOCK_CODES]), axis=1) for start in starts]
    )


def _moved(points: Floats, random: np.random.Generator) -> Floats:
    steps = random.standard_normal(points.shape, dtype=np.float32)
    return points + np.float32(_VIEWS_DISTANCE) * steps


def _points(profile: Profile, count: int, random: np.random.Generator) -> Floats:
    points = random.standard_normal((count, profile.dimensions), dtype=np.float32)
    copies = np.flatnonzero(random.random(count) < profile.copies)
    originals = random.integers(0, count, len(copies))
    steps = random.standard_normal((len(copies), profile.dimensions), dtype=np.float32)
    points[copies] = points[originals] + np.float32(profile.copy_distance) * steps
    return points


def _projection(
    kind: HashKind, profile: Profile, random: np.random.Generator
) -> Callable[[Floats], NDArray[np.bool_]]:
    """Return the function from points, shape (N, dimensions), to bits, shape (N, bits)."""
    fixed = np.random.default_rng(_PROJECTIONS_SEED)
    outputs = colour.ANCHORS if kind.name == "colour" else kind.bits
    level = (fixed.standard_normal(outputs) * profile.skew).astype(np.float32)
    directions = fixed.standard_normal((profile.dimensions, outputs))
    directions *= (np.arange(1, profile.dimensions + 1) ** -profile.falloff)[:, None]
    directions *= np.sqrt((1 - profile.noise) / (directions**2).sum(axis=0))
    weights = directions.astype(np.float32)

    def values(points: Floats) -> Floats:
        noise = random.standard_normal((len(points), outputs), dtype=np.float32)
        projected: Floats = level + points @ weights + np.float32(np.sqrt(profile.noise)) * noise
        return projected

    if kind.name == "colour":
        return lambda points: _unary(values(points))
    return lambda points: values(points) > 0


def _unary(values: Floats) -> NDArray[np.bool_]:
    """Turn values, shape (N, anchors), into shares of colours, and those into bits, (N, bits)."""
    shares = np.exp(_COLOUR_CONTRAST * (values - values.max(axis=1, keepdims=True)))
    shares /= shares.sum(axis=1, keepdims=True)
    bits: NDArray[np.bool_] = shares[:, :, None] > colour.thresholds()
    return bits.reshape(len(values), -1)


def vary(codes: Packed, count: int, seed: int) -> Packed:
    """Draw `count` codes from M real ones, shape (M, V, bytes), and flip some of their bits.

    A bit flips with probability 0.16 * p * (1 - p), where p is how often it is set in the real
    codes: 4 % at most, and never a bit that is equal in all of them.
    """
    random = np.random.default_rng(seed)
    drawn = codes[random.integers(0, len(codes), count)]
    set_share = np.unpackbits(codes[:, 0], axis=1).mean(axis=0)
    flip_probability = (0.16 * set_share * (1 - set_share)).astype(np.float32)
    for start in range(0, count, _BLOCK_CODES):
        block = drawn[start : start + _BLOCK_CODES]
        size = (len(block), 1, 8 * codes.shape[2])
        flips = random.random(size, dtype=np.float32) < flip_probability
        block ^= np.packbits(flips, axis=2).repeat(codes.shape[1], axis=1)
    return drawn
