"""The search: from a picture or an item to its ranked hits."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from webapp.exceptions import ItemNotFound
from webapp.hashing import bag_sense, picture_work
from webapp.index.hamming import Positions
from webapp.index.identical_pictures import NONE_IDENTICAL, IdenticalPictures
from webapp.index.snapshot import Snapshot
from webapp.metrics import CANDIDATES, PROOFS, REPAIRED, SEARCHES
from webapp.models import Filters, Fingerprint, Item
from webapp.search.among import Among
from webapp.search.folding import nearest_pictures
from webapp.search.measure import Measure, can_be_scanned
from webapp.search.nearest import nearest
from webapp.search.neighbours import Neighbours
from webapp.search.prepared_query import PreparedQuery
from webapp.search.price_bands import Band
from webapp.search.query import Query, joined, prepare
from webapp.search.result import Hit, Result


@dataclass(frozen=True)
class Search:
    """A query prepared for one snapshot; all that is asked of it later comes from that snapshot."""

    query: Query
    fingerprint: Fingerprint
    snapshot: Snapshot
    prepared: PreparedQuery
    left_out: frozenset[int] = frozenset()
    unlike: tuple[Measure, ...] = ()

    def among(self, filters: Filters) -> Among | None:
        """Return the items that pass filters and may be hits; None for all."""
        ids = self.prepared.measure.ids
        found = self.snapshot.positions(ids, filters)
        if found is None and not self.unlike:
            return None
        positions = np.arange(len(ids)) if found is None else found
        if can_be_scanned(self.prepared.measure):
            return Among(positions[self._all_nearer[positions]] if self.unlike else positions)
        keeps = self._nearer if self.unlike else None
        if not filters:
            return Among(positions, keeps=keeps)
        narrowing, changed = self.snapshot.generation.narrowed(filters, ids)
        return Among(positions, narrowing, changed, keeps)

    @cached_property
    def _all_nearer(self) -> NDArray[np.bool_]:
        return self._nearer(None)

    def _nearer(self, positions: Positions | None) -> NDArray[np.bool_]:
        """Say of items whether the query is at least as near as each of what it is unlike."""
        own = self.prepared.measure.distances(positions)
        nearer = np.ones(len(own), dtype=bool)
        for other in self.unlike:
            nearer &= own <= other.distances(positions)
        return nearer

    def apart_from_unlike(self, position: int) -> dict[int, int]:
        """Return how far the item at a position is from each item that hits must not be like."""
        here = np.array([position])
        far = (int(other.distances(here)[0]) for other in self.unlike)
        return dict(zip(self.query.unlike, far, strict=True))

    def chance(self, distance: int) -> float | None:
        """Return the share of random pairs of items that are at least as near, where it tells."""
        return self.prepared.chance(distance)


class Searcher:
    """Answers queries from one snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def similar_to_item(self, item_id: int, query: Query, photo: int = 1) -> Result:
        """Find the nearest to an item, the item itself left out; raises as `of_item` does."""
        result = self.answer(self.of_item(item_id, query, photo))
        self._snapshot.item(item_id)  # read with the hits, so it costs nothing unless it is gone
        return result

    def similar_to(self, fingerprint: Fingerprint, query: Query) -> Result:
        """Find the nearest to a fingerprint; raises as `of` does."""
        return self.answer(self.of(fingerprint, query))

    def of_item(self, item_id: int, query: Query, photo: int = 1) -> Search:
        """Prepare a search for the neighbours of an item, the item itself left out.

        One of its photos asks, by its number; of what is found, the nearest photo counts.

        Raises:
            IndexNotReady: nothing that could answer is published.
            ItemNotFound, UnreadableImage: as `fingerprint_of` does.
        """
        fingerprint = self.fingerprint_of(item_id, harder=query.harder, photo=photo)
        return self.of(fingerprint, query, frozenset({item_id}))

    def of_items(self, ids: Sequence[int], query: Query) -> Search:
        """Prepare a search for what is like all of some items at once, these left out.

        The first photo of each asks. Their distances are added up: what is near to one of them
        alone comes late.

        Raises:
            IndexNotReady, ItemNotFound: as `of_item` does.
        """
        of_each = [
            prepare(self._snapshot, self.fingerprint_of(item_id, harder=False), query)
            for item_id in ids
        ]
        return Search(query, {}, self._snapshot, joined(of_each), frozenset(ids))

    def fingerprint_of(self, item_id: int, *, harder: bool, photo: int = 1) -> Fingerprint:
        """Return the stored codes of an item's photo; `harder`, with what only the photo gives.

        Raises:
            ItemNotFound: there is no such item or photo, or the photo, which trying harder needs,
                is not where it was imported from.
            UnreadableImage: its photo is damaged, or too plain to search with.
        """
        stored = self._snapshot.fingerprint(item_id, photo)
        if photo > 1 and not stored:
            raise ItemNotFound(f"item {item_id} has no photo {photo} that could be searched with")
        if not harder:
            return stored
        asking = self._snapshot.item(item_id).photo(photo)
        encoded = self._snapshot.catalog.encoded_photo(asking)
        read = picture_work.runner().upload(encoded).fingerprint
        # What is in the catalogue is not doubted to be a bag, however it is asked with.
        codes = {name: code for name, code in read.items() if name != bag_sense.NAME}
        return {**stored, **codes}

    def of(
        self, fingerprint: Fingerprint, query: Query, left_out: frozenset[int] = frozenset()
    ) -> Search:
        """Prepare a search for the neighbours of a fingerprint.

        Raises:
            BadParameter: the fingerprint has no code of the kind asked for.
            IndexNotReady: nothing that could answer is published.
        """
        prepared = prepare(self._snapshot, fingerprint, query)
        plain = replace(query, harder=False)
        unlike = [
            prepare(self._snapshot, self.fingerprint_of(item_id, harder=False), plain).measure
            for item_id in query.unlike
        ]
        without = left_out | frozenset(query.unlike)
        return Search(query, fingerprint, self._snapshot, prepared, without, tuple(unlike))

    def answer(self, search: Search) -> Result:
        """Find the nearest, and count the search in the metrics."""
        result, found = self._answer(search, search.query.filters)
        engines = "+".join(sorted(self._snapshot.generation.manifest.engines))
        SEARCHES.labels(result.by, engines, result.exact).inc()
        REPAIRED.labels(result.by).inc(result.repaired)
        PROOFS.labels(result.by, found.proof).inc()
        CANDIDATES.labels(result.by).observe(found.candidates)
        return result

    def finds(self, item_id: int, query: Query) -> bool:
        """Say whether an item's own codes find anything; not counted, for who watches the server.

        Raises:
            IndexNotReady, ItemNotFound: as `of_item` does.
        """
        search = self.of(self.fingerprint_of(item_id, harder=False), query)
        result, _ = self._answer(search, query.filters)
        return bool(result.hits)

    def at_prices(self, search: Search, bands: Sequence[Band]) -> list[tuple[Band, Result]]:
        """Find the nearest in each band of prices, each an exact answer of its own."""
        if bands and can_be_scanned(search.prepared.measure):
            search.prepared.measure.distances()  # of all items, once for all bands
        return [(band, self._answer(search, band.filters)[0]) for band in bands]

    def _answer(self, search: Search, filters: Filters) -> tuple[Result, Neighbours]:
        query = search.query
        found, hits = self._present(search, search.among(filters))
        result = Result(
            by=query.by.name,
            k=query.k,
            fingerprint=search.fingerprint,
            bits=search.prepared.bits,
            exact=found.exact,
            repaired=sum(hit.item.id in found.missed for hit in hits),
            bag=search.prepared.bag,
            hits=hits,
        )
        return result, found

    def _present(self, search: Search, among: Among | None) -> tuple[Neighbours, tuple[Hit, ...]]:
        """Rank until the k nearest are items that the catalogue still has.

        A removed item stays in the published generation until the next one is.
        """
        k = wanted = search.query.k
        left_out = set(search.left_out)
        while True:
            found, sharing = _rank(search, wanted, among, left_out)
            items = self._snapshot.items(found.ids.tolist())
            gone = set(found.ids.tolist()).difference(item.id for item in items) - left_out
            if not gone:
                others = [item for item in items if item.id not in left_out]
                return found, tuple(_hits(search, found, others[:k], sharing))
            left_out |= gone
            wanted *= 2


def _rank(
    search: Search, wanted: int, among: Among | None, left_out: set[int]
) -> tuple[Neighbours, IdenticalPictures]:
    measure = search.prepared.measure
    if not search.query.fold:
        return nearest(measure, wanted + len(left_out), among), NONE_IDENTICAL
    identical = search.snapshot.identical_pictures(measure.ids)
    return nearest_pictures(measure, wanted, among, left_out, identical)


def _hits(
    search: Search, found: Neighbours, items: Sequence[Item], sharing: IdenticalPictures
) -> Iterator[Hit]:
    ids = [item.id for item in items]
    distances = dict(zip(found.ids.tolist(), found.distances.tolist(), strict=True))
    copies = sharing.counts(search.prepared.measure.ids.searchsorted(ids))
    photos = search.prepared.photo_numbers(ids)
    verdicts = search.prepared.verdicts(ids, [distances[item_id] for item_id in ids])
    told = zip(items, search.prepared.phrases(ids), copies, photos, verdicts, strict=True)
    for rank, (item, phrase, count, photo, (level, close)) in enumerate(told, 1):
        distance = distances[item.id]
        similarity = max(0.0, 1 - distance / search.prepared.bits)
        yield Hit(
            rank,
            distance,
            similarity,
            item,
            matched=phrase,
            copies=count,
            level=level,
            close=close,
            chance=search.chance(distance),
            photo=photo,
        )
