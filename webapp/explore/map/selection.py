"""Which items are on the map, with the codes that place them."""

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webapp.catalog.reader import Catalog
from webapp.hashing.kinds import KINDS
from webapp.index.code_table import CodeTable, make_table
from webapp.models import Ids
from webapp.search.look import PARTS

MOST = 10_000
"""More items than this are not drawn: a sample is."""

# Grows when the same items would be drawn in another way.
_REVISION = 1
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # 2^64 over the golden ratio


@dataclass(frozen=True, slots=True)
class Selection:
    """N items, ascending by id, with the checksums of their photos and their codes.

    `packed`: of each part of the look, shape (N, views, bytes). `version` names the map of the
    items: it is another whenever the picture would be.
    """

    version: str
    ids: Ids
    digests: tuple[str, ...]
    packed: tuple[NDArray[np.uint8], ...]

    @property
    def tables(self) -> tuple[CodeTable, ...]:
        """The codes of each part of the look, ready to be measured."""
        return tuple(
            make_table(KINDS[name].bits, self.ids, codes)
            for name, codes in zip(PARTS, self.packed, strict=True)
        )


def select(catalog: Catalog, most: int = MOST) -> Selection:
    """Choose the items that have all codes, a sample of them if they are too many."""
    columns = [catalog.code_column(name, KINDS[name].versions()) for name in PARTS]
    complete = columns[0][0]
    for ids, _ in columns[1:]:
        complete = np.intersect1d(complete, ids, assume_unique=True)
    items = catalog.items(spread(complete, most).tolist())
    chosen = np.array([item.id for item in items], dtype=np.int64)
    packed = tuple(
        _packed_of(name, ids, codes, chosen)
        for name, (ids, codes) in zip(PARTS, columns, strict=True)
    )
    digests = tuple(item.digest for item in items)
    return Selection(_version(chosen, digests, packed), chosen, digests, packed)


def spread(ids: Ids, most: int) -> Ids:
    """Return at most so many of the ids, ascending, evenly from all parts of the catalogue.

    One item more or less changes the sample by one at most: the map of a growing catalogue
    stays the same for the most part.
    """
    order = np.argsort(ids.astype(np.uint64) * _GOLDEN, kind="stable")
    return np.sort(ids[order[:most]])


def _packed_of(kind: str, ids: Ids, codes: NDArray[np.uint8], chosen: Ids) -> NDArray[np.uint8]:
    """Return the codes of the chosen items, shape (N, views, bytes)."""
    views = codes.reshape(len(ids), KINDS[kind].views, KINDS[kind].bytes)
    return views[np.searchsorted(ids, chosen)]


def _version(ids: Ids, digests: tuple[str, ...], packed: tuple[NDArray[np.uint8], ...]) -> str:
    whole = hashlib.sha256(f"{_REVISION}\n".encode())
    whole.update(ids.tobytes())
    whole.update("\n".join(digests).encode())
    for codes in packed:
        whole.update(codes.tobytes())
    return whole.hexdigest()[:12]
