"""The codes that a Milvus server keeps, fetched by row."""

import threading
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from webapp.exceptions import IndexDamaged
from webapp.index.engines.milvus.collection import Collection
from webapp.index.engines.milvus.rows import MOST_LISTED, packed_codes
from webapp.index.hamming import Planes, Positions, sorted_unique, to_planes

_CODES_ASKED_AT_ONCE = 64  # a server compares each with all of its own, and has a few seconds
_KEPT_CODES = 1 << 14  # a few megabytes for the widest kind


class MilvusCodes:
    """The codes of a collection: see `RemoteCodes`.

    Those that were wanted last are kept: whoever looks at a bag, its neighbours, then at the same
    in another order, asks for the same codes again. A collection never changes.
    """

    def __init__(self, collection: Collection, bits: int, count: int) -> None:
        self.collection = collection
        self._count = count
        self._kept = _KeptCodes(-(-bits // 64))
        self._bits = bits

    def take(self, rows: Positions) -> Planes:
        """Return the codes of rows: see `RemoteCodes`."""
        found, missing = self._kept.get(rows)
        wanted = sorted_unique(rows[missing])
        if not len(wanted):
            return found
        codes = np.concatenate(
            [
                self._fetched(wanted[start : start + MOST_LISTED].tolist())
                for start in range(0, len(wanted), MOST_LISTED)
            ],
            axis=1,
        )
        self._kept.put(wanted, codes)
        found[:, missing] = codes[:, wanted.searchsorted(rows[missing])]
        return found

    def blocks(self) -> Iterator[Planes]:
        """Yield all of them: see `RemoteCodes`."""
        for start in range(0, self._count, MOST_LISTED):
            end = min(start + MOST_LISTED, self._count)
            yield self._planes(self.collection.codes_between(start, end), range(start, end))

    def rows_of(self, codes: Planes) -> Positions:
        """Return the rows that have codes: see `RemoteCodes`."""
        packed = [code.tobytes() for code in packed_codes(codes, self._bits)]
        found = [
            rows[0] if rows and not distances[0] else -1
            for start in range(0, len(packed), _CODES_ASKED_AT_ONCE)
            for rows, distances in self.collection.nearest(
                packed[start : start + _CODES_ASKED_AT_ONCE], 1, probes=1
            )
        ]
        return np.array(found, dtype=np.intp)

    def _fetched(self, rows: Sequence[int]) -> Planes:
        return self._planes(self.collection.codes(rows), rows)

    def _planes(self, codes: dict[int, bytes], rows: Sequence[int]) -> Planes:
        if len(codes) < len(rows):
            raise IndexDamaged(
                "the search engine has lost what was indexed: run `hashbag index`",
                private=f"collection {self.collection.name} lacks some rows",
            )
        packed = np.frombuffer(b"".join(codes[row] for row in rows), dtype=np.uint8)
        return to_planes(packed.reshape(len(rows), -1))


class _KeptCodes:
    """The codes of some rows, each at a place that its row tells; later ones take its place."""

    def __init__(self, words: int) -> None:
        self._rows = np.full(_KEPT_CODES, -1, dtype=np.int64)
        self._codes = np.zeros((words, _KEPT_CODES), dtype=np.uint64)
        self._lock = threading.Lock()

    def get(self, rows: Positions) -> tuple[Planes, NDArray[np.bool_]]:
        """Return the codes of rows, and which of them are missing."""
        places = np.asarray(rows) % _KEPT_CODES
        with self._lock:
            missing = self._rows[places] != rows
            return self._codes.take(places, axis=1), missing

    def put(self, rows: Positions, codes: Planes) -> None:
        """Keep the codes of rows, all different."""
        # Of those with the same place the last stays, in both arrays.
        _, last = np.unique((rows % _KEPT_CODES)[::-1], return_index=True)
        chosen = len(rows) - 1 - last
        places = rows[chosen] % _KEPT_CODES
        with self._lock:
            self._rows[places] = rows[chosen]
            self._codes[:, places] = codes[:, chosen]
