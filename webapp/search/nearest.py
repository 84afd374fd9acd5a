"""From candidates to the nearest items: exact re-rank, then proof by a scan where that is cheap."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from webapp.index.engines import EVERYTHING, NOTHING, Index, Proposal
from webapp.index.hamming import Planes, Positions, k_smallest, sorted_contains
from webapp.index.narrowing import Narrowing
from webapp.index.remote_table import NEVER_SCANNED
from webapp.index.table import Table
from webapp.models import Ids
from webapp.search.among import Among

# A scan of so many 64-bit words takes some tens of milliseconds, as rendering a page does.
PROVE_UP_TO_WORDS = 1 << 26
"""The largest scan that is made to prove an answer: a million items in the widest kind."""

_DEPTHS = (1_000, 4_000, 16_000)
"""How many candidates are asked for to prove an answer that no scan can prove; ascending."""

_FIRST_MEASURED = 64
"""Of candidates whose codes are fetched, so many are measured before others are ruled out."""

_FETCHED_AT_ONCE = 2_000
"""Of so few items that pass, each is measured where codes are fetched, whatever is near."""

_MOST_FETCHED = 16_000
"""So many are measured at most, where no list of candidates proves the answer."""

MIN_ITEMS_PER_LOOKUP = 4
"""Measuring items one by one is faster than a scan of all only below one item in this many."""


class Proof(StrEnum):
    """What became of the proof of an answer."""

    HELD = "held"
    MENDED = "mended"
    LEFT_OUT = "left out"
    NOT_NEEDED = "not needed"


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The K nearest items of a query, ordered by (distance, id).

    `ids`: shape (K,). `distances`: shape (K,), in the unit of the measure: bits for a kind, look
    distance for the look. `exact`: the answer is proven, no other item is nearer. `missed`: ids
    of the answer that were not among the engine's candidates; known only after a proof.
    `candidates`: how many items the engine proposed, or passed the filters.
    """

    ids: Ids
    distances: NDArray[np.int64]
    exact: bool
    missed: frozenset[int] = frozenset()
    proof: Proof = Proof.NOT_NEEDED
    candidates: int = 0


class Measure(Protocol):
    """The distance of every item from one query."""

    ids: Ids
    """The M items that can be found, ascending, shape (M,); a place in it is a position."""

    @property
    def scan_words(self) -> int:
        """How many 64-bit words a scan of all items compares; 0 once it was made."""

    def candidates(
        self, k: int, narrowing: Narrowing | None = None, *, every: bool = False
    ) -> tuple[Positions, int]:
        """Return the positions, ascending, of candidates for the k nearest, and a distance.

        Every item that passes a `narrowing` and is within that distance is among them, unless k
        others come before it; with `every`, whatever comes before it. Where it is `NOTHING`, that
        is known of none; where it is `EVERYTHING`, of all.
        """

    def at_least(self, positions: Positions) -> NDArray[np.integer]:
        """Return how far items that were asked for as candidates last are at least, shape (P,).

        Nothing is fetched for it. Only where codes are, for it is told by the engine.
        """

    def distances(self, positions: Positions | None = None) -> NDArray[np.integer]:
        """Return the exact distances of all M items, shape (M,), or of P `positions`, (P,)."""

    def within(self, bound: int, k: int) -> Positions | None:
        """Return the positions, ascending, of the items within a distance, or None for all.

        Others may be among them; items that cannot be among the k nearest may be missing.
        """


def can_be_scanned(measure: Measure) -> bool:
    """Say whether all items can be compared: not where their codes are fetched."""
    return measure.scan_words < NEVER_SCANNED


def nearest(
    measure: Measure,
    k: int,
    among: Among | None = None,
    prove_up_to: int | None = None,
) -> Neighbours:
    """Find the k nearest of all items, or of those `among` them that may be hits.

    Returns min(k, number of items) neighbours. Items `among` all are measured: of the engine's
    candidates too few might pass a filter; but where codes are fetched, few are all measured. An
    answer is proven if the scan compares at most `prove_up_to` words, `PROVE_UP_TO_WORDS` if None.
    """
    max_words = PROVE_UP_TO_WORDS if prove_up_to is None else prove_up_to
    if among is not None and not can_be_scanned(measure):
        return _sifted(measure, k, among)
    if among is not None:
        if MIN_ITEMS_PER_LOOKUP * len(among.positions) > len(measure.ids):
            measure.distances()
        return _all_of(measure, k, among.positions)
    proposed, within = _proposed(measure, k, k)
    if proposed.exact:
        return proposed
    if can_be_scanned(measure) and (len(proposed.ids) < k or measure.scan_words <= max_words):
        contenders = _contenders(measure, proposed, k)
        return _proven(proposed, _ranked(measure, contenders, k, exact=True))
    found = _deepened(measure, k, proposed, within)
    # Where more of the nearest were removed than lists are long, only all codes tell.
    return (
        found
        if len(found.ids) == min(k, len(measure.ids))
        else _ranked(measure, None, k, exact=True)
    )


def _all_of(measure: Measure, k: int, positions: Positions) -> Neighbours:
    return replace(_ranked(measure, positions, k, exact=True), candidates=len(positions))


def _sifted(measure: Measure, k: int, among: Among) -> Neighbours:
    """Ask for candidates that may pass, more and more, until those that do prove the answer."""
    if len(among.positions) <= _FETCHED_AT_ONCE:
        return _all_of(measure, k, among.sifted(among.positions))
    for count in (k, *_DEPTHS):
        candidates, within = measure.candidates(count, among.narrowing, every=True)
        passing = among.sifted(candidates)
        found = _listed(measure, passing, k, among.changed)
        if within == EVERYTHING or (len(found.ids) == k and found.distances[-1] <= within):
            return replace(found, exact=True)
    if len(among.positions) <= _MOST_FETCHED:
        return _all_of(measure, k, among.sifted(among.positions))
    return replace(found, proof=Proof.LEFT_OUT)


def _proposed(measure: Measure, k: int, count: int) -> tuple[Neighbours, int]:
    """Rank `count` candidates or so; they prove the answer if they are known to be far enough out.

    Returns the distance within which they are all that there is, too.
    """
    candidates, within = measure.candidates(count)
    if can_be_scanned(measure):
        found = _ranked(measure, candidates, k, exact=False)
    else:
        found = _listed(measure, candidates, k)
    if (
        within == EVERYTHING
        or len(candidates) == len(measure.ids)
        or (within != NOTHING and len(found.ids) == k and found.distances[-1] <= within)
    ):
        found = replace(found, exact=True)
    return replace(found, candidates=len(candidates)), within


def _listed(
    measure: Measure, positions: Positions, k: int, unsure: Positions | None = None
) -> Neighbours:
    """Rank candidates, fetching the codes of those alone that may be among the k nearest.

    Most are listed by one kind, and known to be far in the others. Of items `unsure` nothing is
    known.
    """
    least = measure.at_least(positions)
    if unsure is not None and len(unsure):
        least[sorted_contains(unsure, positions)] = 0
    order = np.argsort(least, kind="stable")
    count = max(_FIRST_MEASURED, 2 * k)
    found = _ranked(measure, positions[np.sort(order[:count])], k, exact=False)
    if len(found.ids) == k:
        possible = int(np.count_nonzero(least <= found.distances[-1]))
    else:
        possible = len(positions)
    if possible > count:
        found = _ranked(measure, positions[np.sort(order[:possible])], k, exact=False)
    return replace(found, candidates=len(positions))


def _deepened(measure: Measure, k: int, proposed: Neighbours, within: int) -> Neighbours:
    """Ask for more and more candidates, until they prove the answer or promise no more than before.

    This is the threshold algorithm (Fagin, Lotem and Naor, 2001): whatever was not proposed yet is
    farther than the ends of all lists together, so that nothing else need be compared.
    """
    found = proposed
    for count in _DEPTHS if within != NOTHING else ():
        found, deeper = _proposed(measure, k, count)
        if found.exact:
            return _proven(proposed, found)
        if deeper <= within:
            break
        within = deeper
    return replace(found, proof=Proof.LEFT_OUT)


def _contenders(measure: Measure, proposed: Neighbours, k: int) -> Positions | None:
    """Return the positions of items that may be as near as the last of the k; None for all."""
    if len(proposed.ids) < k:
        return None
    near = measure.within(int(proposed.distances[-1]), k)
    if near is None or MIN_ITEMS_PER_LOOKUP * len(near) >= len(measure.ids):
        return None
    return near


def _ranked(measure: Measure, positions: Positions | None, k: int, *, exact: bool) -> Neighbours:
    distances = measure.distances(positions)
    order = k_smallest(distances, k)
    ranked = order if positions is None else positions[order]
    return Neighbours(measure.ids[ranked], distances[order].astype(np.int64), exact)


def _proven(proposed: Neighbours, truth: Neighbours) -> Neighbours:
    missed = frozenset(truth.ids.tolist()) - frozenset(proposed.ids.tolist())
    proof = Proof.MENDED if missed else Proof.HELD
    return replace(truth, missed=missed, proof=proof, candidates=proposed.candidates)


class KindMeasure:
    """The Hamming distance in one kind, in bits, to the nearest of a query's Q readings, (W, Q).

    Of each photo: where items have several, `nearest_photo` makes one of items of it.
    """

    # Asked for beyond k, so that most rows at the k-th distance are candidates: ids decide ties.
    _SPARE_ROWS = 64

    def __init__(self, table: Table, index: Index, queries: Planes) -> None:
        self.ids = table.ids
        self._table = table
        self._index = index
        self._queries = queries
        self._all: NDArray[np.integer] | None = None
        self._proposal: Proposal | None = None
        self._narrowed = False

    @property
    def scan_words(self) -> int:
        """How many 64-bit words a scan of all items compares; 0 once it was made."""
        return self._table.scan_words * self._queries.shape[1] if self._all is None else 0

    def candidates(
        self, k: int, narrowing: Narrowing | None = None, *, every: bool = False
    ) -> tuple[Positions, int]:
        """Ask the index for rows near the readings.

        Of a row that many items have, some may be missing: they are no nearer, and come later.
        With `every` none is, where a distance is promised.
        """
        # The views of one item may be several of the rows.
        count = (k + self._SPARE_ROWS) * self._table.codes_per_item
        proposal = self._index.candidates(self._queries, count, narrowing)
        self._proposal, self._narrowed = proposal, narrowing is not None
        every = every and proposal.within != NOTHING
        per_row = self._table.photo_count if every else k
        return self._table.photos_of(proposal.rows, per_row), proposal.within

    def at_least(self, positions: Positions) -> NDArray[np.integer]:
        """Return the distance of the nearest row that was listed: see `Measure`."""
        assert self._proposal is not None, "candidates were asked for"
        of_views = self._proposal.at_least(self._table.rows_at(positions))
        least: NDArray[np.integer] = of_views.min(axis=1)
        return least

    def distances(self, positions: Positions | None = None) -> NDArray[np.integer]:
        """Count differing bits; a scan of all items is made once and kept."""
        if positions is None and self._all is None:
            self._all = self._table.distances(self._queries)
        if self._all is not None:
            return self._all if positions is None else self._all[positions]
        known = self._proposal
        if positions is None or known is None or known.distances is None or self._narrowed:
            return self._table.distances(self._queries, positions)
        # What a list promises to have all of is told by it, and need not be fetched.
        found = self.at_least(positions)
        far = np.flatnonzero(found > known.within)
        if len(far):
            found[far] = self._table.distances(self._queries, positions[far])
        return found

    def within(self, bound: int, k: int) -> Positions:
        """Scan all codes; `Table.within` leaves out what the bound excludes early."""
        if self._all is not None:
            return np.flatnonzero(self._all <= bound)
        return self._table.within(self._queries, bound, k)
