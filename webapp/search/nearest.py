"""From candidates to the nearest items: exact re-rank, then proof by a scan where that is cheap."""

from dataclasses import replace

from webapp.index.engines import EVERYTHING, NOTHING
from webapp.index.hamming import Positions
from webapp.search.among import Among
from webapp.search.measure import DEPTHS, MIN_ITEMS_PER_LOOKUP, Measure, can_be_scanned
from webapp.search.nearest_fetched import nearest_fetched
from webapp.search.neighbours import Neighbours, Proof, proven, ranked

# A scan of so many 64-bit words takes some tens of milliseconds, as rendering a page does.
PROVE_UP_TO_WORDS = 1 << 26
"""The largest scan that is made to prove an answer: a million items in the widest kind."""


def nearest(
    measure: Measure,
    k: int,
    among: Among | None = None,
    prove_up_to: int | None = None,
) -> Neighbours:
    """Find the k nearest of all items, or of those `among` them that may be hits.

    Returns min(k, number of items) neighbours. Items `among` all are measured, but where codes are
    fetched: of the engine's candidates too few might pass a filter. An answer is proven if the scan
    compares at most `prove_up_to` words, `PROVE_UP_TO_WORDS` if None.
    """
    max_words = PROVE_UP_TO_WORDS if prove_up_to is None else prove_up_to
    if not can_be_scanned(measure):
        return nearest_fetched(measure, k, among)
    if among is not None:
        if MIN_ITEMS_PER_LOOKUP * len(among.positions) > len(measure.ids):
            measure.distances()
        return _all_of(measure, k, among.positions)
    proposed, within = _proposed(measure, k, k)
    if proposed.exact:
        return proposed
    if len(proposed.ids) < k or measure.scan_words <= max_words:
        contenders = _contenders(measure, proposed, k)
        return _proven(proposed, ranked(measure, contenders, k, exact=True))
    return _deepened(measure, k, proposed, within)


def _all_of(measure: Measure, k: int, positions: Positions) -> Neighbours:
    return replace(ranked(measure, positions, k, exact=True), candidates=len(positions))


def _proposed(measure: Measure, k: int, count: int) -> tuple[Neighbours, int]:
    """Rank `count` candidates or so; they prove the answer if they are known to be far enough out.

    Returns the distance within which they are all that there is, too.
    """
    candidates, within = measure.candidates(count)
    found = ranked(measure, candidates, k, exact=False)
    if (
        within == EVERYTHING
        or len(candidates) == len(measure.ids)
        or (within != NOTHING and len(found.ids) == k and found.distances[-1] <= within)
    ):
        found = replace(found, exact=True)
    return replace(found, candidates=len(candidates)), within


def _deepened(measure: Measure, k: int, proposed: Neighbours, within: int) -> Neighbours:
    """Ask for more and more candidates, until they prove the answer or promise no more than before.

    This is the threshold algorithm (Fagin, Lotem and Naor, 2001): whatever was not proposed yet is
    farther than the ends of all lists together, so that nothing else need be compared.
    """
    found = proposed
    for count in DEPTHS if within != NOTHING else ():
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


def _proven(proposed: Neighbours, truth: Neighbours) -> Neighbours:
    return replace(proven(truth, proposed.ids), candidates=proposed.candidates)
