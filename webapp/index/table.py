"""The codes of one kind as searches see them: those of an index, with or without an overlay."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from webapp.index.code_table import CodeTable
from webapp.index.hamming import Distances, Planes, Positions
from webapp.index.photo_rows import PhotoRows
from webapp.models import Code, Ids


class Table(Protocol):
    """M items that have P photos with codes of one kind; for the terms see `CodeTable`."""

    @property
    def bits(self) -> int:
        """The width of a code."""

    @property
    def ids(self) -> Ids:
        """The items' ids, ascending, shape (M,)."""

    @property
    def photos(self) -> PhotoRows | None:
        """Which photo is of which item; None where every item has one photo."""

    @property
    def row_count(self) -> int:
        """Number of rows."""

    @property
    def photo_count(self) -> int:
        """Number of photos, P."""

    @property
    def scan_words(self) -> int:
        """How many 64-bit words a scan of all codes compares with each query."""

    @property
    def codes_per_item(self) -> int:
        """How many codes the item with the most photos has."""

    @property
    def whole(self) -> CodeTable:
        """All of it with one row for each distinct code."""

    def photos_of(self, rows: Positions, per_row: int) -> Positions:
        """Return the positions of photos that have one of these rows."""

    def within(self, queries: Planes, bound: int, per_row: int) -> Positions:
        """Return the positions of photos within `bound` bits of a query, shape (W, Q)."""

    def distances(self, queries: Planes, positions: Positions | None = None) -> Distances:
        """Return the distance in bits of each photo, shape (P,), or of those at positions."""

    def rows_at(self, positions: Positions) -> NDArray[np.integer]:
        """Return the rows of the views of photos at positions, (n,), shape (n, V)."""

    def codes_of(self, positions: Positions) -> Planes:
        """Return the codes of the views of photos at positions, (n,), shape (W, n, V)."""

    def code(self, item_id: int, number: int = 1) -> Code | None:
        """Return the code of one of an item's photos as it was packed; None where it has none."""
