"""The plain data that travels between modules; knows nothing of how it is kept or shown."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import ClassVar, Self, TypeVar, get_type_hints

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")

Code = bytes
"""One picture's packed bits in one kind, high bit first, as `numpy.packbits` makes them; of a
kind with several views, one after the other."""

Fingerprint = Mapping[str, Code]
"""All codes of one picture, by kind."""

Ids = NDArray[np.int64]


class Role(Enum):
    """What a field of an item is for."""

    FOUND = "found in the photo's file"
    ATTRIBUTE = "given with the photo, by a list or a person"
    FACET = "an attribute whose values narrow a grid"
    INTERNAL = "needed to keep the photo; visitors never see it"


_ATTRIBUTE = {"role": Role.ATTRIBUTE}
_FACET = {"role": Role.FACET}
_INTERNAL = {"role": Role.INTERNAL}
_NO_COLUMN = {"role": None}  # kept in a table of its own


@dataclass(frozen=True, slots=True)
class ItemPhoto:
    """One photo of an item; `number` counts from 1, the first being the one that grids show."""

    item_id: int
    number: int
    path: str
    filename: str
    digest: str
    width: int
    height: int
    media_type: str

    @property
    def id(self) -> int:
        """The number of the item that it shows."""
        return self.item_id


@dataclass(frozen=True, slots=True)
class Item:
    """A thing in the catalogue: its photos and its attributes.

    What is said of a photo is of the first; `further` are the others, in their order.

    The fields are listed here alone: the database's columns, the attributes that an import list may
    have, the JSON of an item and its description in OpenAPI are made from `ITEM_FIELDS`.
    """

    number: ClassVar[int] = 1
    """Of the photo that an item is shown by, as of an `ItemPhoto`."""

    id: int
    filename: str
    path: str = field(metadata=_INTERNAL)
    title: str = field(metadata=_ATTRIBUTE)
    brand: str = field(metadata=_FACET)
    price: float | None = field(metadata=_ATTRIBUTE)
    currency: str = field(metadata=_FACET)
    colour: str = field(metadata=_FACET)
    category: str = field(metadata=_FACET)
    url: str = field(metadata=_ATTRIBUTE)
    width: int
    height: int
    media_type: str = field(metadata=_INTERNAL)
    digest: str = field(metadata=_INTERNAL)
    extra: Mapping[str, str] = field(default_factory=dict)
    # Rows of a list may share a photo: how many of them stand before this item's.
    occurrence: int = field(default=0, metadata=_INTERNAL)
    # The folder or list that named it last, as `path` is kept; "" where it was added by itself.
    source: str = field(default="", metadata=_INTERNAL)
    photo_count: int = field(default=1, metadata=_INTERNAL)
    further: tuple[ItemPhoto, ...] = field(default=(), metadata=_NO_COLUMN)

    @property
    def photos(self) -> tuple[ItemPhoto, ...]:
        """All of its photos."""
        first = ItemPhoto(
            self.id,
            1,
            self.path,
            self.filename,
            self.digest,
            self.width,
            self.height,
            self.media_type,
        )
        return (first, *self.further)

    def photo(self, number: int) -> ItemPhoto:
        """Return one of its photos; the first where it has none of this number."""
        return self.photos[number - 1] if 0 < number <= 1 + len(self.further) else self.photos[0]

    @property
    def is_drawn(self) -> bool:
        """Whether this is one of the demo's drawn bags."""
        return self.path.startswith("demo/")


Pictured = Item | ItemPhoto
"""What has a picture to show: one of an item's photos, or the item itself, by its first."""


@dataclass(frozen=True, slots=True)
class ItemField:
    """A column of `Item`; `type` is its annotation: int, str, float | None or Mapping[str, str]."""

    name: str
    type: object
    role: Role


_TYPES = get_type_hints(Item)
ITEM_FIELDS = tuple(
    ItemField(one.name, _TYPES[one.name], one.metadata.get("role", Role.FOUND))
    for one in fields(Item)
    if one.metadata != _NO_COLUMN
)

PUBLIC_FIELDS = tuple(one for one in ITEM_FIELDS if one.role is not Role.INTERNAL)
"""What visitors may see of an item."""

ATTRIBUTES = tuple(one.name for one in ITEM_FIELDS if one.role in {Role.ATTRIBUTE, Role.FACET})
"""What a list or a person gives with a photo."""

FACETS = tuple(sorted(one.name for one in ITEM_FIELDS if one.role is Role.FACET))
"""The attributes whose values narrow a grid, in alphabetical order."""

TAKEN_NAMES = frozenset(
    {"by", "colour_by", "colour_of", "crop", "cursor", "distance", "fields", "fold", "format"}
    | {"frame", "harder", "ids", "item", "k", "lean", "max_price", "min_price", "n", "name", "not"}
    | {"of", "only", "others", "page", "parts", "per_page", "photo", "q", "seed", "sort", "text"}
    | {"tint", "to", "trail", "v", "view"}
)
"""What addresses call other things: no extra column of such a name narrows a grid."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What narrows a grid: any of the values in each facet, a price range, both ends in, words.

    `more`: the facets that are extra columns of the catalogue, by name, each with its values.
    """

    brand: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    colour: tuple[str, ...] = ()
    currency: tuple[str, ...] = ()
    min_price: float | None = None
    max_price: float | None = None
    text: str | None = None
    more: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def __bool__(self) -> bool:
        return self != NO_FILTERS

    @classmethod
    def by(
        cls,
        values: Mapping[str, tuple[str, ...]],
        min_price: float | None = None,
        max_price: float | None = None,
        text: str | None = None,
    ) -> Self:
        """Build filters from the values wanted in each facet, by its name."""
        own = {name: values.get(name, ()) for name in FACETS}
        more = tuple((n, wanted) for n, wanted in values.items() if wanted and n not in FACETS)
        return cls(**own, min_price=min_price, max_price=max_price, text=text, more=more)

    def values(self, facet: str) -> tuple[str, ...]:
        """Return the values wanted in a facet, any of which will do; none if all will."""
        found: tuple[str, ...]
        found = getattr(self, facet) if facet in FACETS else dict(self.more).get(facet, ())
        return found

    @property
    def facets(self) -> tuple[str, ...]:
        """The names of the facets in which values are wanted."""
        own = tuple(name for name in FACETS if getattr(self, name))
        return own + tuple(name for name, _ in self.more)


NO_FILTERS = Filters()


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` photos, items or tiles of one step, `doing`, such as "measuring"."""

    doing: str
    done: int
    total: int


WithProgress = Generator[Progress, None, T]
"""Work that yields its progress and returns a T."""
