"""Codes as real photos have them: skewed bits, few true dimensions, clusters of near copies.

A code is a hidden point, drawn from few dimensions of falling weight, seen through fixed
directions and thresholds. Some points are near copies of others. The numbers below were fitted on
3,055 shop photos of bags, to the mean and spread of the distances of random pairs, the distances
of the nearest and the ninth nearest, and the share of distinct codes:

| kind | random pair | nearest | ninth | distinct | the same, drawn |
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

_DIRECTIONS = 81  # seeds what all draws of a kind share
_CHUNK = 50_000


@dataclass(frozen=True, slots=True)
class Profile:
    """What makes a kind's codes.

    `skew`: how far from even the bits are. `falloff`: how fast the weights of the `dimensions`
    fall. `noise`: the share of a bit's own chance. `copies`: the share of items that are near
    copies of another, `apart`: how far those are.
    """

    skew: float
    falloff: float
    noise: float
    copies: float
    apart: float
    dimensions: int


PROFILES = {
    "whash": Profile(2.0, 1.3, 0.02, 0.3, 0.2, 16),
    "phash": Profile(0.63, 0.07, 0.037, 0.15, 0.2, 16),
    "shape": Profile(0.95, 0.13, 0.003, 0.4, 0.42, 32),
    "colour": Profile(1.81, 0.0, 0.025, 0.24, 0.5, 4),
    "learned": Profile(0.85, 0.1, 0.01, 0.2, 0.5, 20),
}
_OTHER_KINDS = Profile(0.9, 0.6, 0.01, 0.2, 0.25, 16)
_CONTRAST = 3.5  # how far one colour outweighs the others
_SAME_CUT = 0.77  # shape: the share of photos whose two cut-out views are equal
_CUTS_APART = 0.35


def draw(kind: HashKind, count: int, seed: int) -> Packed:
    """Draw codes; those of another count are others, but of the same make."""
    random = np.random.default_rng(seed)
    profile = PROFILES.get(kind.name, _OTHER_KINDS)
    seen = _seer(kind, profile, random)
    whole = _points(profile, count, random)
    if kind.views == 1:
        return _packed(seen, whole)[:, None]
    cut = _points(profile, count, random)
    views = [_packed(seen, whole), _packed(seen, cut), _packed(seen, _again(cut, random))]
    same = random.random(count) < _SAME_CUT
    views[2][same] = views[1][same]
    return np.stack(views, axis=1)


def _packed(seen: Callable[[Floats], NDArray[np.bool_]], points: Floats) -> NDArray[np.uint8]:
    chunks = range(0, len(points), _CHUNK)
    return np.concatenate(
        [np.packbits(seen(points[start : start + _CHUNK]), axis=1) for start in chunks]
    )


def _again(points: Floats, random: np.random.Generator) -> Floats:
    apart = random.standard_normal(points.shape, dtype=np.float32)
    return points + np.float32(_CUTS_APART) * apart


def _points(profile: Profile, count: int, random: np.random.Generator) -> Floats:
    points = random.standard_normal((count, profile.dimensions), dtype=np.float32)
    copies = np.flatnonzero(random.random(count) < profile.copies)
    originals = random.integers(0, count, len(copies))
    apart = random.standard_normal((len(copies), profile.dimensions), dtype=np.float32)
    points[copies] = points[originals] + np.float32(profile.apart) * apart
    return points


def _seer(
    kind: HashKind, profile: Profile, random: np.random.Generator
) -> Callable[[Floats], NDArray[np.bool_]]:
    """Return what turns points, shape (N, dimensions), into bits, shape (N, bits)."""
    fixed = np.random.default_rng(_DIRECTIONS)
    outputs = colour.ANCHORS if kind.name == "colour" else kind.bits
    level = (fixed.standard_normal(outputs) * profile.skew).astype(np.float32)
    directions = fixed.standard_normal((profile.dimensions, outputs))
    directions *= (np.arange(1, profile.dimensions + 1) ** -profile.falloff)[:, None]
    directions *= np.sqrt((1 - profile.noise) / (directions**2).sum(axis=0))
    weights = directions.astype(np.float32)

    def values(points: Floats) -> Floats:
        chance = random.standard_normal((len(points), outputs), dtype=np.float32)
        seen: Floats = level + points @ weights + np.float32(np.sqrt(profile.noise)) * chance
        return seen

    if kind.name == "colour":
        return lambda points: _unary(values(points))
    return lambda points: values(points) > 0


def _unary(values: Floats) -> NDArray[np.bool_]:
    """Turn values, shape (N, anchors), into shares of a picture and those into unary codes."""
    shares = np.exp(_CONTRAST * (values - values.max(axis=1, keepdims=True)))
    shares /= shares.sum(axis=1, keepdims=True)
    levels = colour.thresholds()
    bits: NDArray[np.bool_] = shares[:, :, None] > levels
    return bits.reshape(len(values), -1)


def vary(codes: Packed, count: int, seed: int) -> Packed:
    """Draw codes from real ones, each a little noisy: what flips is what differs among them.

    `codes` has shape (M, V, bytes). A bit flips as often as it is uneven; one in 25 does, of
    those that differ freely.
    """
    random = np.random.default_rng(seed)
    found = codes[random.integers(0, len(codes), count)]
    often = np.unpackbits(codes[:, 0], axis=1).mean(axis=0)
    chance = (0.16 * often * (1 - often)).astype(np.float32)
    for start in range(0, count, _CHUNK):
        some = found[start : start + _CHUNK]
        flips = random.random((len(some), 1, 8 * codes.shape[2]), dtype=np.float32) < chance
        some ^= np.packbits(flips, axis=2).repeat(codes.shape[1], axis=1)
    return found
