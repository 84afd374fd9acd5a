"""The items that were changed since an index was built, each as it is now."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from webapp.hashing.hash_kind import HashKind
from webapp.hashing.kinds import KINDS
from webapp.index.code_table import CodeTable, make_table
from webapp.models import Fingerprint, Ids, Item


@dataclass(frozen=True, slots=True)
class RecentItem:
    """An item as it is now; if its photos changed, their codes by their numbers, from 1."""

    item: Item
    codes: Mapping[int, Fingerprint]


@dataclass(frozen=True)
class RecentItems:
    """What was changed up to a revision of the catalogue, by id; None: it was removed.

    `recoded`: the ids of those that came, went or got other photos. Of the others only attributes
    changed, and their codes are as the index has them.
    """

    revision: int
    entries: Mapping[int, RecentItem | None]
    recoded: frozenset[int]

    @cached_property
    def changed(self) -> Ids:
        """The ids of all that were added, changed or removed, ascending."""
        return np.array(sorted(self.entries), dtype=np.int64)

    @cached_property
    def present(self) -> Sequence[RecentItem]:
        """Those that are still there, by ascending id."""
        found = (self.entries[item_id] for item_id in sorted(self.entries))
        return [entry for entry in found if entry is not None]

    @cached_property
    def recoded_ids(self) -> Ids:
        """The ids of those whose codes changed, ascending."""
        return np.array(sorted(self.recoded), dtype=np.int64)

    @cached_property
    def recoded_present(self) -> Sequence[RecentItem]:
        """Those of them that are still there, by ascending id."""
        return [entry for entry in self.present if entry.item.id in self.recoded]

    @cached_property
    def kinds(self) -> Collection[str]:
        """The kinds of which they have codes."""
        photos = (codes for entry in self.recoded_present for codes in entry.codes.values())
        return {kind for codes in photos for kind in codes}

    def has_codes_of(self, other: "RecentItems") -> bool:
        """Say whether the same items are recoded here as in others, with the same photos."""
        pairs = ((self.entries[one], other.entries[one]) for one in self.recoded & other.recoded)
        return self.recoded == other.recoded and all(
            own is theirs or _photos(own) == _photos(theirs) for own, theirs in pairs
        )

    def ids_with(self, kind: str) -> Ids:
        """Return the ids, ascending, of the recoded of which a photo has a code of a kind."""
        those = self.recoded_present
        having = (one for one in those if any(kind in c for c in one.codes.values()))
        return np.array([entry.item.id for entry in having], dtype=np.int64)

    @property
    def photo_count(self) -> int:
        """How many photos the recoded have."""
        return sum(len(entry.item.photos) for entry in self.recoded_present)

    def photos_with(self, kind: str) -> int:
        """Count the photos of the recoded that have a code of a kind."""
        photos = (codes for entry in self.recoded_present for codes in entry.codes.values())
        return sum(kind in codes for codes in photos)

    def table(self, kind: str) -> CodeTable:
        """Make the table of the codes of the recoded in one kind."""
        hash_kind = KINDS[kind]
        rows = [
            (entry.item.id, number, codes[kind])
            for entry in self.recoded_present
            for number, codes in sorted(entry.codes.items())
            if kind in codes
        ]
        size = hash_kind.views * hash_kind.bytes
        # An earlier version had one view.
        codes = b"".join(code * (size // len(code)) for *_, code in rows)
        packed = np.frombuffer(codes, dtype=np.uint8)
        return make_table(
            hash_kind.bits,
            np.array([item_id for item_id, *_ in rows], dtype=np.int64),
            packed.reshape(len(rows), hash_kind.views, hash_kind.bytes),
            np.array([number for _, number, _ in rows], dtype=np.int32),
        )


def _photos(entry: RecentItem | None) -> object:
    """Return what is compared of an item: its photos' codes, and their files."""
    if entry is None:
        return None
    return entry.codes, [(photo.number, photo.digest) for photo in entry.item.photos]


def no_codes(kind: HashKind) -> CodeTable:
    """Return the table of a kind of which no frozen item has a code."""
    packed = np.empty((0, kind.views, kind.bytes), dtype=np.uint8)
    return make_table(kind.bits, np.empty(0, dtype=np.int64), packed)
