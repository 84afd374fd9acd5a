"""The plain data that travels between modules; knows nothing of how it is kept or shown."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")

ATTRIBUTES = ("title", "brand", "price", "currency", "colour", "category", "url")

FACETS = ("brand", "category", "colour", "currency")
"""The attributes whose values narrow a grid."""

Code = bytes
"""One picture's packed bits in one kind, high bit first, as `numpy.packbits` makes them; of a
kind with several views, one after the other."""

Fingerprint = Mapping[str, Code]
"""All codes of one picture, by kind."""

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Item:
    """A thing in the catalogue: its photo and its attributes."""

    id: int
    filename: str
    path: str
    title: str
    brand: str
    price: float | None
    currency: str
    colour: str
    category: str
    url: str
    width: int
    height: int
    media_type: str
    digest: str
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_drawn(self) -> bool:
        """Whether this is one of the demo's drawn bags."""
        return self.path.startswith("demo/")


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows a grid: any of the values in each facet, and a price range, both ends in."""

    brand: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    colour: tuple[str, ...] = ()
    currency: tuple[str, ...] = ()
    min_price: float | None = None
    max_price: float | None = None

    def __bool__(self) -> bool:
        return self != NO_FILTERS


NO_FILTERS = Filters()


@dataclass(frozen=True, slots=True)
class Rejected:
    """Something that could not be taken in, and why."""

    source: str
    reason: str


@dataclass(frozen=True, slots=True)
class Hit:
    """One answer of a search: `distance` of the ranking's `bits` differ.

    `matched` says how the query was read where not as it is, such as "mirrored". `copies` counts
    the items with the identical picture that this one stands for, itself among them.
    """

    rank: int
    distance: int
    similarity: float
    item: Item
    matched: str = ""
    copies: int = 1


@dataclass(frozen=True, slots=True)
class Result:
    """The answer of a search.

    `exact` says that the hits were proven to be the true nearest; `repaired` counts those of
    them that the engine had missed. `weak` says that even the first is hardly nearer
    than items taken at random.
    """

    by: str
    k: int
    fingerprint: Fingerprint
    bits: int
    exact: bool
    repaired: int
    weak: bool
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` things of one part of some work."""

    doing: str
    done: int
    total: int


WithProgress = Generator[Progress, None, T]
"""Work that yields how far it is, and returns a T."""
