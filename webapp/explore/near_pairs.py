"""All pairs of near codes, exactly, as far as they matter to which codes hang together.

Three things keep the number of comparisons far below all pairs, and that of pairs held at once
small, without missing any that matters:

* Two codes that differ in at most d bits agree wholly in one of d + 1 chunks of bits. Where
  chunks tell codes apart well, only codes that agree in one are compared (pigeonhole).
* Two codes already joined by steps no longer than their distance need no link of their own. The
  codes are put in an order in which that is known of whole tiles of pairs from two vectors.
* Most pairs are far apart in the first word or two: only the others are measured to the end.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from webapp.explore.spanning_forest import Forest, Lengths, Links, Nodes, make_links
from webapp.index.hamming import Planes

Keys = NDArray[np.uint64]
Bits = Sequence[tuple[int, int]]
"""Places of bits in a code: word and bit of the word."""

MOST = 191
"""The largest limit."""

# Words whose bits are counted for whole tiles: with all of them, a count still fits a byte.
_COUNTED = 3

# Pairs are compared in tiles of as many rows by as many columns; numpy is twice as fast on rows
# of some thousands of words than on shorter ones.
_ROWS, _COLUMNS = 128, 4096
# Below this share of near pairs in a tile they are picked out and measured one by one.
_FEW = 1 / 8
# Chunks are used while they leave less than this share of all pairs to compare.
_WORTH = 0.2
_SAMPLE = 4096
_GUESSES = 8


def spanning_links(codes: Planes, limit: int, known: Links) -> Links:
    """Return a minimum spanning forest of distinct codes, shape (W, N), by Hamming distance.

    Its links are no longer than `limit` bits, at most `MOST`; `known` are links given beforehand.
    Codes are joined by them by the same longest step as by all pairs within the limit.
    """
    assert limit <= MOST
    forest = Forest(codes.shape[1], known)
    if limit and codes.shape[1] > 1:  # distinct codes differ in one bit or more
        bits = _varying(codes)
        for links in _guesses(codes, bits, limit):
            forest.add(links)
        forest.merge()
        order = forest.order()
        found = _Search(codes[:, order], limit, forest.renumbered(order)).run()
        return make_links(order[found.left], order[found.right], found.lengths)
    return forest.merge()


def _guesses(codes: Planes, bits: Bits, limit: int) -> list[Links]:
    """Link codes that come next to each other when sorted by their bits in some random orders."""
    random = np.random.default_rng(81)
    found = []
    for _ in range(_GUESSES):
        order = np.argsort(_keys(codes, [bits[place] for place in random.permutation(len(bits))]))
        for apart in (1, 2):
            left, right = order[:-apart], order[apart:]
            lengths = np.bitwise_count(codes[:, left] ^ codes[:, right]).sum(axis=0)
            near = lengths <= limit
            found.append(make_links(left[near], right[near], lengths[near].astype(np.uint8)))
    return found


def _varying(codes: Planes) -> Bits:
    """List the bits in which some codes differ."""
    differing = np.bitwise_or.reduce(codes ^ codes[:, :1], axis=1).tolist()
    return [
        (word, bit) for word, mask in enumerate(differing) for bit in range(64) if mask >> bit & 1
    ]


def _keys(codes: Planes, bits: Bits) -> Keys:
    """Gather up to 64 bits of each code into one word."""
    keys = np.zeros(codes.shape[1], dtype=np.uint64)
    for word, bit in bits[:64]:
        keys <<= np.uint64(1)
        keys |= (codes[word] >> np.uint64(bit)) & np.uint64(1)
    return keys


class _Search:
    """Goes through the pairs that may matter, of codes in an order where near ones are together."""

    def __init__(self, codes: Planes, limit: int, forest: Forest) -> None:
        self._codes = _telling_words_first(codes)
        self._limit = limit
        self._forest = forest
        self._steps = forest.steps(limit + 1)

    def run(self) -> Links:
        """Compare all pairs that may matter, and return the forest."""
        bits = _varying(self._codes)
        chunks = [bits[first :: self._limit + 1] for first in range(self._limit + 1)]
        if _share(self._codes, chunks) < _WORTH:
            for chunk in chunks:
                self._compare_equal(_keys(self._codes, chunk))
        else:
            self._compare_equal(np.zeros(self._codes.shape[1], dtype=np.uint64))
        return self._forest.merge()

    def _compare_equal(self, keys: Keys) -> None:
        """Compare all rows of equal keys; some of unequal ones are compared on the way."""
        rows = np.argsort(keys, kind="stable")
        starts, ends = _runs(keys[rows])
        rows = rows[ends - starts > 1]
        starts, ends = _runs(keys[rows])
        for start in range(0, len(rows), _ROWS):
            stop = min(start + _ROWS, len(rows))
            self._compare_among(np.sort(rows[start:stop]))
            # The last run may go on: its rows ascend, so all that follow come after these.
            some = rows[max(start, starts[stop - 1]) : stop]
            for other in range(stop, ends[stop - 1], _COLUMNS):
                self._compare_between(some, rows[other : min(other + _COLUMNS, ends[stop - 1])])

    def _compare_among(self, rows: Nodes) -> None:
        """Compare each of some ascending rows with those after it."""
        if len(rows) < 2:
            return
        steps = np.maximum.reduceat(self._steps[: rows[-1]], rows[:-1])
        # From row i to row j, the longest step is that of i, i + 1 ... j - 1.
        upper = np.triu(np.broadcast_to(steps, (len(steps), len(steps))))
        self._compare(rows[:-1], rows[1:], np.maximum.accumulate(upper, axis=1))

    def _compare_between(self, rows: Nodes, others: Nodes) -> None:
        """Compare each of some ascending rows with each of others, all after them."""
        starts = np.concatenate([rows, others[:-1]])
        steps = np.maximum.reduceat(self._steps[: others[-1]], starts)
        there = np.maximum.accumulate(steps[len(rows) - 1 :: -1])[::-1]
        on = np.maximum.accumulate(np.append(np.uint8(0), steps[len(rows) :]))
        self._compare(rows, others, np.maximum.outer(there, on))

    def _compare(self, rows: Nodes, others: Nodes, bound: Lengths) -> None:
        """Link those that differ in fewer bits than `bound`, shape (rows, others), says."""
        if bound.max() <= 1:
            return
        left, right = self._codes[:, rows], self._codes[:, others]
        total, near, words = _first_words(left, right, bound)
        places = np.flatnonzero(near)
        i, j = np.divmod(places, len(others))
        lengths = total.ravel()[places].astype(np.uint16)
        for one, other in zip(left[words:], right[words:], strict=True):
            lengths += np.bitwise_count(one[i] ^ other[j])
        nearer = lengths < bound.ravel()[places]
        if nearer.any() and self._forest.add(
            make_links(rows[i[nearer]], others[j[nearer]], lengths[nearer].astype(np.uint8))
        ):
            self._steps = self._forest.steps(self._limit + 1)


def _first_words(
    left: Planes, right: Planes, bound: Lengths
) -> tuple[Lengths, NDArray[np.bool_], int]:
    """Count differing bits of all pairs in the first words, until few are near, or all are counted.

    Returns the counts and which are below the bound, shapes (left, right), and how many words.
    """
    total = np.bitwise_count(left[0][:, None] ^ right[0])
    near = total < bound
    words = 1
    while words < min(len(left), _COUNTED) and np.count_nonzero(near) > _FEW * near.size:
        total += np.bitwise_count(left[words][:, None] ^ right[words])
        np.less(total, bound, out=near)
        words += 1
    return total, near, words


def _telling_words_first(codes: Planes) -> Planes:
    """Sort the words by how far apart they put codes taken at random."""
    shuffled = np.random.default_rng(81).permutation(codes.shape[1])
    apart = np.bitwise_count(codes ^ codes[:, shuffled]).mean(axis=1)
    return np.ascontiguousarray(codes[np.argsort(-apart)])


def _runs(ordered: Keys) -> tuple[Nodes, Nodes]:
    """Return where the run of equal keys that each is in starts and ends."""
    return np.searchsorted(ordered, ordered, "left"), np.searchsorted(ordered, ordered, "right")


def _share(codes: Planes, chunks: Sequence[Bits]) -> float:
    """Estimate for how many of all pairs the chunks would have comparisons made."""
    count = min(codes.shape[1], _SAMPLE)
    some = codes[:, np.random.default_rng(81).choice(codes.shape[1], count, replace=False)]
    equal = 0.0
    for chunk in chunks:
        _, runs = np.unique(_keys(some, chunk), return_counts=True)
        equal += float((runs * (runs - 1)).sum())
    return float(equal / (count * (count - 1)))
