"""The minimum spanning forest of all codes within a distance, without comparing all pairs.

Three methods save comparisons and memory; none of them misses a link that the forest needs:

* Pigeonhole: two codes that differ in at most d bits are equal in at least one of d + 1 chunks of
  their bits. Where few pairs are equal in a chunk, only those pairs are compared.
* Two codes need no link of their own if a path of links that are no longer than their distance
  joins them already. The codes are sorted so that two vectors tell this for a whole tile of pairs.
* Most pairs differ too much in their first word or two; only the others are compared completely.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from webapp.explore.spanning_forest import Forest, Lengths, Links, Nodes, make_links
from webapp.index.hamming import Planes

Keys = NDArray[np.uint64]
BitPlaces = Sequence[tuple[int, int]]
"""Bits of a code, each as the number of its word and its number in the word, from the lowest."""

MAX_LIMIT_BITS = 191
"""The largest limit: a bound of one more, and the counts of three words, fit a byte."""

_MAX_BYTE_WORDS = 3

# Pairs are compared in tiles; numpy is twice as fast on rows of some thousand words as on shorter.
_TILE_ROWS, _TILE_COLUMNS = 128, 4096
# Below this share of near pairs in a tile, single pairs are compared instead of whole words.
_MIN_NEAR_SHARE = 1 / 8
# Chunks are used where they leave less than this share of all pairs to compare.
_MAX_CHUNK_SHARE = 0.2
_SAMPLE_CODES = 4096
_FIRST_SORTS = 8
_SEED = 81


def spanning_links(codes: Planes, limit: int, known: Links) -> Links:
    """Return a minimum spanning forest of N distinct codes, shape (W, N), by Hamming distance.

    Its links are at most `limit` bits long, and `limit` at most `MAX_LIMIT_BITS`. `known` are
    links given beforehand, of any length. For any two codes, the path between them has the same
    longest link as the best path over all pairs within the limit.
    """
    assert limit <= MAX_LIMIT_BITS
    forest = Forest(codes.shape[1], known)
    if limit and codes.shape[1] > 1:  # distinct codes differ in one bit or more
        bits = _varying(codes)
        for links in _first_links(codes, bits, limit):
            forest.add(links)
        forest.merge()
        order = forest.order()
        links = _Search(codes[:, order], limit, forest.renumbered(order)).run()
        return make_links(order[links.left], order[links.right], links.lengths)
    return forest.merge()


def _first_links(codes: Planes, bits: BitPlaces, limit: int) -> list[Links]:
    """Sort the codes by their bits in some random orders, and link near codes one or two apart."""
    random = np.random.default_rng(_SEED)
    batches = []
    for _ in range(_FIRST_SORTS):
        order = np.argsort(_keys(codes, [bits[place] for place in random.permutation(len(bits))]))
        for apart in (1, 2):
            left, right = order[:-apart], order[apart:]
            lengths = np.bitwise_count(codes[:, left] ^ codes[:, right]).sum(axis=0)
            near = lengths <= limit
            batches.append(make_links(left[near], right[near], lengths[near].astype(np.uint8)))
    return batches


def _varying(codes: Planes) -> BitPlaces:
    """List the bits that are not equal in all codes."""
    differing = np.bitwise_or.reduce(codes ^ codes[:, :1], axis=1).tolist()
    return [
        (word, bit) for word, mask in enumerate(differing) for bit in range(64) if mask >> bit & 1
    ]


def _keys(codes: Planes, bits: BitPlaces) -> Keys:
    """Pack the first 64 of the given bits of each code into one word, shape (N,)."""
    keys = np.zeros(codes.shape[1], dtype=np.uint64)
    for word, bit in bits[:64]:
        keys <<= np.uint64(1)
        keys |= (codes[word] >> np.uint64(bit)) & np.uint64(1)
    return keys


class _Search:
    """Compares the pairs that may need a link, of codes in the order of `Forest.order`."""

    def __init__(self, codes: Planes, limit: int, forest: Forest) -> None:
        self._codes = selective_words_first(codes)
        self._limit = limit
        self._forest = forest
        self._steps = forest.steps(limit + 1)

    def run(self) -> Links:
        """Compare all those pairs, and return the links of the forest."""
        bits = _varying(self._codes)
        chunks = [bits[first :: self._limit + 1] for first in range(self._limit + 1)]
        if _share_equal(self._codes, chunks) < _MAX_CHUNK_SHARE:
            for chunk in chunks:
                self._compare_equal(_keys(self._codes, chunk))
        else:
            self._compare_equal(np.zeros(self._codes.shape[1], dtype=np.uint64))
        return self._forest.merge()

    def _compare_equal(self, keys: Keys) -> None:
        """Compare all pairs of codes with equal keys; a tile may hold pairs of others too."""
        rows = np.argsort(keys, kind="stable")
        starts, ends = _runs(keys[rows])
        rows = rows[ends - starts > 1]
        starts, ends = _runs(keys[rows])
        for start in range(0, len(rows), _TILE_ROWS):
            stop = min(start + _TILE_ROWS, len(rows))
            self._compare_among(np.sort(rows[start:stop]))
            # The tile may end within a run of equal keys. The rows of a run ascend, so the rest
            # of the run comes after the tile's rows in the order of codes too.
            open_run = rows[max(start, starts[stop - 1]) : stop]
            for other in range(stop, ends[stop - 1], _TILE_COLUMNS):
                end = min(other + _TILE_COLUMNS, ends[stop - 1])
                self._compare_between(open_run, rows[other:end])

    def _compare_among(self, rows: Nodes) -> None:
        """Compare each of the rows, which ascend, with those after it."""
        if len(rows) < 2:
            return
        steps = np.maximum.reduceat(self._steps[: rows[-1]], rows[:-1])
        # The longest step from row i to row j is the largest of those of i, i + 1 ... j - 1.
        upper = np.triu(np.broadcast_to(steps, (len(steps), len(steps))))
        self._compare(rows[:-1], rows[1:], np.maximum.accumulate(upper, axis=1))

    def _compare_between(self, rows: Nodes, others: Nodes) -> None:
        """Compare each of the rows with each of the others; both ascend, others come after."""
        starts = np.concatenate([rows, others[:-1]])
        steps = np.maximum.reduceat(self._steps[: others[-1]], starts)
        to_first_other = np.maximum.accumulate(steps[len(rows) - 1 :: -1])[::-1]
        from_first_other = np.maximum.accumulate(np.append(np.uint8(0), steps[len(rows) :]))
        self._compare(rows, others, np.maximum.outer(to_first_other, from_first_other))

    def _compare(self, rows: Nodes, others: Nodes, bound: Lengths) -> None:
        """Link the pairs that differ in fewer bits than their `bound`, shape (rows, others)."""
        if bound.max() <= 1:
            return
        left, right = self._codes[:, rows], self._codes[:, others]
        counts, near, words = first_words(left, right, bound)
        places = np.flatnonzero(near)
        i, j = np.divmod(places, len(others))
        lengths = counts.ravel()[places].astype(np.uint16)
        for left_word, right_word in zip(left[words:], right[words:], strict=True):
            lengths += np.bitwise_count(left_word[i] ^ right_word[j])
        nearer = lengths < bound.ravel()[places]
        if nearer.any() and self._forest.add(
            make_links(rows[i[nearer]], others[j[nearer]], lengths[nearer].astype(np.uint8))
        ):
            self._steps = self._forest.steps(self._limit + 1)


def first_words(
    left: Planes, right: Planes, bound: Lengths | np.uint8
) -> tuple[Lengths, NDArray[np.bool_], int]:
    """Count the differing bits of all pairs, word by word, until few pairs are below their bound.

    At most three words. Returns the counts, which of them are below the bound, both of shape
    (left, right), and the number of words.
    """
    counts = np.bitwise_count(left[0][:, None] ^ right[0])
    near = counts < bound
    words = 1
    while (
        words < min(len(left), _MAX_BYTE_WORDS)
        and np.count_nonzero(near) > _MIN_NEAR_SHARE * near.size
    ):
        counts += np.bitwise_count(left[words][:, None] ^ right[words])
        np.less(counts, bound, out=near)
        words += 1
    return counts, near, words


def selective_words_first(codes: Planes) -> Planes:
    """Sort the words by how many bits differ in them between random codes, the most first."""
    shuffled = np.random.default_rng(_SEED).permutation(codes.shape[1])
    differing = np.bitwise_count(codes ^ codes[:, shuffled]).mean(axis=1)
    return np.ascontiguousarray(codes[np.argsort(-differing)])


def _runs(keys: Keys) -> tuple[Nodes, Nodes]:
    """Return for each of the keys, which ascend, where its run of equal keys starts and ends."""
    return np.searchsorted(keys, keys, "left"), np.searchsorted(keys, keys, "right")


def _share_equal(codes: Planes, chunks: Sequence[BitPlaces]) -> float:
    """Estimate from a sample the share of pairs that are equal in a chunk, summed over chunks."""
    count = min(codes.shape[1], _SAMPLE_CODES)
    drawn = np.random.default_rng(_SEED).choice(codes.shape[1], count, replace=False)
    sample = codes[:, drawn]
    equal = 0.0
    for chunk in chunks:
        _, runs = np.unique(_keys(sample, chunk), return_counts=True)
        equal += float((runs * (runs - 1)).sum())
    return float(equal / (count * (count - 1)))
