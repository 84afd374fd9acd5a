"""Heat maps by masking: which parts of two photos made a match.

For kinds whose bits are not places in the picture.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from webapp.catalog.reader import Catalog
from webapp.explain.why import Evidence
from webapp.hashing.bag_finder import WHOLE, Frame
from webapp.hashing.fingerprinting import find_attention
from webapp.hashing.hash_kind import Attention, Bits, MeasuresAttention
from webapp.hashing.one_at_a_time import one_at_a_time
from webapp.models import ItemPhoto
from webapp.pictures.regions import region

# A part is outlined if hiding it adds at least this share of the largest added distance.
_OUTLINED_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class OcclusionMap:
    """How much each part of a photo decides the photo's code; a part is a cell of a grid."""

    attention: Attention

    @property
    def frame(self) -> Frame:
        """Return what of the photo was looked at, and parted: the bag alone, or all of it."""
        return self.attention.frame

    @property
    def shades(self) -> NDArray[np.float64]:
        """Return for each part, shape (rows, columns), the bits it flips as a share of the most."""
        flipped = self.attention.flipped
        return flipped / max(1, int(flipped.max()))

    @property
    def shared(self) -> NDArray[np.bool_]:
        """Return the parts, shape (rows, columns), without which the two photos are less alike."""
        added = self.attention.added_distance
        return added >= max(1, _OUTLINED_SHARE * int(added.max()))

    @property
    def most(self) -> int:
        """Return how many bits the most important part flips."""
        return int(self.attention.flipped.max())

    @property
    def region(self) -> str:
        """Return where in the photo the important parts lie; empty if they are spread."""
        return region(self.attention.flipped)


@dataclass(frozen=True, slots=True)
class OcclusionMaps:
    """The map of the query's photo, if the query is an item, and the map of the match's photo."""

    asked: OcclusionMap | None
    found: OcclusionMap

    @property
    def complete(self) -> bool:
        """Return whether there was time for all parts."""
        return all(one.attention.complete for one in self._both)

    @property
    def shows_bag_alone(self) -> bool:
        """Return whether one of the photos was looked at in part."""
        return any(one.frame != WHOLE for one in self._both)

    @property
    def _both(self) -> list[OcclusionMap]:
        return [self.found, *([self.asked] if self.asked else [])]


def occlusion_maps(
    catalog: Catalog, evidence: Evidence, asked: ItemPhoto | None, found: ItemPhoto
) -> OcclusionMaps | None:
    """Hide the parts of both photos one by one; None for a kind that has no such measure.

    Raises:
        ItemNotFound: a photo is not where it was imported from.
        UnreadableImage: a photo is damaged.
        LearnedUnusable: the network is not right.
    """
    if evidence.kind.attention is None:
        return None
    of_photo = partial(_occlusion_map, catalog, evidence.kind.attention)
    return OcclusionMaps(
        of_photo(asked, evidence.query_bits, evidence.item_bits) if asked else None,
        of_photo(found, evidence.item_bits, evidence.query_bits),
    )


def _occlusion_map(
    catalog: Catalog, measure: MeasuresAttention, photo: ItemPhoto, own: Bits, compared: Bits
) -> OcclusionMap:
    encoded = catalog.encoded_photo(photo)
    return OcclusionMap(one_at_a_time(find_attention, encoded, measure, own, compared))
