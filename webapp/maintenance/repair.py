"""Mending what can be made anew: index, map, thumbnails, codes; and removing what is left over."""

from collections.abc import Sequence

from webapp.catalog.wrong_codes import drop_codes
from webapp.exceptions import EngineUnavailable, IndexNotReady, MapNotDrawn
from webapp.maintenance import left_over
from webapp.maintenance.checks import (
    Fault,
    WrongPhoto,
    check_database,
    check_index,
    check_items,
    check_map,
)
from webapp.maintenance.publishing import Publisher
from webapp.models import Progress, WithProgress


class Repair:
    """Mends one catalogue; whoever calls it holds the write lock.

    What only its owner can bring back is left as it is: a database, photos. No item is dropped.
    """

    def __init__(self, publisher: Publisher, jobs: int) -> None:
        self._publisher = publisher
        self._jobs = jobs
        self._told: list[str] = []

    def run(self) -> WithProgress[Sequence[str]]:
        """Mend; returns what was done, in words. What is wrong then, the checks tell.

        Raises:
            CatalogError: the database cannot be used.
        """
        if [*check_database(self._publisher.catalog)]:
            return self._told  # whatever were made of it would be wrong as well
        self._clear()
        yield from self._mend_photos()
        yield from self._mend_index()
        yield from self._mend_map()
        return self._told

    def _clear(self) -> None:
        catalog = self._publisher.catalog
        count = left_over.clear_unfinished(catalog)
        self._tell(count, "removed {} that a process left half written", "file")
        count = left_over.clear_unused(catalog)
        self._tell(count, "removed {} of photos that no item has", "file")

    def _mend_photos(self) -> WithProgress[None]:
        wrong = yield from self._wrong_photos()
        lost = {one.item_id for one in wrong if one.fault is Fault.PHOTO}
        mendable = [one for one in wrong if one.item_id not in lost]
        bad_codes = [one for one in mendable if one.fault is Fault.CODES]
        if bad_codes:
            places = {(one.item_id, one.photo): one.kinds for one in bad_codes}
            drop_codes(self._publisher.catalog, places)
        for one in mendable:
            if one.fault is Fault.THUMBNAIL:
                self._publisher.thumbs.remove(one.digest)  # also what is there, but cut
        ids = {one.item_id for one in mendable}
        made = yield from self._publisher.complete(ids, lost, self._jobs)
        self._tell(made, "computed the codes and thumbnails of {} anew", "item")

    def _wrong_photos(self) -> WithProgress[list[WrongPhoto]]:
        catalog, wrong = self._publisher.catalog, []
        total = catalog.count()
        checks = check_items(catalog, self._publisher.thumbs, self._jobs)
        for done, one in enumerate(checks, 1):
            if one:
                wrong.append(one)
            yield Progress("checking", min(done, total), total)
        return wrong

    def _mend_index(self) -> WithProgress[None]:
        publisher = self._publisher
        mended = publisher.generations.mend()
        self._tell(mended, "put {} of the index back into the storage", "file")
        damaged = [*check_index(publisher.catalog, publisher.generations, thoroughly=True)]
        if not damaged and publisher.is_current():
            return
        try:
            self._tell(
                publisher.generations.drop_damaged(),
                "dropped what the search engine held of {}, which is not what was built",
                "kind",
            )
            name = yield from publisher.build()
            self._told.append(f"built the index anew: generation {name}")
        except (EngineUnavailable, IndexNotReady) as problem:
            self._told.append(f"the index cannot be built: {problem.for_owner}")

    def _mend_map(self) -> WithProgress[None]:
        publisher = self._publisher
        if not [*check_map(publisher.maps)]:
            return
        publisher.maps.clear()
        try:
            drawn = yield from publisher.draw_map()
            self._told.append(
                f"drew the map anew, of {drawn} items" if drawn else "cleared the map"
            )
        except MapNotDrawn as problem:
            self._told.append(f"cleared the map; no new one: {problem}")

    def _tell(self, count: int, sentence: str, what: str) -> None:
        if count:
            self._told.append(sentence.format(f"{count} {what}{'s' * (count != 1)}"))
