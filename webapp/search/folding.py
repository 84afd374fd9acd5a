"""Items with the identical picture folded into one: the first of them stands for all."""

from collections.abc import Collection
from dataclasses import replace

import numpy as np

from webapp.index.hamming import sorted_contains
from webapp.index.identical_pictures import IdenticalPictures
from webapp.search.among import Among
from webapp.search.measure import Measure
from webapp.search.nearest import nearest
from webapp.search.neighbours import Neighbours


def nearest_pictures(
    measure: Measure,
    k: int,
    among: Among | None,
    left_out: Collection[int],
    identical: IdenticalPictures,
) -> tuple[Neighbours, IdenticalPictures]:
    """Find the k nearest pictures among some items, or among all.

    Also returns which of these items share a picture, to count them. The items `left_out`, by id,
    neither stand for a picture nor count; some of them may be found besides the k.
    """
    found = nearest(measure, k + len(left_out), among)
    places = measure.ids.searchsorted(found.ids)
    if not sorted_contains(identical.positions, places).any():
        return found, identical
    takes_part = np.ones(len(measure.ids), dtype=bool)
    if among is not None:
        takes_part[:] = False
        takes_part[among.positions] = True
    out = np.array(sorted(left_out), dtype=np.int64)
    takes_part[measure.ids.searchsorted(out[sorted_contains(measure.ids, out)])] = False
    sharing = identical.among(takes_part)
    if sorted_contains(sharing.repeats, places).any():
        # Copies took places: rank again without them.
        takes_part[sharing.repeats] = False
        left = np.flatnonzero(takes_part)
        found = nearest(measure, k, replace(among, positions=left) if among else Among(left))
    return found, sharing
