"""What can rank, the hash kinds and the look, and a query put to one of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webapp.exceptions import BadParameter, IndexNotReady
from webapp.hashing.hash_kind import HashKind
from webapp.hashing.kinds import KINDS, KNOWN_KINDS
from webapp.index.kind_index import KindIndex
from webapp.index.snapshot import Snapshot
from webapp.models import NO_FILTERS, Filters, Fingerprint, Ids
from webapp.search.look import BALANCED, LEARNED, LOOK, PARTS, Leaning, Look, LookMeasure, blend
from webapp.search.nearest import KindMeasure, Measure
from webapp.search.query_readings import QueryReadings, read

Ranking = HashKind | Look
# The share of random pairs that are near by chance, and how many items make a chance.
_BY_CHANCE = 0.01
_ENOUGH = 30

RANKINGS: dict[str, Ranking] = {LOOK.name: LOOK, **KINDS}


def ranking_named(name: str, parameter: str = "by") -> Ranking:
    """Look up what can rank.

    Raises:
        BadParameter: there is no such thing, or it is not installed.
    """
    return LOOK if name == LOOK.name else kind_named(name, parameter, RANKINGS)


def kind_named(name: str, parameter: str, known: Iterable[str] = KINDS) -> HashKind:
    """Look up a kind.

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
    """What is asked: what ranks, how many hits, and what narrows them.

    `lean` is for the look alone; `harder` asks the query mirrored, turned and as a crop too, in
    kinds that can. `fold` shows items with the identical picture as one.
    """

    by: Ranking
    k: int = 9
    filters: Filters = NO_FILTERS
    lean: Leaning = BALANCED
    harder: bool = False
    fold: bool = False

    @property
    def can_try_harder(self) -> bool:
        """Whether trying harder makes a difference to what ranks."""
        parts = [KINDS[name] for name in PARTS] if isinstance(self.by, Look) else [self.by]
        return any(kind.tries_harder for kind in parts)


@dataclass(frozen=True, slots=True)
class Part:
    """One kind's part in a ranking: its codes, the query's, and what share of the look it has."""

    kind: HashKind
    kind_index: KindIndex
    readings: QueryReadings
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class PreparedQuery:
    """A query, made ready to be put to one snapshot.

    `by_chance`: the distances of random pairs of the catalogue's items, on the measure's scale,
    ascending.
    `bits`: what is far, on the same scale.
    """

    measure: Measure
    by_chance: NDArray[np.integer]
    parts: tuple[Part, ...]
    bits: int

    def is_weak(self, distance: int) -> bool:
        """Say whether a match is no nearer than one in a hundred random pairs is by chance.

        In a catalogue full of copies chance is near too: a tenth of the scale is never weak.
        """
        if len(self.measure.ids) < _ENOUGH:
            return False
        place, part = divmod(_BY_CHANCE * (len(self.by_chance) - 1), 1)
        below, above = self.by_chance[int(place) : int(place) + 2].tolist()
        chance = below + part * (above - below)
        return bool(distance >= max(chance, self.bits / 10))

    def phrases(self, ids: Sequence[int]) -> list[str]:
        """Say how each of some items matched; empty where the picture was taken as it is."""
        if not ids:
            return []
        # Of the parts, the one with most readings tells.
        part = max(self.parts, key=lambda part: len(part.readings.phrases))
        positions = np.searchsorted(part.kind_index.table.ids, np.array(ids))
        return part.readings.phrases_for(part.kind_index.table, positions)


def prepare(snapshot: Snapshot, fingerprint: Fingerprint, query: Query) -> PreparedQuery:
    """Put a query to a snapshot.

    Raises:
        BadParameter: the fingerprint lacks a code that is needed.
        IndexNotReady: no kind that is needed is published.
    """
    if isinstance(query.by, HashKind):
        part = _part(snapshot, fingerprint, query.by.name, harder=query.harder)
        measure = KindMeasure(part.kind_index.table, part.kind_index.index, part.readings.queries)
        return PreparedQuery(measure, part.kind_index.ascending, (part,), query.by.bits)
    return _prepare_look(snapshot, fingerprint, query)


def _part(
    snapshot: Snapshot, fingerprint: Fingerprint, name: str, *, harder: bool, share: float = 1.0
) -> Part:
    kind_index = snapshot.kind(name)
    # More readings cost, and say nothing where they do not count.
    readings = read(fingerprint, KINDS[name], harder=harder and share > 0)
    return Part(KINDS[name], kind_index, readings, share)


def _prepare_look(snapshot: Snapshot, fingerprint: Fingerprint, query: Query) -> PreparedQuery:
    names = blended(snapshot)
    if LEARNED not in fingerprint:  # a link from before there was that kind
        names = PARTS
    parts = tuple(
        _part(snapshot, fingerprint, name, harder=query.harder, share=share)
        for name, share in zip(names, query.lean.among(names), strict=True)
        if share or name in PARTS
    )
    kind_indexes, shares = [part.kind_index for part in parts], [part.share for part in parts]
    measure = LookMeasure(kind_indexes, [part.readings.queries for part in parts], shares)
    by_chance = kind_indexes[0].cached(
        (LOOK.name, *shares),
        lambda: np.sort(
            blend([one.sample for one in kind_indexes], [one.scale for one in kind_indexes], shares)
        ),
    )
    return PreparedQuery(measure, by_chance, parts, query.by.bits)


def blended(snapshot: Snapshot) -> tuple[str, ...]:
    """Name the kinds that the look blends: those of its kinds that all items have.

    Raises:
        IndexNotReady: some items lack even a shape or a colour code.
    """
    shape, colour = (snapshot.kind(name).table.ids for name in PARTS)
    if not _are_same(shape, colour):
        raise IndexNotReady("some items lack a shape or a colour code: run `hashbag index`")
    learned = snapshot.kinds.get(LEARNED)
    if learned is not None and _are_same(shape, learned.table.ids):
        return (LEARNED, *PARTS)
    return PARTS


def _are_same(one: Ids, other: Ids) -> bool:
    # Kinds that all items have share their ids: then there is nothing to compare.
    return one is other or np.array_equal(one, other)
