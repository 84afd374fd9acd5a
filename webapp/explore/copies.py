"""What tells near-duplicates apart as files: the largest is the one worth keeping."""

from collections.abc import Sequence
from dataclasses import dataclass

from webapp.catalog.reader import Catalog
from webapp.explore.duplicates import Group
from webapp.models import Item, ItemPhoto


@dataclass(frozen=True, slots=True)
class Copy:
    """One item of a group, and its photo that is nearest to another item's.

    `bytes` of that photo's file, None where it cannot be looked at. `largest`: it has the most
    pixels of its group, then the most bytes, then the smallest id.
    """

    item: Item
    photo: ItemPhoto
    bytes: int | None
    largest: bool


def copies(catalog: Catalog, group: Group) -> list[Copy]:
    """Look at the files of a group; which is the largest is only said of a group that is whole."""
    photos = [item.photo(number) for item, number in zip(group.items, group.photos, strict=True)]
    sizes = [catalog.originals.size(photo) for photo in photos]
    best = _largest(photos, sizes) if len(group.items) == group.size else -1
    return [
        Copy(item, photo, size, number == best)
        for number, (item, photo, size) in enumerate(zip(group.items, photos, sizes, strict=True))
    ]


def _largest(photos: Sequence[ItemPhoto], sizes: Sequence[int | None]) -> int:
    return max(
        range(len(photos)),
        key=lambda one: (photos[one].width * photos[one].height, sizes[one] or 0, -photos[one].id),
    )
