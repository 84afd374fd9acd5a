"""A minimum spanning forest that grows by batches of links."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Nodes = NDArray[np.int64]
"""Numbers of nodes, from 0."""

Lengths = NDArray[np.uint8]
"""Lengths of links, in bits."""

# So many links take some tens of megabytes.
_BATCH_LINKS = 1 << 20


@dataclass(frozen=True, slots=True)
class Links:
    """E links (edges), each between two nodes; all arrays have shape (E,)."""

    left: Nodes
    right: Nodes
    lengths: Lengths


def make_links(left: NDArray[np.integer], right: NDArray[np.integer], lengths: Lengths) -> Links:
    """Build links from E pairs of nodes, in any order, so that `left` is the smaller node."""
    low, high = np.minimum(left, right), np.maximum(left, right)
    return Links(low.astype(np.int64), high.astype(np.int64), lengths)


class Forest:
    """A minimum spanning forest of `size` nodes over all links that were added.

    Of all paths between two nodes over all links, the forest's has the shortest longest link.
    """

    def __init__(self, size: int, links: Links) -> None:
        self.size = size
        self._links = links
        self._added: list[Links] = []

    def add(self, links: Links) -> bool:
        """Add links; return whether enough were waiting that all were merged."""
        self._added.append(links)
        if sum(len(batch.left) for batch in self._added) < _BATCH_LINKS:
            return False
        self.merge()
        return True

    def merge(self) -> Links:
        """Drop all links that the minimum spanning forest does not need; return the others."""
        # Importing these takes half of the program's start, and few processes need them.
        from scipy.sparse import coo_array  # noqa: PLC0415
        from scipy.sparse.csgraph import minimum_spanning_tree  # noqa: PLC0415

        all_links = _joined([self._links, *self._added])
        self._added.clear()
        # Of links between the same two nodes, the first stays: the known ones come first.
        _, first = np.unique(all_links.left * self.size + all_links.right, return_index=True)
        weights = all_links.lengths[first] + 1.0  # scipy takes a weight of 0 for no link
        pairs = (all_links.left[first], all_links.right[first])
        matrix = coo_array((weights, pairs), shape=(self.size, self.size)).tocsr()
        tree = minimum_spanning_tree(matrix).tocoo()
        self._links = make_links(tree.row, tree.col, (tree.data - 1).astype(np.uint8))
        return self._links

    def labels(self, length: int) -> NDArray[np.int32]:
        """Return the tree of each node over merged links up to a length, numbered, (size,)."""
        from scipy.sparse import coo_array  # noqa: PLC0415
        from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

        near = self._links.lengths <= length
        pairs = (self._links.left[near], self._links.right[near])
        matrix = coo_array((np.ones(near.sum()), pairs), shape=(self.size, self.size))
        return connected_components(matrix, directed=False)[1]

    def order(self) -> Nodes:
        """Return the nodes sorted so that, at every length, those of a tree are adjacent."""
        levels = [self.labels(length) for length in self._lengths()]
        return np.lexsort(levels) if levels else np.arange(self.size)

    def renumbered(self, order: Nodes) -> "Forest":
        """Return the same forest in which node `order[n]` has the number n."""
        number = np.empty_like(order)
        number[order] = np.arange(self.size)
        links = self._links
        return Forest(self.size, make_links(number[links.left], number[links.right], links.lengths))

    def steps(self, beyond: int) -> Lengths:
        """Return the longest link on the path from each node to the next, shape (size - 1,).

        `beyond` where no path joins the two.
        """
        longest = np.full(self.size - 1, beyond, dtype=np.uint8)
        for length in reversed(self._lengths()):
            labels = self.labels(length)
            longest[labels[1:] == labels[:-1]] = length
        return longest

    def _lengths(self) -> list[int]:
        return [int(length) for length in np.unique(self._links.lengths)]


def _joined(parts: Sequence[Links]) -> Links:
    return Links(
        np.concatenate([part.left for part in parts]),
        np.concatenate([part.right for part in parts]),
        np.concatenate([part.lengths for part in parts]),
    )
