"""What can rank, a hash kind or the look, and a query made ready to be answered by it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webapp.exceptions import BadParameter, IndexNotReady
from webapp.hashing import bag_sense
from webapp.hashing.hash_kind import HashKind
from webapp.hashing.kinds import KINDS, KNOWN_KINDS
from webapp.index.random_pairs import RandomPairs
from webapp.index.snapshot import Snapshot
from webapp.index.table import Table
from webapp.models import NO_FILTERS, Filters, Fingerprint
from webapp.search import levels
from webapp.search.alike_all import SumMeasure
from webapp.search.colour_wish import ColourWish
from webapp.search.levels import Thresholds
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
from webapp.search.measure import KindMeasure
from webapp.search.nearest_photo import by_nearest_photo
from webapp.search.prepared_query import Part, PreparedQuery
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
            _told(part.kind_index.pairs, lambda: part.kind_index.pairs.ascending),
            (part,),
            query.by.bits,
            None
            if query.colour
            else levels.of_kind(query.by, harder=query.harder).among(table.photo_count),
            bag_sense.shows_bag(fingerprint),
        )
    return _prepare_look(snapshot, fingerprint, query)


def _told(pairs: RandomPairs, distances: Callable[[], NDArray[np.integer]]) -> NDArray[np.integer]:
    """Return the distances of random pairs; none where they are too few to say anything.

    Of few items they are never made: a small catalogue that changes often would make them again
    after each change.
    """
    return distances() if pairs.are_enough else np.empty(0, dtype=np.uint16)


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
    pairs = [kind_index.pairs for kind_index in kind_indexes]
    measure_of_items = by_nearest_photo(measure, kind_indexes[0].table.photos)
    thresholds = _look_thresholds(names, query)
    return PreparedQuery(
        measure_of_items,
        _told(pairs[0], lambda: _blended_pairs(pairs, shares)),
        parts,
        query.by.bits,
        # Each photo is one more that may be near by chance.
        thresholds.among(kind_indexes[0].table.photo_count) if thresholds else None,
        bag_sense.shows_bag(fingerprint),
    )


def _blended_pairs(pairs: Sequence[RandomPairs], shares: Sequence[float]) -> NDArray[np.integer]:
    """Return the look distances of random pairs, ascending, shape (20000,)."""

    def make() -> NDArray[np.integer]:
        distances, scales = [one.photo_distances for one in pairs], [one.scale for one in pairs]
        return np.sort(pairs[0].nearest(blend(distances, scales, shares)))

    return pairs[0].arrays.once((LOOK.name, *shares), make)


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


def _are_same(one: Table, other: Table) -> bool:
    """Say whether two tables are of the same photos of the same items."""
    # A generation gives all kinds that cover all items the same arrays.
    if one.photos is not other.photos and not (one.photos and one.photos.equals(other.photos)):
        return False
    return one.ids is other.ids or np.array_equal(one.ids, other.ids)
