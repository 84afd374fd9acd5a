"""What can rank, a hash kind or the look, and a query made ready to be answered by it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webapp.exceptions import BadParameter, IndexNotReady
from webapp.hashing import bag_sense
from webapp.hashing.hash_kind import HashKind
from webapp.hashing.kinds import KINDS, KNOWN_KINDS
from webapp.index.code_table import CodeTable
from webapp.index.hamming import Positions
from webapp.index.kind_index import MIN_ITEMS_FOR_PAIRS, KindIndex
from webapp.index.snapshot import Snapshot
from webapp.models import NO_FILTERS, Filters, Fingerprint, Level
from webapp.search import levels
from webapp.search.alike_all import SumMeasure
from webapp.search.colour_wish import ColourWish
from webapp.search.levels import Levels, Thresholds
from webapp.search.look import (
    BALANCED,
    COLOUR,
    LEARNED,
    LOOK,
    PARTS,
    Leaning,
    Look,
    LookMeasure,
    blend,
)
from webapp.search.nearest import KindMeasure, Measure
from webapp.search.nearest_photo import NearestPhotoMeasure, by_nearest_photo
from webapp.search.query_readings import QueryReadings, read

Ranking = HashKind | Look

RANKINGS: dict[str, Ranking] = {LOOK.name: LOOK, **KINDS}
"""The rankings by their names in addresses (`by=`), the installed kinds only."""


def ranking_named(name: str, parameter: str = "by") -> Ranking:
    """Look up a ranking; `parameter` is what an error names.

    Raises:
        BadParameter: there is no such ranking, or its kind is not installed.
    """
    return LOOK if name == LOOK.name else kind_named(name, parameter, RANKINGS)


def kind_named(name: str, parameter: str, known: Iterable[str] = KINDS) -> HashKind:
    """Look up a kind; `parameter` is what an error names, `known` what it offers instead.

    Raises:
        BadParameter: there is no such kind, or it is not installed.
    """
    if name in KINDS:
        return KINDS[name]
    if name in KNOWN_KINDS:
        raise BadParameter(parameter, f"'{name}' is not installed here: {KNOWN_KINDS[name].remedy}")
    raise BadParameter(parameter, f"there is no hash kind '{name}'; try {', '.join(known)}")


@dataclass(frozen=True, slots=True)
class Query:
    """What a person asks for: the ranking, the number of hits, the filters.

    `lean`: the leaning, for the look alone. `harder`: compare the query's mirrored, turned and
    cropped readings too, in kinds that have them. `fold`: show items with the identical picture
    as one hit. `colour`: the colour wished for in place of the query's own, for the look and the
    kind `colour` alone. `unlike`: ids of items; what is nearer to one of them than to the query is
    left out, they themselves too.
    """

    by: Ranking
    k: int = 9
    filters: Filters = NO_FILTERS
    lean: Leaning = BALANCED
    harder: bool = False
    fold: bool = False
    colour: ColourWish | None = None
    unlike: tuple[int, ...] = ()

    @property
    def can_try_harder(self) -> bool:
        """Whether a kind of the ranking has more readings of a query."""
        parts = [KINDS[name] for name in PARTS] if isinstance(self.by, Look) else [self.by]
        return any(kind.tries_harder for kind in parts)


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of a ranking: its index, the query's readings in it, and its share of the look."""

    kind: HashKind
    kind_index: KindIndex
    readings: QueryReadings
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class PreparedQuery:
    """A query, ready to be answered by one snapshot.

    All distances are in the unit of `measure`: bits for a kind, look distance for the look.
    `random_distances`: those of random pairs of items, ascending, shape (20000,). `bits`: the
    distance at which similarity is 0, which is the width of a kind's code, or `LOOK_SCALE`.
    `levels`: None where several queries are asked at once, and for leanings that were not
    measured. `bag`: whether the photo asked with shows one; None if that is not known.
    """

    measure: Measure
    random_distances: NDArray[np.integer]
    parts: tuple[Part, ...]
    bits: int
    levels: Levels | None
    bag: bool | None

    def chance(self, distance: int) -> float | None:
        """Return the share of random pairs of items that are at least as near.

        None where there are too few items to say.
        """
        if len(self.measure.ids) < MIN_ITEMS_FOR_PAIRS:
            return None
        pairs = self.random_distances
        return float(np.searchsorted(pairs, distance, side="right") / len(pairs))

    def verdicts(
        self, ids: Sequence[int], distances: Sequence[int]
    ) -> list[tuple[Level | None, bool]]:
        """Return of each item at its distance the level, and whether it is close: see `Hit`."""
        chosen = self.levels
        if chosen is None or not ids:
            return [(None, False)] * len(ids)
        return [
            (chosen.level(distance, bag=self.bag, same_colours=same), chosen.is_close(distance))
            for distance, same in zip(distances, self._same_colours(ids), strict=True)
        ]

    def _same_colours(self, ids: Sequence[int]) -> list[bool]:
        """Say of each item whether its colours are the query's; of none if they do not rank."""
        part = next((part for part in self.parts if part.kind.name == COLOUR), None)
        if part is None or len(self.parts) == 1:
            return [False] * len(ids)
        table = part.kind_index.table
        apart = table.distances(part.readings.queries, self.photos_at(ids))
        same: list[bool] = (apart <= levels.SAME_COLOUR_BITS).tolist()
        return same

    def phrases(self, ids: Sequence[int]) -> list[str]:
        """Return for each item the phrase of its nearest reading, empty for the plain one."""
        if not ids:
            return []
        # In the look, parts may disagree: the one with the most readings decides.
        part = max(self.parts, key=lambda part: len(part.readings.phrases))
        if not any(part.readings.phrases):
            return [""] * len(ids)
        return part.readings.phrases_for(part.kind_index.table, self.photos_at(ids))

    def photos_at(self, ids: Sequence[int]) -> Positions:
        """Return the position, in the tables of the parts, of each item's nearest photo."""
        positions = np.searchsorted(self.measure.ids, np.array(ids, dtype=np.int64))
        if isinstance(self.measure, NearestPhotoMeasure) and len(ids):
            return self.measure.nearest_photos(positions)
        return positions

    def photo_numbers(self, ids: Sequence[int]) -> list[int]:
        """Return the number of each item's nearest photo; the first of what is like several."""
        if not isinstance(self.measure, NearestPhotoMeasure) or not ids:
            return [1] * len(ids)
        numbers: list[int] = self.measure.photos.numbers[self.photos_at(ids)].tolist()
        return numbers


def prepare(snapshot: Snapshot, fingerprint: Fingerprint, query: Query) -> PreparedQuery:
    """Make a query ready to be answered by a snapshot.

    Raises:
        BadParameter: the fingerprint has no code of a kind that ranks.
        IndexNotReady: the snapshot has no index of a kind that ranks.
    """
    if isinstance(query.by, HashKind):
        part = _part(snapshot, fingerprint, query.by.name, query)
        table = part.kind_index.table
        of_photos = KindMeasure(table, part.kind_index.index, part.readings.queries)
        measure = by_nearest_photo(of_photos, table.photos)
        return PreparedQuery(
            measure,
            part.kind_index.random_distances_ascending,
            (part,),
            query.by.bits,
            None
            if query.colour
            else levels.of_kind(query.by, harder=query.harder).among(len(table.rows)),
            bag_sense.shows_bag(fingerprint),
        )
    return _prepare_look(snapshot, fingerprint, query)


def joined(queries: Sequence[PreparedQuery]) -> PreparedQuery:
    """Make one query of several that rank by the same: their distances are added up."""
    first, count = queries[0], len(queries)
    if count == 1:
        return first
    return PreparedQuery(
        SumMeasure([query.measure for query in queries]),
        count * first.random_distances,
        first.parts,
        count * first.bits,
        levels=None,
        bag=None,
    )


def _part(
    snapshot: Snapshot, fingerprint: Fingerprint, name: str, query: Query, share: float = 1.0
) -> Part:
    kind_index = snapshot.kind(name)
    if query.colour and name == COLOUR:
        wished = query.colour.queries
        return Part(KINDS[name], kind_index, QueryReadings(wished, ("",) * wished.shape[1]), share)
    # Each reading costs a scan; at a share of 0 none of them changes the ranking.
    readings = read(fingerprint, KINDS[name], harder=query.harder and share > 0)
    return Part(KINDS[name], kind_index, readings, share)


def _prepare_look(snapshot: Snapshot, fingerprint: Fingerprint, query: Query) -> PreparedQuery:
    names = blended(snapshot)
    if LEARNED not in fingerprint:  # a link made before the learned kind was installed
        names = PARTS
    parts = tuple(
        _part(snapshot, fingerprint, name, query, share)
        for name, share in zip(names, query.lean.shares_of(names), strict=True)
        if share or name in PARTS
    )
    kind_indexes, shares = [part.kind_index for part in parts], [part.share for part in parts]
    measure = LookMeasure(kind_indexes, [part.readings.queries for part in parts], shares)
    random_distances = kind_indexes[0].cached(
        (LOOK.name, *shares),
        lambda: np.sort(
            kind_indexes[0].nearest_of_pairs(
                blend(
                    [kind_index.random_photo_distances for kind_index in kind_indexes],
                    [kind_index.scale for kind_index in kind_indexes],
                    shares,
                )
            )
        ),
    )
    measure_of_items = by_nearest_photo(measure, kind_indexes[0].table.photos)
    thresholds = _look_thresholds(names, query)
    return PreparedQuery(
        measure_of_items,
        random_distances,
        parts,
        query.by.bits,
        # Each photo is one more that may be near by chance.
        thresholds.among(len(kind_indexes[0].table.rows)) if thresholds else None,
        bag_sense.shows_bag(fingerprint),
    )


def _look_thresholds(names: Sequence[str], query: Query) -> Thresholds | None:
    if query.colour:
        return None  # levels were measured for bags as they are
    shares = dict(zip(names, query.lean.shares_of(names), strict=True))
    if shares.get(LEARNED):
        return levels.of_leaning(query.lean.name, harder=query.harder)
    return levels.of_two_parts(shares["colour"], harder=query.harder)


def blended(snapshot: Snapshot) -> tuple[str, ...]:
    """Return the names of the kinds that the look blends: of its kinds, those of all photos.

    Raises:
        IndexNotReady: some photos have no shape code or no colour code.
    """
    shape, colour = (snapshot.kind(name).table for name in PARTS)
    if not _are_same(shape, colour):
        raise IndexNotReady("some items lack a shape or a colour code: run `hashbag index`")
    learned = snapshot.kinds.get(LEARNED)
    if learned is not None and _are_same(shape, learned.table):
        return (LEARNED, *PARTS)
    return PARTS


def _are_same(one: CodeTable, other: CodeTable) -> bool:
    """Say whether two tables are of the same photos of the same items."""
    # A generation gives all kinds that cover all items the same arrays.
    if one.photos is not other.photos and not (one.photos and one.photos.equals(other.photos)):
        return False
    return one.ids is other.ids or np.array_equal(one.ids, other.ids)
