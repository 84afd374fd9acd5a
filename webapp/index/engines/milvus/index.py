"""The index of one kind in a Milvus server."""

import hashlib
from collections.abc import Iterable, Iterator

import numpy as np

from webapp.exceptions import EngineUnavailable, IndexDamaged
from webapp.index.code_table import CodeTable
from webapp.index.engines import EVERYTHING, NOTHING, Proposal
from webapp.index.engines.milvus.collection import (
    BIN_FLAT,
    MOST_LISTED,
    STORED_AT_ONCE,
    Collection,
    packed_codes,
    width_of,
)
from webapp.index.hamming import Planes, sorted_unique

_PROBED_ROWS = 8


class MilvusIndex:
    """A collection that holds the rows of a table.

    Before its first query it is compared with the table: its width, its number of rows, and some
    of its codes.
    """

    def __init__(
        self, collection: Collection, table: CodeTable, layout: str, probes: int, checksum: str
    ) -> None:
        self._collection = collection
        self._checksum = checksum
        self._table = table
        self._compares_all = layout == BIN_FLAT
        self._probes = probes
        self._was_checked = False

    def candidates(self, queries: Planes, count: int) -> Proposal:
        """Propose the `count` nearest rows of each query; see `Index`."""
        if not self._was_checked:
            self._compare()
        try:
            return self._propose(queries, count)
        except (EngineUnavailable, IndexDamaged):
            self._was_checked = False  # a server that was away may come back without it
            raise

    def check(self) -> None:
        """Compare the collection with the table now; see `Index`."""
        self._compare()

    def verify(self) -> None:
        """Compare the checksum of all codes that it holds with that of the codes built."""
        self._compare()
        if checksum(self._stored()) != self._checksum:
            raise self._damaged("it holds other codes", "hashbag verify --repair")

    def _stored(self) -> Iterator[bytes]:
        for start in range(0, self._table.row_count, STORED_AT_ONCE):
            codes = self._collection.stored(start)
            yield b"".join(codes[row] for row in sorted(codes))

    def drop(self) -> None:
        """Drop the collection; see `Index`."""
        self._was_checked = False
        self._collection.drop()

    def _propose(self, queries: Planes, count: int) -> Proposal:
        wanted = min(count, MOST_LISTED, self._table.row_count)
        codes = [code.tobytes() for code in packed_codes(queries, self._table.bits)]
        lists = self._collection.nearest(codes, wanted, self._probes)
        within = min(self._promise(distances, wanted) for _, distances in lists)
        rows = [np.array(found, dtype=np.intp) for found, _ in lists]
        proposed = rows[0] if len(rows) == 1 else sorted_unique(np.concatenate(rows))
        if len(proposed) and not 0 <= proposed.min() <= proposed.max() < self._table.row_count:
            raise self._damaged("it lists rows that there are not")
        return Proposal(proposed, within)

    def _promise(self, distances: list[int], wanted: int) -> int:
        """Return within how many bits a list that ends at these distances has all rows."""
        if not self._compares_all or len(distances) < wanted:
            return NOTHING
        if wanted == self._table.row_count:
            return EVERYTHING
        return distances[-1] - 1  # more may be as far as the last

    def _compare(self) -> None:
        if not self._collection.hold():
            raise EngineUnavailable(
                "the search engine is out of reach for a moment", private="it loads its indexes"
            )
        if self._collection.dimension() != width_of(self._table.bits):
            raise self._damaged("its codes have another width")
        if self._collection.count() != self._table.row_count:
            raise self._damaged("it has another number of codes")
        probed = np.unique(np.linspace(0, self._table.row_count - 1, _PROBED_ROWS).astype(int))
        codes = packed_codes(self._table.codes[:, probed], self._table.bits)
        lists = self._collection.nearest([code.tobytes() for code in codes], 1, self._probes)
        if [(found, far) for found, far in lists] != [([row], [0]) for row in probed.tolist()]:
            raise self._damaged("it holds other codes")
        self._was_checked = True

    def _damaged(self, why: str, remedy: str = "hashbag index") -> IndexDamaged:
        return IndexDamaged(
            f"the search engine does not have what was indexed: run `{remedy}`",
            private=f"collection {self._collection.name}: {why}",
        )


def checksum(codes: Iterable[bytes]) -> str:
    """Return the checksum of codes as a server stores them, row after row, in parts of any size."""
    digest = hashlib.sha256()
    for part in codes:
        digest.update(part)
    return digest.hexdigest()
