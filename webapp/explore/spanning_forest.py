"""A minimum spanning forest that grows by batches of links: what hangs together, by what steps."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Nodes = NDArray[np.int64]
Lengths = NDArray[np.uint8]

# Links gathered before they are merged: as many take some tens of megabytes.
_BATCH = 1 << 20


@dataclass(frozen=True, slots=True)
class Links:
    """E links between two nodes each, all arrays of shape (E,)."""

    left: Nodes
    right: Nodes
    lengths: Lengths


def make_links(left: NDArray[np.integer], right: NDArray[np.integer], lengths: Lengths) -> Links:
    """Write each link from its smaller to its larger node."""
    low, high = np.minimum(left, right), np.maximum(left, right)
    return Links(low.astype(np.int64), high.astype(np.int64), lengths)


class Forest:
    """The links that join `size` nodes by the shortest steps; more of them are in no tree.

    Any two nodes are joined by the same longest step as they would be by all links ever added.
    """

    def __init__(self, size: int, links: Links) -> None:
        self.size = size
        self._links = links
        self._added: list[Links] = []

    def add(self, links: Links) -> bool:
        """Take links in, and say whether they were so many that they were merged at once."""
        self._added.append(links)
        if sum(len(some.left) for some in self._added) < _BATCH:
            return False
        self.merge()
        return True

    def merge(self) -> Links:
        """Keep of all links those that a minimum spanning forest needs, and return them."""
        # Half of what starting takes, for something few processes do: imported when done.
        from scipy.sparse import coo_array  # noqa: PLC0415
        from scipy.sparse.csgraph import minimum_spanning_tree  # noqa: PLC0415

        every = _joined([self._links, *self._added])
        self._added.clear()
        # The first of equal pairs stays: known links come before found ones.
        _, first = np.unique(every.left * self.size + every.right, return_index=True)
        weights = every.lengths[first] + 1.0  # a weight of 0 would be no link
        pairs = (every.left[first], every.right[first])
        matrix = coo_array((weights, pairs), shape=(self.size, self.size)).tocsr()
        tree = minimum_spanning_tree(matrix).tocoo()
        self._links = make_links(tree.row, tree.col, (tree.data - 1).astype(np.uint8))
        return self._links

    def labels(self, length: int) -> NDArray[np.int32]:
        """Number the trees that remain of merged links up to a length; shape (size,)."""
        from scipy.sparse import coo_array  # noqa: PLC0415
        from scipy.sparse.csgraph import connected_components  # noqa: PLC0415

        near = self._links.lengths <= length
        pairs = (self._links.left[near], self._links.right[near])
        matrix = coo_array((np.ones(near.sum()), pairs), shape=(self.size, self.size))
        return connected_components(matrix, directed=False)[1]

    def order(self) -> Nodes:
        """Sort the nodes so that, at every length, trees lie together."""
        levels = [self.labels(length) for length in self._levels()]
        return np.lexsort(levels) if levels else np.arange(self.size)

    def renumbered(self, order: Nodes) -> "Forest":
        """Return the same forest with node `order[n]` called n."""
        place = np.empty_like(order)
        place[order] = np.arange(self.size)
        links = self._links
        return Forest(self.size, make_links(place[links.left], place[links.right], links.lengths))

    def steps(self, beyond: int) -> Lengths:
        """Return the longest step from each node to the next, shape (size - 1,).

        `beyond` where no links join them.
        """
        found = np.full(self.size - 1, beyond, dtype=np.uint8)
        for length in reversed(self._levels()):
            labels = self.labels(length)
            found[labels[1:] == labels[:-1]] = length
        return found

    def _levels(self) -> list[int]:
        return [int(length) for length in np.unique(self._links.lengths)]


def _joined(parts: Sequence[Links]) -> Links:
    return Links(
        np.concatenate([part.left for part in parts]),
        np.concatenate([part.right for part in parts]),
        np.concatenate([part.lengths for part in parts]),
    )
