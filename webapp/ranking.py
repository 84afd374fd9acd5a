"""From candidates to the true nearest: exact re-rank, then proof by a scan where it is cheap."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webapp.codes import CodeTable
from webapp.engines import Index
from webapp.hamming import Planes, distances, nearest_rows
from webapp.models import Ids

# A scan of this many 64-bit words takes about half a millisecond: less than rendering a page.
PROVE_UP_TO_WORDS = 1 << 18

# Candidates asked for beyond k, so that ties at the last place are decided by id, not by chance.
_SPARE = 64


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The nearest items, ordered by (distance, id).

    `exact` says that no other item is nearer; `repaired` counts those that the engine missed.
    """

    ids: Ids
    distances: NDArray[np.int64]
    exact: bool
    repaired: int


def nearest(
    table: CodeTable, index: Index, query: Planes, k: int, among: Ids | None = None
) -> Neighbours:
    """Find the k nearest items to a query, shape (W, 1), among some or all of them.

    Always min(k, number of items) answers. A subset is scanned, never filtered afterwards: a
    filter that few items pass would leave too few of the engine's candidates.
    """
    if among is not None:
        return _scanned(table, query, k, _mask(table, among))
    rows = index.candidates(query, k + _SPARE)
    ids, found = table.expand(rows, distances(table.codes[:, rows], query))
    proposed = Neighbours(ids[:k], found[:k], exact=index.exact, repaired=0)
    if index.exact or (len(ids) >= k and table.codes.size > PROVE_UP_TO_WORDS):
        return proposed
    return _proven(proposed, _scanned(table, query, k))


def _scanned(
    table: CodeTable, query: Planes, k: int, among: NDArray[np.bool_] | None = None
) -> Neighbours:
    everywhere = distances(table.codes, query)
    rows = nearest_rows(everywhere, table.weights(among), k)
    ids, found = table.expand(rows, everywhere[rows], among)
    return Neighbours(ids[:k], found[:k], exact=True, repaired=0)


def _proven(proposed: Neighbours, truth: Neighbours) -> Neighbours:
    missed = len(truth.ids) - int(np.isin(truth.ids, proposed.ids).sum())
    return Neighbours(truth.ids, truth.distances, exact=True, repaired=missed)


def _mask(table: CodeTable, among: Ids) -> NDArray[np.bool_]:
    highest = int(table.ids.max(initial=0))
    mask = np.zeros(highest + 1, dtype=bool)
    mask[among[among <= highest]] = True  # items newer than the table are not in it yet
    return mask
