"""The search: from a picture or an item to its ranked hits."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from webapp.hashing.fingerprinting import hash_query
from webapp.hashing.one_at_a_time import one_at_a_time
from webapp.index.hamming import Positions
from webapp.index.snapshot import Snapshot
from webapp.metrics import REPAIRED, SEARCHES
from webapp.models import Filters, Fingerprint, Hit, Ids, Item, Result
from webapp.search.nearest import Neighbours, nearest
from webapp.search.price_bands import Band
from webapp.search.query import PreparedQuery, Query, prepare


@dataclass(frozen=True)
class Search:
    """A query put to one snapshot: whatever is asked of it further comes from the same."""

    query: Query
    fingerprint: Fingerprint
    snapshot: Snapshot
    prepared: PreparedQuery
    leave_out: int | None = None

    def among(self, filters: Filters) -> Positions | None:
        """Return the positions of the items that pass filters; None for all."""
        return self.snapshot.positions(self.prepared.measure.ids, filters)

    def chance(self, distance: int) -> float:
        """Return the share of random pairs of items that are at least as near."""
        pairs = self.prepared.random_distances
        return float(np.searchsorted(pairs, distance, side="right") / max(1, len(pairs)))


class Searcher:
    """Answers queries from one snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def similar_to_item(self, item_id: int, query: Query) -> Result:
        """Find the nearest to an item, the item itself left out; raises as `of_item` does."""
        return self.answer(self.of_item(self._snapshot.item(item_id), query))

    def similar_to(self, fingerprint: Fingerprint, query: Query) -> Result:
        """Find the nearest to a fingerprint; raises as `of` does."""
        return self.answer(self.of(fingerprint, query))

    def of_item(self, item: Item, query: Query) -> Search:
        """Ask for what is like an item, the item itself left out.

        Raises:
            IndexNotReady: nothing that could answer is published.
            ItemNotFound, UnreadableImage: as `fingerprint_of` does.
        """
        fingerprint = self.fingerprint_of(item, harder=query.harder)
        return self.of(fingerprint, query, leave_out=item.id)

    def fingerprint_of(self, item: Item, *, harder: bool) -> Fingerprint:
        """Return an item's stored codes; `harder`, with the readings that only its photo gives.

        Raises:
            ItemNotFound: its photo, which trying harder needs, is not where it was imported from.
            UnreadableImage: its photo is damaged, or too plain to search with.
        """
        stored = self._snapshot.fingerprints([item.id])[item.id]
        if not harder:
            return stored
        photo = self._snapshot.catalog.encoded_photo(item)
        return {**stored, **one_at_a_time(hash_query, photo)}

    def of(self, fingerprint: Fingerprint, query: Query, leave_out: int | None = None) -> Search:
        """Ask for what is like a fingerprint.

        Raises:
            BadParameter: the fingerprint has no code of the kind asked for.
            IndexNotReady: nothing that could answer is published.
        """
        prepared = prepare(self._snapshot, fingerprint, query)
        return Search(query, fingerprint, self._snapshot, prepared, leave_out)

    def answer(self, search: Search) -> Result:
        """Find the nearest, and count it."""
        result = self._answer(search, search.query.filters)
        SEARCHES.labels(result.by, result.exact).inc()
        REPAIRED.labels(result.by).inc(result.repaired)
        return result

    def _answer(self, search: Search, filters: Filters) -> Result:
        query = search.query
        found, hits = self._present(search, filters)
        return Result(
            by=query.by.name,
            k=query.k,
            fingerprint=search.fingerprint,
            bits=query.by.bits,
            exact=found.exact,
            repaired=sum(hit.item.id in found.missed for hit in hits),
            weak=bool(hits) and search.prepared.is_weak(hits[0].distance),
            hits=hits,
        )

    def at_prices(self, search: Search, bands: Sequence[Band]) -> list[tuple[Band, Result]]:
        """Find the nearest in each band of prices, each an exact answer of its own."""
        if bands:
            search.prepared.measure.distances()  # one scan then serves them all
        return [(band, self._answer(search, band.filters)) for band in bands]

    def _present(self, search: Search, filters: Filters) -> tuple[Neighbours, tuple[Hit, ...]]:
        """Rank until k items that the catalogue still has are found.

        A removed item stays in the published generation until the next one is; items with the
        identical picture may be folded into one.
        """
        query, among = search.query, search.among(filters)
        wanted = query.k + (search.leave_out is not None)
        while True:
            found = nearest(search.prepared.measure, wanted, among)
            hits = list(self._hits(found, search, among))
            if len(hits) == query.k or len(found.ids) < wanted:
                phrases = search.prepared.phrases([hit.item.id for hit in hits])
                return found, tuple(
                    replace(hit, matched=phrase) for hit, phrase in zip(hits, phrases, strict=True)
                )
            wanted *= 2

    def _hits(self, found: Neighbours, search: Search, among: Positions | None) -> Iterator[Hit]:
        query = search.query
        copies = _copies(found, search, among) if query.fold else {}
        distances = {
            item_id: distance
            for item_id, distance in zip(found.ids.tolist(), found.distances.tolist(), strict=True)
            if item_id != search.leave_out and copies.get(item_id, 1)
        }
        for rank, item in enumerate(self._snapshot.items(list(distances))[: query.k], 1):
            distance = distances[item.id]
            yield Hit(
                rank,
                distance,
                similarity=max(0.0, 1 - distance / query.by.bits),
                item=item,
                copies=copies.get(item.id, 1),
            )


def _copies(found: Neighbours, search: Search, among: Positions | None) -> dict[int, int]:
    """Count for each item those with its identical picture; 0 for all but the first of them.

    The item that was asked for is not counted.
    """
    identical, ids = search.snapshot.identical_pictures, search.snapshot.facets.ids
    copies: dict[int, int] = {}
    seen: set[int] = set()
    for item_id, position in zip(
        found.ids.tolist(), np.searchsorted(ids, found.ids).tolist(), strict=True
    ):
        picture = identical.picture(position)
        sharing = ids[identical.sharing(picture)]
        if among is not None:
            sharing = _at(sharing, search.prepared.measure.ids, among)
        others = np.count_nonzero(sharing != search.leave_out)
        if item_id != search.leave_out:
            copies[item_id] = 0 if picture in seen else max(1, int(others))
            seen.add(picture)
    return copies


def _at(few: Ids, ids: Ids, among: Positions) -> Ids:
    """Return those of a few ids that are at some positions; all ascend.

    Nothing is done for each of the positions: there may be a million.
    """
    places = np.searchsorted(ids, few)
    found = np.searchsorted(among, places)
    inside = found < len(among)
    inside[inside] = (among[found[inside]] == places[inside]) & (ids[places[inside]] == few[inside])
    return few[inside]
