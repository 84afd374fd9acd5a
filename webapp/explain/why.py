"""Why an item matched: the very bits that ranked it, kind by kind."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webapp.exceptions import ItemNotFound
from webapp.hashing.hash_kind import Bits, HashKind
from webapp.index.code_table import bit_vector
from webapp.index.hamming import distances_to_query
from webapp.pictures.regions import region
from webapp.search.look import Look, blend
from webapp.search.query import Part
from webapp.search.searcher import Search

_BARS = 48


@dataclass(frozen=True, slots=True)
class Evidence:
    """One kind's part in a match.

    `asked` and `found` are the bits, shape (bits,), of the query's and the item's views that were
    nearest to each other, of all that were compared. `reading` says how the query was read, empty
    for as it is; `view` what the item's view is of. `counts` is what they add to the distance.
    """

    kind: HashKind
    asked: Bits
    found: Bits
    reading: str
    view: str
    weight: float
    counts: int

    @property
    def differs(self) -> Bits:
        """Where the two differ, shape (bits,)."""
        return self.asked ^ self.found

    @property
    def distance(self) -> int:
        """How many bits differ."""
        return int(self.differs.sum())

    @property
    def region(self) -> str:
        """Where in the picture most of the differing cells lie, if they gather somewhere."""
        if not self.kind.places or self.distance < 2:
            return ""
        return region(self.differs.reshape(self.kind.shape))


@dataclass(frozen=True, slots=True)
class Explanation:
    """A match taken apart.

    `histogram`: how many random pairs of the catalogue's items have a distance below one `step`,
    below two, and so on. `nearer_than`: the share of them that are farther apart.
    """

    distance: int
    evidence: tuple[Evidence, ...]
    histogram: NDArray[np.int64]
    step: int
    nearer_than: float


def explain(search: Search, item_id: int) -> Explanation:
    """Take the match of a search with one item apart.

    Raises:
        ItemNotFound: the published index does not hold the item.
    """
    measure = search.prepared.measure
    place = int(np.searchsorted(measure.ids, item_id))
    if place == len(measure.ids) or measure.ids[place] != item_id:
        raise ItemNotFound(f"there is no item {item_id} in the index of {search.query.by.name}")
    distance = int(measure.distances(np.array([place]))[0])
    random_distances = search.prepared.random_distances
    farthest = max(int(random_distances.max(initial=1)), distance)
    # Whole steps, two at least: some kinds have even distances only.
    step = max(2, -(-(farthest + 1) // _BARS))
    histogram = np.bincount(random_distances // step, minlength=farthest // step + 1)
    return Explanation(
        distance,
        tuple(_evidence(search, place)),
        histogram,
        step,
        1 - search.chance(distance),
    )


def _evidence(search: Search, place: int) -> Iterator[Evidence]:
    for part in search.prepared.parts:
        yield _of_kind(search, part, place)


def _of_kind(search: Search, part: Part, place: int) -> Evidence:
    kind_index, readings = part.kind_index, part.readings
    rows = kind_index.table.rows[place]
    views = kind_index.table.codes[:, rows]
    apart = np.stack([distances_to_query(views, query) for query in readings.queries.T])
    reading, view = np.unravel_index(int(apart.argmin()), apart.shape)
    counts = int(apart[reading, view])
    if isinstance(search.query.by, Look):
        counts = int(blend([apart[reading, view][None]], [kind_index.scale], [part.share])[0])
    return Evidence(
        part.kind,
        bit_vector(readings.queries[:, reading], part.kind.bits).astype(bool),
        bit_vector(views[:, view], part.kind.bits).astype(bool),
        readings.phrases[reading],
        part.kind.view_names[view],
        part.share,
        counts,
    )
