"""The items on the map, with the codes that place them."""

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webapp.catalog.first_photos import first_photo_codes
from webapp.catalog.reader import Catalog
from webapp.hashing.kinds import KINDS
from webapp.index.code_table import CodeTable, make_table
from webapp.models import Ids
from webapp.search.look import PARTS

MAX_MAP_ITEMS = 10_000
"""Of a catalogue with more items, the map shows a sample."""

# Increased when the same items are drawn in another way.
_DRAWING_REVISION = 1
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # 2^64 divided by the golden ratio


@dataclass(frozen=True, slots=True)
class Selection:
    """N items on the map, ascending by id.

    `version`: the map's name, a checksum of all that the picture depends on. `digests`: the
    checksums of the photos, by which thumbnails are named. `packed`: the codes in each part of
    the look, shape (N, views, bytes).
    """

    version: str
    ids: Ids
    digests: tuple[str, ...]
    packed: tuple[NDArray[np.uint8], ...]

    @property
    def tables(self) -> tuple[CodeTable, ...]:
        """The code table of each part of the look."""
        return tuple(
            make_table(KINDS[name].bits, self.ids, codes)
            for name, codes in zip(PARTS, self.packed, strict=True)
        )


def select(catalog: Catalog, max_items: int = MAX_MAP_ITEMS) -> Selection:
    """Select the items that have all codes of the look's parts, or a sample of `max_items`.

    The first photo of each, which the map shows, says where it lies.
    """
    columns = [first_photo_codes(catalog, KINDS[name]) for name in PARTS]
    complete = columns[0][0]
    for ids, _ in columns[1:]:
        complete = np.intersect1d(complete, ids, assume_unique=True)
    items = catalog.items(spread(complete, max_items).tolist())
    chosen = np.array([item.id for item in items], dtype=np.int64)
    packed = tuple(codes[np.searchsorted(ids, chosen)] for ids, codes in columns)
    digests = tuple(item.digest for item in items)
    return Selection(_version(chosen, digests, packed), chosen, digests, packed)


def spread(ids: Ids, max_items: int) -> Ids:
    """Return a sample of at most `max_items` ids, ascending, evenly spread over all ids.

    One item more or less changes at most one id of the sample, so the map of a growing catalogue
    changes little. Sorting by `id * _GOLDEN` modulo 2^64 is Fibonacci hashing (Knuth).
    """
    order = np.argsort(ids.astype(np.uint64) * _GOLDEN, kind="stable")
    return np.sort(ids[order[:max_items]])


def _version(ids: Ids, digests: tuple[str, ...], packed: tuple[NDArray[np.uint8], ...]) -> str:
    checksum = hashlib.sha256(f"{_DRAWING_REVISION}\n".encode())
    checksum.update(ids.tobytes())
    checksum.update("\n".join(digests).encode())
    for codes in packed:
        checksum.update(codes.tobytes())
    return checksum.hexdigest()[:12]
