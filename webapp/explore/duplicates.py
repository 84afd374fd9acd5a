"""Near-duplicates: groups of items that are linked by small distances in one kind."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from webapp.exceptions import BadParameter
from webapp.explore.grouping import Grouping, grouping_of
from webapp.explore.nodes import Nodes, proven_nodes
from webapp.explore.pair_counts import PairCounts, count_pairs
from webapp.explore.remembered import Remembered
from webapp.hashing.hash_kind import HashKind
from webapp.hashing.kinds import KINDS, KNOWN_KINDS
from webapp.index.blank_codes import blank_rows, plain_photos
from webapp.index.code_table import CodeTable
from webapp.index.hamming import Positions
from webapp.index.snapshot import Snapshot
from webapp.index.table import Table
from webapp.models import Item
from webapp.search.look import LOOK

DEFAULT_KIND = "shape"
"""The most exact kind: among 3,055 photos of bags, only equal pictures have equal codes in it."""

# Usual is one bit in twenty. In these coarse kinds many different bags are as near as that, so only
# equal codes are grouped, or nearly equal ones.
_USUAL = {"dhash": 1} | dict.fromkeys(
    ("colour", "whash", "colorhash", "ahash", "phash_simple", "dhash_vertical"), 0
)
_GROUPS_AT_ONCE = 100


def kind_named(name: str) -> HashKind:
    """Look up a kind to group by.

    Raises:
        BadParameter: there is no such kind, or it is the look, which has no distance in bits.
    """
    if name in KINDS:
        return KINDS[name]
    known = f"try {', '.join(KINDS)}"
    if name == LOOK.name:
        # Its distances also change with every import, because the scales of its parts do.
        raise BadParameter(
            "by", f"the look blends several kinds, and has no bits to differ in; {known}"
        )
    if name in KNOWN_KINDS:
        raise BadParameter("by", f"'{name}' is not installed here: {KNOWN_KINDS[name].remedy}")
    raise BadParameter("by", f"there is no hash kind '{name}'; {known}")


def usual_distance(kind: HashKind) -> int:
    """Return the distance in bits that groups what people would call near-duplicates."""
    return _USUAL.get(kind.name, kind.bits // 20)


def most_distance(kind: HashKind) -> int:
    """Return the largest distance that can be asked; beyond it nearly all items are one group."""
    return max(10, kind.bits // 10)


@dataclass(frozen=True, slots=True)
class Group:
    """One group, with some or all of its items.

    `photos`: of each of these items the number of its photo that is nearest to another item's.
    """

    size: int
    distance: int
    items: tuple[Item, ...]
    photos: tuple[int, ...]


def _places_in(table: CodeTable, complete: Table) -> Positions:
    """Return where the photos of a table are in one that has all photos, shape (P,)."""
    if table.photo_count == complete.photo_count:
        return np.arange(table.photo_count)
    items = np.searchsorted(complete.ids, table.ids)
    if not complete.photos:
        return items
    # Of each photo its item and number as one whole number; both tables ascend by it.
    base = int(complete.photos.numbers.max()) + 1
    sought = items if not table.photos else items[table.photos.items]
    numbers = table.photos.numbers if table.photos else 1
    known = complete.photos.items.astype(np.int64) * base + complete.photos.numbers
    return np.searchsorted(known, sought * base + numbers)


class Duplicates:
    """Groups the items of one snapshot."""

    def __init__(
        self,
        snapshot: Snapshot,
        groupings: Remembered[Grouping],
        pair_counts: Remembered[PairCounts],
    ) -> None:
        self._snapshot = snapshot
        self._groupings = groupings
        self._pair_counts = pair_counts

    def grouping(self, kind: HashKind, limit: int) -> Grouping:
        """Group all items by a kind.

        Raises:
            BadParameter: the limit is none that can be asked.
            IndexNotReady: nothing that could answer is published.
        """
        most = most_distance(kind)
        if not 0 <= limit <= most:
            raise BadParameter(
                "distance",
                f"must be from 0 to {most} of {kind.name}'s {kind.bits} bits, not {limit}: "
                "beyond that, chance puts bags together",
            )
        table = self._snapshot.kind(kind.name).table
        key = (self._snapshot.generation.name, kind.name, limit)

        def group() -> Grouping:
            whole = table.whole
            return grouping_of(whole.ids, self._nodes(kind, whole), limit, whole.photos)

        return self._groupings.once(key, group)

    def pair_counts(self, kind: HashKind) -> PairCounts:
        """Count the pairs of items at each distance that can be asked.

        Raises:
            IndexNotReady: nothing that could answer is published.
        """
        table, most = self._snapshot.kind(kind.name).table, most_distance(kind)
        key = (self._snapshot.generation.name, kind.name, most)
        return self._pair_counts.once(
            key, lambda: count_pairs(self._nodes(kind, table.whole), most)
        )

    def _nodes(self, kind: HashKind, table: CodeTable) -> Nodes:
        """Leave out the codes that prove nothing, so that plain pictures are no duplicates."""
        snapshot = self._snapshot
        blank = blank_rows(table, kind.name)
        most = max(one.table.photo_count for one in snapshot.kinds.values())
        tables: dict[str, Table] = {
            name: table if name == kind.name else one.table
            for name, one in snapshot.kinds.items()
            if one.table.ids is snapshot.facets.ids and one.table.photo_count == most
        }
        plain = np.zeros(table.photo_count, dtype=bool)
        if not all(KINDS[name].sees_colour for name in tables):
            places = _places_in(table, next(iter(tables.values())))
            # First what is here, then what there is little of to fetch where codes are elsewhere.
            order = sorted(tables, key=lambda name: (name != kind.name, KINDS[name].bits))
            plain = plain_photos(most, {name: tables[name] for name in order})[places]
        return proven_nodes(table, blank, plain, snapshot.identical_pictures(table.ids))

    def groups(self, grouping: Grouping, numbers: Sequence[int], most: int) -> list[Group]:
        """Return some groups, each with its first `most` items, as the catalogue has them now.

        A group of which it has less than two is left out: the rest were removed since.
        """
        ids = [grouping.members(number)[:most].tolist() for number in numbers]
        items = {item.id: item for item in self._snapshot.items([*chain.from_iterable(ids)])}
        found = [
            _group(grouping, number, [items[one] for one in some if one in items])
            for number, some in zip(numbers, ids, strict=True)
        ]
        return [group for group in found if len(group.items) > 1]

    def all_groups(self, grouping: Grouping) -> Iterator[Group]:
        """Yield all groups whole; only the items of some are in memory at a time."""
        for first in range(0, len(grouping), _GROUPS_AT_ONCE):
            numbers = range(first, min(first + _GROUPS_AT_ONCE, len(grouping)))
            yield from self.groups(grouping, numbers, len(grouping.ids))

    def group(self, grouping: Grouping, number: int, page: int, per_page: int) -> Group:
        """Return one group with a page, counted from 1, of its items."""
        members = grouping.members(number)
        shown = members[(page - 1) * per_page : page * per_page].tolist()
        return _group(grouping, number, self._snapshot.items(shown))


def _group(grouping: Grouping, number: int, items: Sequence[Item]) -> Group:
    """Return one group with some of its items."""
    members = grouping.members(number)
    places = grouping.starts[number] + members.searchsorted([item.id for item in items])
    return Group(
        len(members),
        int(grouping.distances[number]),
        tuple(items),
        tuple(grouping.photos[places].tolist()),
    )
