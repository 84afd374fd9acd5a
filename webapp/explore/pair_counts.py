"""How many pairs of items lie at each distance of a kind: exactly, over all pairs."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from webapp.explore.near_pairs import first_words, selective_words_first
from webapp.explore.nodes import Nodes
from webapp.index.hamming import Distances, Planes, Positions

MAX_COMPARED_CODES = 12_000
"""So many codes are compared with each other in some tenths of a second; of more, a sample is."""

_TILE_ROWS, _TILE_COLUMNS = 64, 4096
_SEED = 81


@dataclass(frozen=True, slots=True)
class PairCounts:
    """How many pairs of `items` items differ in 0, 1, 2 ... bits, shape (limit + 1,).

    An item's nearest view of its nearest photo counts. `items` are all, or, where they have too
    many codes to compare, a sample.
    """

    pairs: NDArray[np.int64]
    items: int


@dataclass(frozen=True, slots=True)
class _Codes:
    """The codes of some items, one item after the other, each code of an item once.

    `planes` has shape (W, E); `items` says whose each is, ascending, shape (E,).
    """

    planes: Planes
    items: Positions

    def tiles(self, first: int, size: int) -> Iterator["_Codes"]:
        """Part the codes from column `first` into runs of about `size`, each item whole."""
        starts = np.flatnonzero(np.diff(self.items[first:], prepend=-1)) + first
        _, cuts = np.unique((starts - first) // size, return_index=True)
        for start, stop in pairwise([*starts[cuts].tolist(), len(self.items)]):
            yield _Codes(self.planes[:, start:stop], self.items[start:stop])


def count_pairs(nodes: Nodes, limit: int, most_codes: int = MAX_COMPARED_CODES) -> PairCounts:
    """Count the pairs of items by distance, up to `limit` bits.

    Items without a code that proves anything are in no pair but with the identical picture.
    """
    item_of_photo = np.repeat(
        np.arange(len(nodes.starts)), np.diff(np.append(nodes.starts, len(nodes.of_views)))
    )
    # Of each item and code one whole number, ascending by item; equal views are one code.
    keys = item_of_photo[:, None] * nodes.count + nodes.of_views
    items, own = np.divmod(np.unique(keys), nodes.count)
    if len(own) > most_codes:
        count = len(nodes.starts) * most_codes // len(own)
        drawn = np.random.default_rng(_SEED).choice(len(nodes.starts), count, replace=False)
        sampled = np.isin(items, drawn)
        items, own = items[sampled], own[sampled]
    counted = len(np.unique(items))
    has_code = own < nodes.codes.shape[1]
    # Those without a code share a node with the identical pictures.
    sharing = np.bincount(own[~has_code])
    pairs = np.zeros(limit + 1, dtype=np.int64)
    pairs[0] = (sharing * (sharing - 1) // 2).sum()
    if has_code.any():
        planes = selective_words_first(nodes.codes)[:, own[has_code]]
        pairs += _counts(_Codes(planes, items[has_code]), limit)
    return PairCounts(pairs, counted)


def _counts(codes: _Codes, limit: int) -> NDArray[np.int64]:
    """Compare each item with those after it, tile by tile."""
    counts = np.zeros(limit + 1, dtype=np.int64)
    top = 0
    for rows in codes.tiles(0, _TILE_ROWS):
        for columns in codes.tiles(top, _TILE_COLUMNS):
            counts += np.bincount(_near_lengths(rows, columns, limit), minlength=limit + 1)
        top += len(rows.items)
    return counts


def _near_lengths(rows: _Codes, columns: _Codes, limit: int) -> Distances:
    """Return the distance of each near pair of an item of `rows` and one after it in `columns`."""
    counts, near, words = first_words(rows.planes, columns.planes, np.uint8(limit + 1))
    places = np.flatnonzero(near)
    i, j = np.divmod(places, len(columns.items))
    lengths = counts.ravel()[places].astype(np.uint16)
    for left_word, right_word in zip(rows.planes[words:], columns.planes[words:], strict=True):
        lengths += np.bitwise_count(left_word[i] ^ right_word[j])
    left, right = rows.items[i], columns.items[j]
    found = (lengths <= limit) & (left < right)
    if _each_once(rows.items) and _each_once(columns.items):
        return lengths[found]
    pairs = left[found] * (int(columns.items[-1]) + 1) + right[found]
    # Of the codes of two items the nearest count: they come first.
    order = np.lexsort((lengths[found], pairs))
    _, nearest = np.unique(pairs[order], return_index=True)
    return lengths[found][order][nearest]


def _each_once(ascending: Positions) -> bool:
    return bool((ascending[1:] != ascending[:-1]).all())
