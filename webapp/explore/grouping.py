"""The groups of a kind: items that steps of a few bits lead to from one to the next."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webapp.explore.near_pairs import spanning_links
from webapp.explore.nodes import Nodes
from webapp.explore.spanning_forest import Forest, Lengths, Links, make_links
from webapp.index.hamming import Positions
from webapp.index.photo_rows import PhotoRows
from webapp.models import Ids


@dataclass(frozen=True, slots=True)
class Grouping:
    """All G groups of a kind, largest first, then by smallest id.

    Items are in one group if steps of no more than `limit` bits lead from one to the other.
    `ids[starts[g]:starts[g + 1]]` are the items of group g, ascending; `photos` are the numbers of
    their photos that are nearest to another item's, in the same order. `distances[g]` is the
    smallest limit at which it would still be one group, in bits.
    """

    limit: int
    ids: Ids
    photos: NDArray[np.integer]
    starts: NDArray[np.int64]
    distances: Lengths

    def __len__(self) -> int:
        return len(self.distances)

    def members(self, number: int) -> Ids:
        """Return the ids of one group."""
        return self.ids[self.starts[number] : self.starts[number + 1]]

    def number_of(self, item_id: int) -> int | None:
        """Return which group an item is in."""
        places = np.flatnonzero(self.ids == item_id)
        return int(np.searchsorted(self.starts, places[0], "right")) - 1 if len(places) else None


def grouping_of(ids: Ids, nodes: Nodes, limit: int, photos: PhotoRows | None = None) -> Grouping:
    """Group items, exactly: over all pairs of codes within the limit.

    `photos`: those of the nodes, where items have several.
    """
    links = spanning_links(nodes.codes, limit, _photos_together(nodes))
    trees = Forest(nodes.count, links).labels(limit)
    longest = np.zeros(len(trees), dtype=np.uint8)
    np.maximum.at(longest, trees[links.left], links.lengths)
    # All views of an item's photos are in one tree.
    tree_of = trees[nodes.of_views[nodes.starts, 0]]
    own, first, sizes = np.unique(tree_of, return_index=True, return_counts=True)
    order = np.lexsort((first, -sizes))
    order = order[sizes[order] > 1]
    rank = np.full(len(trees), len(order))
    rank[own[order]] = np.arange(len(order))
    ranks = rank[tree_of]
    grouped = np.argsort(ranks, kind="stable")[: sizes[order].sum()]
    starts = np.concatenate(([0], np.cumsum(sizes[order]))).astype(np.int64)
    numbers = np.ones(len(ids), dtype=np.int32)
    if photos:
        numbers = photos.numbers[_nearest_photos(nodes, links, photos)]
    return Grouping(limit, ids[grouped], numbers[grouped], starts, longest[own[order]])


def _nearest_photos(nodes: Nodes, links: Links, photos: PhotoRows) -> Positions:
    """Return the photo of each item that is nearest to one of another item, the first of equals.

    The forest tells: of the links that lead out of an item it has one of the shortest.
    """
    nearest = np.full(nodes.count, 255, dtype=np.uint8)
    leads_out = links.lengths > 0  # the links of 0 are within an item
    for ends in (links.left, links.right):
        np.minimum.at(nearest, ends[leads_out], links.lengths[leads_out])
    lowest, highest = np.full(nodes.count, len(nodes.starts)), np.full(nodes.count, -1)
    np.minimum.at(lowest, nodes.of_views, photos.items[:, None])
    np.maximum.at(highest, nodes.of_views, photos.items[:, None])
    nearest[lowest < highest] = 0  # several items have this code
    of_photos = nearest[nodes.of_views].min(axis=1)
    of_items = photos.nearest(of_photos)
    places = np.arange(len(of_photos))
    places[of_photos > of_items[photos.items]] = len(of_photos)
    return photos.nearest(places).astype(np.intp)


def _photos_together(nodes: Nodes) -> Links:
    """Link the nodes of each item's photos and views at distance 0, as the nearest counts."""
    of_views = nodes.of_views
    pairs = np.stack([of_views[:, :-1], of_views[:, 1:]], axis=-1).reshape(-1, 2)
    is_further = np.ones(len(of_views), dtype=bool)
    is_further[nodes.starts] = False
    further = np.flatnonzero(is_further)
    after = np.stack([of_views[further - 1, -1], of_views[further, 0]], axis=-1)
    pairs = np.concatenate([pairs, after])
    left, right = pairs[pairs[:, 0] != pairs[:, 1]].T
    return make_links(left, right, np.zeros(len(left), dtype=np.uint8))
