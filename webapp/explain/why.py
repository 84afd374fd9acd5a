"""Why an item matched: the bits that ranked it, kind by kind."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webapp.exceptions import ItemNotFound
from webapp.hashing.hash_kind import Bits, HashKind
from webapp.index.hamming import distances_to_query
from webapp.index.row_table import bit_vector
from webapp.pictures.regions import region
from webapp.search.look import Look, blend
from webapp.search.prepared_query import Part
from webapp.search.result import Level
from webapp.search.searcher import Search

_MAX_HISTOGRAM_BARS = 48


@dataclass(frozen=True, slots=True)
class Evidence:
    """One kind's part in a match.

    `query_bits` and `item_bits`: of the query's readings and the item's views the two nearest to
    each other, shape (bits,). `reading`: the phrase of that reading, empty for the plain one.
    `view`: the name of that view. `share`: the kind's share of the look, 0 to 1; 1 if it ranks
    alone. `adds`: its part of the match's distance, in the unit of the ranking.
    """

    kind: HashKind
    query_bits: Bits
    item_bits: Bits
    reading: str
    view: str
    share: float
    adds: int

    @property
    def differs(self) -> Bits:
        """The bits that differ, shape (bits,)."""
        return self.query_bits ^ self.item_bits

    @property
    def distance(self) -> int:
        """The Hamming distance of the two, in bits."""
        return int(self.differs.sum())

    @property
    def region(self) -> str:
        """The region of the picture where most differing cells lie; empty if there is none.

        Empty also for kinds whose bits are not places in the picture.
        """
        if not self.kind.places or self.distance < 2:
            return ""
        return region(self.differs.reshape(self.kind.shape))


@dataclass(frozen=True, slots=True)
class Explanation:
    """The evidence of a match, and its distance among those of random pairs of items.

    `photo`: the number of the item's photo that matched, the nearest.
    `distance` and `step` are in the unit of the ranking: bits, or look distance.
    `histogram[i]`: how many of 20,000 random pairs have a distance from `i * step` to below
    `(i + 1) * step`. `nearer_than`: the share of the pairs, 0 to 1, that are farther apart;
    None where the catalogue has too few items to say. `level` and `close`: as of a `Hit`. `bag`:
    whether the photo asked with shows one, None where that is not known. `unlike`: how far the item
    is from each item that hits must not be like, by its id.
    """

    photo: int
    distance: int
    level: Level | None
    close: bool
    bag: bool | None
    evidence: tuple[Evidence, ...]
    histogram: NDArray[np.int64]
    step: int
    nearer_than: float | None
    unlike: Mapping[int, int]


def explain(search: Search, item_id: int) -> Explanation:
    """Explain the match of a search with one item.

    Raises:
        ItemNotFound: the index of the search's generation does not hold the item.
    """
    measure = search.prepared.measure
    position = int(np.searchsorted(measure.ids, item_id))
    if position == len(measure.ids) or measure.ids[position] != item_id:
        raise ItemNotFound(f"there is no item {item_id} in the index of {search.query.by.name}")
    distance = int(measure.distances(np.array([position]))[0])
    random_distances = search.prepared.random_distances
    farthest = max(int(random_distances.max(initial=1)), distance)
    # Two or more: some kinds have even distances only, which would leave every other bar empty.
    step = max(2, -(-(farthest + 1) // _MAX_HISTOGRAM_BARS))
    histogram = np.bincount(random_distances // step, minlength=farthest // step + 1)
    chance = search.chance(distance)
    ((level, close),) = search.prepared.verdicts([item_id], [distance])
    (photo,) = search.prepared.photos_at([item_id]).tolist()
    return Explanation(
        search.prepared.photo_numbers([item_id])[0],
        distance,
        level,
        close,
        search.prepared.bag,
        tuple(_evidence(search, part, photo) for part in search.prepared.parts),
        histogram,
        step,
        None if chance is None else 1 - chance,
        search.apart_from_unlike(position),
    )


def _evidence(search: Search, part: Part, photo: int) -> Evidence:
    kind_index, readings = part.kind_index, part.readings
    views = kind_index.table.codes_of(np.array([photo]))[:, 0]
    distances = np.stack([distances_to_query(views, query) for query in readings.queries.T])
    reading, view = np.unravel_index(int(distances.argmin()), distances.shape)
    adds = int(distances[reading, view])
    if isinstance(search.query.by, Look):
        adds = int(blend([distances[reading, view][None]], [kind_index.scale], [part.share])[0])
    return Evidence(
        part.kind,
        bit_vector(readings.queries[:, reading], part.kind.bits).astype(bool),
        bit_vector(views[:, view], part.kind.bits).astype(bool),
        readings.phrases[reading],
        part.kind.view_names[view],
        part.share,
        adds,
    )
