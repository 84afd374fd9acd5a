"""The nearest items where an engine keeps the codes: most of its candidates are never fetched.

An engine lists the nearest rows of each kind with their distances. So it is known how far each
candidate is at least, and all that is not listed too. Only codes of candidates that may be among
the nearest are fetched, the most promising first, and lists grow until nothing else can be.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from webapp.index.engines import EVERYTHING, NOTHING
from webapp.index.hamming import Positions, sorted_contains, sorted_unique
from webapp.index.narrowing import Narrowing
from webapp.search.among import Among
from webapp.search.measure import DEPTHS, Measure
from webapp.search.neighbours import Neighbours, Proof, nearest_of, proven, ranked

_STEP = 4
"""How many times as long as the one before each list of `DEPTHS` is, at most."""

_MOST_LISTED = 150_000
"""Lists grow no longer than to so many candidates in all: more take longer than people wait."""

_FIRST_MEASURED = 64
"""So many candidates are measured first, those that may be nearest."""

_GLANCE = 512
"""So many tell whether lists are long enough for a proof; else longer ones are asked for."""

_MOST_MEASURED = 8_000
"""So many are measured at most, which takes a second or two; others are left out of the answer."""

_FEW = 2_000
"""Of so few items that pass filters, each is measured, whatever is listed."""


def nearest_fetched(measure: Measure, k: int, among: Among | None) -> Neighbours:
    """Find the k nearest of all items, or of those `among` them that may be hits: see `nearest`."""
    if among is not None and len(among.positions) <= _FEW:
        return _all_of(measure, k, among)
    narrowing, changed = _told(among)
    first, before = None, NOTHING
    for count in (k, *DEPTHS):
        listed, within = measure.candidates(count, narrowing, every=among is not None)
        candidates = listed if among is None else among.sifted(listed)
        least = _at_least(measure, candidates, changed)
        if len(listed) == len(measure.ids):
            within = EVERYTHING
        found = _measured(measure, candidates, least, k, within)
        first = candidates if first is None else first
        if found.exact:
            return found if candidates is first else proven(found, measure.ids[first])
        # Lists that no filter narrowed may hold too few that pass: longer ones hold more.
        is_short = len(found.ids) < min(k, len(measure.ids))
        if (within <= before and not is_short) or _STEP * len(listed) > _MOST_LISTED:
            break
        before = within
    if among is not None and len(among.positions) <= _MOST_MEASURED:
        return _all_of(measure, k, among)
    found = _measured(measure, candidates, least, k, within, glance=_MOST_MEASURED)
    if found.exact:
        return proven(found, measure.ids[first])
    if len(found.ids) < min(k, len(measure.ids)):
        if among is None:
            # More of the nearest were removed than lists are long: only all codes tell.
            return ranked(measure, None, k, exact=True)
        found = _nearest_of_some(measure, k, among, candidates)
    return replace(found, proof=Proof.LEFT_OUT)


def _told(among: Among | None) -> tuple[Narrowing | None, Positions | None]:
    """Return what an engine is told, and the items of which its lists say nothing then."""
    if among is None or len(among.changed) > _FEW:
        # So many cannot all be measured, and would come before what is listed. Told no filters, an
        # engine lists what is near of them too.
        return None, None
    return among.narrowing, among.changed


def _all_of(measure: Measure, k: int, among: Among) -> Neighbours:
    found = ranked(measure, among.sifted(among.positions), k, exact=True)
    return replace(found, candidates=len(among.positions))


def _nearest_of_some(measure: Measure, k: int, among: Among, candidates: Positions) -> Neighbours:
    """Find the nearest of the few that lists hold and of as many others as can be measured.

    Thousands pass what an engine is not told, such as words, and none of them is near.
    """
    spread = among.positions[:: -(-len(among.positions) // _MOST_MEASURED)]
    some = sorted_unique(np.concatenate([candidates, among.sifted(spread)]))
    return replace(ranked(measure, some, k, exact=False), candidates=len(some))


def _at_least(
    measure: Measure, candidates: Positions, unsure: Positions | None
) -> NDArray[np.integer]:
    """Return how far candidates are at least; of those `unsure` nothing is known."""
    least = measure.at_least(candidates)
    if unsure is not None and len(unsure):
        least[sorted_contains(unsure, candidates)] = 0
    return least


def _measured(  # noqa: PLR0913, PLR0917 - each is another thing that is known of the lists
    measure: Measure,
    candidates: Positions,
    least: NDArray[np.integer],
    k: int,
    within: int,
    glance: int = _GLANCE,
) -> Neighbours:
    """Rank the candidates that may be among the k nearest; exact if nothing else can be.

    No more are measured than `glance`, where all of them would prove nothing: the k-th is farther
    than the distance `within` which all that there is was listed.
    """
    order = np.argsort(least, kind="stable")
    positions, distances = np.empty(0, dtype=np.intp), np.empty(0, dtype=np.int64)
    count = max(_FIRST_MEASURED, 2 * k)
    while True:
        some = np.sort(candidates[order[len(positions) : count]])
        positions = np.append(positions, some)
        distances = np.append(distances, measure.distances(some))
        ascending = np.argsort(positions)
        found = nearest_of(measure, positions[ascending], distances[ascending], k)
        is_full = len(found.ids) == k
        possible = int(np.count_nonzero(least <= found.distances[-1])) if is_full else len(order)
        proves = within == EVERYTHING or (is_full and int(found.distances[-1]) <= within)
        if possible <= count:
            return replace(found, exact=proves, candidates=len(candidates))
        if count >= (_MOST_MEASURED if proves else glance):
            return replace(found, candidates=len(candidates))
        count = min(_STEP * count, possible, _MOST_MEASURED)
