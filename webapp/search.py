"""The search: from a picture or an item to its ranked hits."""

from dataclasses import replace

from webapp.catalog import Catalog
from webapp.exceptions import ItemNotFound
from webapp.hashing import query_fingerprint
from webapp.images import DEFAULT_MAX_PIXELS, open_picture
from webapp.metrics import REPAIRED, SEARCHES
from webapp.models import Fingerprint, Hit, Item, Result
from webapp.publishing import Generations
from webapp.ranking import Neighbours, nearest
from webapp.rankings import Inquiry, Question, inquire


class Searcher:
    """Answers questions from the published generation, with items from the catalogue."""

    def __init__(self, catalog: Catalog, generations: Generations) -> None:
        self._catalog = catalog
        self._generations = generations

    def similar_to_item(self, item_id: int, question: Question) -> Result:
        """Find the nearest to an item, the item itself left out.

        Raises:
            ItemNotFound: there is no such item.
            UnreadableImage: its photo, which trying harder needs, is damaged.
            IndexNotReady: nothing that could answer is published.
        """
        item = self._catalog.item(item_id)
        fingerprint = self._catalog.fingerprints([item_id])[item_id]
        if question.harder:
            fingerprint = {**fingerprint, **self._read_again(item)}
        return self._answer(fingerprint, question, leave_out=item_id)

    def _read_again(self, item: Item) -> Fingerprint:
        """Hash an item's photo as a query: more readings than are stored of it."""
        try:
            data = self._catalog.photo(item).read_bytes()
        except OSError as error:
            raise ItemNotFound(
                f"the photo of item {item.id} is not where it was imported from"
            ) from error
        limit = max(DEFAULT_MAX_PIXELS, item.width * item.height)
        return query_fingerprint(open_picture(data, limit).image)

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
        inquiry = inquire(self._generations.current(), fingerprint, question)
        found, hits = self._present(inquiry, question, leave_out)
        SEARCHES.labels(question.by.name, found.exact).inc()
        REPAIRED.labels(question.by.name).inc(found.repaired)
        return Result(
            by=question.by.name,
            k=question.k,
            fingerprint=fingerprint,
            bits=question.by.bits,
            exact=found.exact,
            repaired=found.repaired,
            weak=bool(hits) and inquiry.is_weak(hits[0].distance),
            hits=hits,
        )

    def _present(
        self, inquiry: Inquiry, question: Question, leave_out: int | None
    ) -> tuple[Neighbours, tuple[Hit, ...]]:
        """Rank until k items that the catalogue still has are found.

        A removed item stays in the published generation until the next one is.
        """
        among = self._catalog.matching(question.filters) if question.filters else None
        wanted = question.k + (leave_out is not None)
        while True:
            found = nearest(inquiry.measure, wanted, among)
            hits = self._hits(found, question, leave_out)
            if len(hits) == question.k or len(found.ids) < wanted:
                phrases = inquiry.phrases([hit.item.id for hit in hits])
                return found, tuple(
                    replace(hit, matched=phrase) for hit, phrase in zip(hits, phrases, strict=True)
                )
            wanted *= 2

    def _hits(self, found: Neighbours, question: Question, leave_out: int | None) -> list[Hit]:
        distances = dict(zip(found.ids.tolist(), found.distances.tolist(), strict=True))
        distances.pop(leave_out, None)
        items = self._catalog.items(list(distances))[: question.k]
        return [
            Hit(
                rank,
                distances[item.id],
                similarity=max(0.0, 1 - distances[item.id] / question.by.bits),
                item=item,
            )
            for rank, item in enumerate(items, 1)
        ]
