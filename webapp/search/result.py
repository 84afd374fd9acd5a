"""What a search answers: hits, how near they are in words, and how far that is proven."""

from dataclasses import dataclass
from enum import StrEnum

from webapp.models import Fingerprint, Item


class Level(StrEnum):
    """How near a hit is, in words that mean the same everywhere; the highest comes first."""

    SAME_PICTURE = "same picture"
    SAME_LOOK = "same look"
    UNLIKE = "unlike"


@dataclass(frozen=True, slots=True)
class Hit:
    """One answer of a search: `distance` of the ranking's `bits` differ.

    `level`: None where several were asked at once, for which there are no levels. `close`: nearer
    than other things than bags come. `chance`: the share of random pairs of items that are at
    least as near, 0 to 1; None where there are too few items to say.

    `matched` says how the query was read where not as it is, such as "mirrored". `copies` counts
    the items with the identical pictures that this one stands for, itself among them. `photo` is
    the number of the item's photo that is nearest.
    """

    rank: int
    distance: int
    similarity: float
    item: Item
    matched: str = ""
    copies: int = 1
    level: Level | None = None
    close: bool = False
    chance: float | None = None
    photo: int = 1


@dataclass(frozen=True, slots=True)
class Result:
    """The answer of a search.

    `exact` says that the hits were proven to be the true nearest; `repaired` counts those of
    them that the engine had missed. `bag`: whether the photo seems to show one; None where that
    is not known.
    """

    by: str
    k: int
    fingerprint: Fingerprint
    bits: int
    exact: bool
    repaired: int
    bag: bool | None
    hits: tuple[Hit, ...]

    @property
    def level(self) -> Level | None:
        """The highest level of a hit; nothing found is unlike. None where there are no levels."""
        levels = {hit.level for hit in self.hits} or {Level.UNLIKE}
        return next((level for level in Level if level in levels), None)

    @property
    def weak(self) -> bool:
        """Whether something was found, and even the nearest is unlike."""
        return bool(self.hits) and self.level is Level.UNLIKE
