"""The index of one kind in a Milvus server."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from webapp.exceptions import EngineUnavailable, IndexDamaged
from webapp.index.engines import EVERYTHING, NOTHING, Proposal
from webapp.index.engines.milvus.collection import BIN_FLAT, Collection
from webapp.index.engines.milvus.rows import MOST_LISTED, condition, packed_codes, width_of
from webapp.index.hamming import Planes, Positions
from webapp.index.narrowing import Narrowing

_PROBED_ROWS = 8


@dataclass(frozen=True, slots=True)
class Built:
    """What is known of a collection since it was built.

    `rows`: how many it has. `facets`: whether it has those of its rows. `probe`: the checksum of
    some of its codes. `checksum`: that of all.
    """

    bits: int
    rows: int
    layout: str
    facets: bool
    probe: str
    checksum: str


class MilvusIndex:
    """A collection that holds the rows of a table.

    Before its first query it is compared with what was built: its width, its number of rows, and
    some of its codes.
    """

    def __init__(self, collection: Collection, built: Built, probes: int) -> None:
        self._collection = collection
        self._built = built
        self._compares_all = built.layout == BIN_FLAT
        self._probes = probes
        self._was_checked = False

    def candidates(
        self, queries: Planes, count: int, narrowing: Narrowing | None = None
    ) -> Proposal:
        """Propose the `count` nearest rows of each query; see `Index`."""
        if not self._was_checked:
            self._compare()
        if not self._built.facets:
            narrowing = None
        try:
            return self._propose(queries, count, narrowing)
        except (EngineUnavailable, IndexDamaged):
            self._was_checked = False  # a server that was away may come back without it
            raise

    def check(self) -> None:
        """Compare the collection with what was built now; see `Index`."""
        self._compare()

    def verify(self) -> None:
        """Compare the checksum of all codes that it holds with that of the codes built."""
        self._compare()
        if checksum(self._stored()) != self._built.checksum:
            raise self._damaged("it holds other codes", "hashbag verify --repair")

    def _stored(self) -> Iterator[bytes]:
        for start in range(0, self._built.rows, MOST_LISTED):
            codes = self._collection.codes_between(start, start + MOST_LISTED)
            yield b"".join(codes[row] for row in sorted(codes))

    def drop(self) -> None:
        """Drop the collection; see `Index`."""
        self._was_checked = False
        self._collection.drop()

    def _propose(self, queries: Planes, count: int, narrowing: Narrowing | None) -> Proposal:
        wanted = min(count, MOST_LISTED, self._built.rows)
        codes = [code.tobytes() for code in packed_codes(queries, self._built.bits)]
        lists = self._collection.nearest(codes, wanted, self._probes, narrowing)
        within = min(
            self._promise(distances, wanted, narrowed=bool(narrowing and condition(narrowing)))
            for _, distances in lists
        )
        listed = np.array([row for found, _ in lists for row in found], dtype=np.intp)
        distances = np.array([far for _, found in lists for far in found], dtype=np.uint16)
        order = np.lexsort((distances, listed))  # of a row that is listed twice, the nearer first
        rows, first = np.unique(listed[order], return_index=True)
        if len(rows) and not 0 <= rows[0] <= rows[-1] < self._built.rows:
            raise self._damaged("it lists rows that there are not")
        return Proposal(rows, within, distances[order][first])

    def _promise(self, distances: list[int], wanted: int, *, narrowed: bool) -> int:
        """Return within how many bits a list that ends at these distances has all rows."""
        if not self._compares_all:
            return NOTHING
        if len(distances) < wanted:  # no more pass; without a filter some are missing
            return EVERYTHING if narrowed else NOTHING
        if wanted == self._built.rows:
            return EVERYTHING
        return distances[-1] - 1  # more may be as far as the last

    def _compare(self) -> None:
        if not self._collection.hold():
            raise EngineUnavailable(
                "the search engine is out of reach for a moment", private="it loads its indexes"
            )
        if self._collection.dimension() != width_of(self._built.bits):
            raise self._damaged("its codes have another width")
        if self._collection.count() != self._built.rows:
            raise self._damaged("it has another number of codes")
        rows = probed_rows(self._built.rows).tolist()
        codes = self._collection.codes(rows)
        if checksum(codes.get(row, b"") for row in rows) != self._built.probe:
            raise self._damaged("it holds other codes")
        lists = self._collection.nearest([codes[row] for row in rows], 1, self._probes)
        if [(found, far) for found, far in lists] != [([row], [0]) for row in rows]:
            raise self._damaged("it does not find the codes it holds")
        self._was_checked = True

    def _damaged(self, why: str, remedy: str = "hashbag index") -> IndexDamaged:
        return IndexDamaged(
            f"the search engine does not have what was indexed: run `{remedy}`",
            private=f"collection {self._collection.name}: {why}",
        )


def probed_rows(count: int) -> Positions:
    """Return some of so many rows, from the first to the last."""
    return np.unique(np.linspace(0, count - 1, _PROBED_ROWS).astype(np.intp))


def checksum(codes: Iterable[bytes]) -> str:
    """Return the checksum of codes as a server stores them, row after row, in parts of any size."""
    digest = hashlib.sha256()
    for part in codes:
        digest.update(part)
    return digest.hexdigest()
