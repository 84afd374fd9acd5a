"""The search: from a picture or an item to its ranked hits."""

from dataclasses import dataclass

from webapp.catalog import Catalog
from webapp.exceptions import BadParameter
from webapp.hamming import planes
from webapp.hashing import HashKind, packed_views
from webapp.metrics import REPAIRED, SEARCHES
from webapp.models import NO_FILTERS, Filters, Fingerprint, Hit, Ids, Result
from webapp.publishing import Generations
from webapp.ranking import KindMeasure, Neighbours, nearest


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: which kind ranks, how many hits, and what narrows them."""

    kind: HashKind
    k: int = 9
    filters: Filters = NO_FILTERS


class Searcher:
    """Answers questions from the published generation, with items from the catalogue."""

    def __init__(self, catalog: Catalog, generations: Generations) -> None:
        self._catalog = catalog
        self._generations = generations

    def similar_to_item(self, item_id: int, question: Question) -> Result:
        """Find the nearest to an item, the item itself left out.

        Raises:
            ItemNotFound: there is no such item.
            IndexNotReady: nothing that could answer is published.
        """
        self._catalog.item(item_id)
        fingerprint = self._catalog.fingerprints([item_id])[item_id]
        return self._answer(fingerprint, question, leave_out=item_id)

    def similar_to(self, fingerprint: Fingerprint, question: Question) -> Result:
        """Find the nearest to a fingerprint.

        Raises:
            BadParameter: the fingerprint has no code of the kind asked for.
            IndexNotReady: nothing that could answer is published.
        """
        return self._answer(fingerprint, question, leave_out=None)

    def _answer(
        self, fingerprint: Fingerprint, question: Question, leave_out: int | None
    ) -> Result:
        kind = question.kind
        if kind.name not in fingerprint:
            raise BadParameter(
                "by", f"this fingerprint has no {kind.name} code: choose another kind"
            )
        among = self._catalog.matching(question.filters) if question.filters else None
        found, hits = self._present(fingerprint, question, among, leave_out)
        SEARCHES.labels(kind.name, found.exact).inc()
        REPAIRED.labels(kind.name).inc(found.repaired)
        return Result(
            by=kind.name,
            k=question.k,
            fingerprint=fingerprint,
            bits=kind.bits,
            exact=found.exact,
            repaired=found.repaired,
            hits=hits,
        )

    def _present(
        self, fingerprint: Fingerprint, question: Question, among: Ids | None, leave_out: int | None
    ) -> tuple[Neighbours, tuple[Hit, ...]]:
        """Rank until k items that the catalogue still has are found.

        A removed item stays in the published generation until the next one is.
        """
        kind, k = question.kind, question.k
        opened = self._generations.current().kind(kind.name)
        queries = planes(packed_views(kind, fingerprint[kind.name]))
        measure = KindMeasure(opened.table, opened.index, queries)
        asked = k + (leave_out is not None)
        while True:
            found = nearest(measure, asked, among)
            hits = self._hits(found, kind, leave_out)[:k]
            if len(hits) == k or len(found.ids) < asked:
                return found, hits
            asked *= 2

    def _hits(self, found: Neighbours, kind: HashKind, leave_out: int | None) -> tuple[Hit, ...]:
        distances = dict(zip(found.ids.tolist(), found.distances.tolist(), strict=True))
        distances.pop(leave_out, None)
        items = self._catalog.items(list(distances))
        return tuple(
            Hit(rank, distances[item.id], 1 - distances[item.id] / kind.bits, item)
            for rank, item in enumerate(items, 1)
        )
