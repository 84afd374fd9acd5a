"""What tells near-duplicates apart as files: the largest is the one worth keeping."""

from collections.abc import Sequence
from dataclasses import dataclass

from webapp.catalog.reader import Catalog
from webapp.explore.duplicates import Group
from webapp.models import Item


@dataclass(frozen=True, slots=True)
class Copy:
    """One item of a group; `bytes` of its photo's file, None where that cannot be looked at.

    `largest`: it has the most pixels of its group, then the most bytes, then the smallest id.
    """

    item: Item
    bytes: int | None
    largest: bool


def copies(catalog: Catalog, group: Group) -> list[Copy]:
    """Look at the files of a group; which is the largest is only said of a group that is whole."""
    sizes = [catalog.originals.size(item) for item in group.items]
    best = _largest(group.items, sizes) if len(group.items) == group.size else -1
    return [
        Copy(item, size, number == best)
        for number, (item, size) in enumerate(zip(group.items, sizes, strict=True))
    ]


def _largest(items: Sequence[Item], sizes: Sequence[int | None]) -> int:
    return max(
        range(len(items)),
        key=lambda one: (items[one].width * items[one].height, sizes[one] or 0, -items[one].id),
    )
