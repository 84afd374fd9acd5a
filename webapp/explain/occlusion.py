"""Which parts of two photos made a match, where the bits themselves are no places."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webapp.catalog.reader import Catalog
from webapp.explain.why import Evidence
from webapp.hashing.hash_kind import Attention
from webapp.models import Item
from webapp.pictures.regions import region

# Parts that take the two apart by half as much as the worst, or more, are worth an outline.
_SHARED = 0.5


@dataclass(frozen=True, slots=True)
class OcclusionMap:
    """How much of a photo's code hangs on each of its parts, shape (rows, columns)."""

    attention: Attention

    @property
    def shades(self) -> NDArray[np.float64]:
        """Return amounts from 0, no bit turned when the part was hidden, to 1, the most did."""
        turned = self.attention.turned
        return turned / max(1, int(turned.max()))

    @property
    def shared(self) -> NDArray[np.bool_]:
        """The parts whose hiding takes the two photos apart most."""
        farther = self.attention.farther
        return farther >= max(1, _SHARED * int(farther.max()))

    @property
    def most(self) -> int:
        """How many bits the part that counts most turned."""
        return int(self.attention.turned.max())

    @property
    def region(self) -> str:
        """Where in the photo most of what counts lies, if it gathers somewhere."""
        return region(self.attention.turned)


@dataclass(frozen=True, slots=True)
class OcclusionMaps:
    """Of the photo that was asked with, if it is an item's, and of the match."""

    asked: OcclusionMap | None
    found: OcclusionMap

    @property
    def complete(self) -> bool:
        """Whether time sufficed for all parts."""
        each = [self.found, *([self.asked] if self.asked else [])]
        return all(heat.attention.complete for heat in each)


def occlusion_maps(
    catalog: Catalog, evidence: Evidence, asked: Item | None, found: Item
) -> OcclusionMaps | None:
    """Hide the parts of both photos, one by one; None for a kind that this tells nothing about.

    Raises:
        ItemNotFound: a photo is not where it was imported from.
        UnreadableImage: it is damaged.
        LearnedUnusable: the network is not right.
    """
    attention = evidence.kind.attention
    if attention is None:
        return None
    return OcclusionMaps(
        OcclusionMap(attention(catalog.picture(asked), evidence.item_bits)) if asked else None,
        OcclusionMap(attention(catalog.picture(found), evidence.query_bits)),
    )
