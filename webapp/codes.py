"""The distinct codes of one kind, and which items have them."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from webapp.exceptions import IndexDamaged
from webapp.hamming import Distances, Planes, planes
from webapp.models import Ids


@dataclass(frozen=True, slots=True)
class CodeTable:
    """N distinct codes of W words, ascending, and the items of each.

    `codes` has shape (W, N). The items of row r are `ids[starts[r]:starts[r + 1]]`, ascending.
    Identical codes are one row: real catalogues are full of them, and Annoy builds badly on
    them.
    """

    bits: int
    codes: Planes
    ids: Ids
    starts: Ids

    @property
    def rows(self) -> int:
        """Number of distinct codes."""
        return int(self.codes.shape[1])

    def weights(self, among: NDArray[np.bool_] | None = None) -> Ids:
        """Count the items of each row; with `among`, a mask by item id, only those in it."""
        if among is None:
            return np.diff(self.starts)
        return np.add.reduceat(among[self.ids].astype(np.int64), self.starts[:-1])

    def expand(
        self, rows: NDArray[np.intp], found: Distances, among: NDArray[np.bool_] | None = None
    ) -> tuple[Ids, NDArray[np.int64]]:
        """Return the items of some rows and their distances, ordered by (distance, id).

        `found` holds the rows' distances, in the order of `rows`.
        """
        starts, counts = self.starts[rows], np.diff(self.starts)[rows]
        offsets = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        ids = self.ids[np.repeat(starts, counts) + offsets]
        far = np.repeat(found.astype(np.int64), counts)
        if among is not None:
            ids, far = ids[among[ids]], far[among[ids]]
        order = np.lexsort((ids, far))
        return ids[order], far[order]

    def bit_vector(self, row: int) -> NDArray[np.uint8]:
        """Return one code as single bits, shape (bits,)."""
        return bit_vector(self.codes[:, row], self.bits)

    def save(self, folder: Path, kind: str) -> None:
        """Write the table's arrays as files that can be mapped."""
        for name in ("codes", "ids", "starts"):
            np.save(folder / f"{kind}.{name}.npy", getattr(self, name))


def bit_vector(words: NDArray[np.uint64], bits: int) -> NDArray[np.uint8]:
    """Return one code of W words as single bits, shape (bits,)."""
    return np.unpackbits(np.ascontiguousarray(words).view(np.uint8), count=bits)


def make_table(bits: int, ids: Ids, packed: NDArray[np.uint8]) -> CodeTable:
    """Group items by their code; `ids` has shape (N,), ascending, `packed` (N, bytes)."""
    distinct, row_of = np.unique(packed, axis=0, return_inverse=True)
    row_of = row_of.ravel()
    order = np.argsort(row_of, kind="stable")
    starts = np.concatenate(([0], np.cumsum(np.bincount(row_of, minlength=len(distinct)))))
    return CodeTable(bits, planes(distinct), ids[order], starts.astype(np.int64))


def load_table(folder: Path, kind: str, bits: int) -> CodeTable:
    """Map a saved table.

    Raises:
        IndexDamaged: an array is missing, or not of the shape that the kind's bits ask for.
    """
    try:
        arrays = [
            np.load(folder / f"{kind}.{name}.npy", mmap_mode="r", allow_pickle=False)
            for name in ("codes", "ids", "starts")
        ]
    except (OSError, ValueError) as error:
        raise IndexDamaged(f"{folder.name}: the codes of {kind} cannot be read: {error}") from error
    codes, ids, starts = (np.asarray(array) for array in arrays)
    if codes.shape[0] != -(-bits // 64) or len(starts) != codes.shape[1] + 1:
        raise IndexDamaged(f"{folder.name}: the codes of {kind} are not {bits} bits wide")
    return CodeTable(bits, codes, ids, starts)
