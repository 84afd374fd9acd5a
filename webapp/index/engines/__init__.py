"""The protocol of engines, which propose candidates; one test contract holds for all of them."""

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from webapp.index.code_table import CodeTable
from webapp.index.hamming import Planes

Rows = NDArray[np.intp]
"""Rows of a `CodeTable`: numbers of distinct codes."""


class Index(Protocol):
    """The opened index of one kind; several threads may query it at once."""

    @property
    def exact(self) -> bool:
        """Whether the candidates always contain the true nearest rows."""

    def candidates(self, query: Planes, count: int) -> Rows:
        """Propose about `count` rows that are near one query, shape (W, 1), in any order.

        If `exact`, all rows that are as near as the `count`-th nearest are among them.
        """


class Engine(Protocol):
    """Builds and opens indexes that propose rows near a query by Hamming distance."""

    name: str

    def build(self, table: CodeTable, folder: Path, kind: str) -> dict[str, int]:
        """Write the files `<kind>.*` that the index needs beside the table's own arrays.

        Returns the build parameters, which the generation's manifest records.
        """

    def open(self, table: CodeTable, folder: Path, kind: str) -> Index:
        """Open what `build` wrote, after a check that it holds the codes of the table.

        Raises:
            IndexDamaged: a file is missing, unreadable, or holds other codes.
        """
