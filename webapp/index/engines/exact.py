"""The engine `exact`: a scan of all codes, which needs no files of its own."""

from pathlib import Path

import numpy as np

from webapp.index.code_table import CodeTable
from webapp.index.engines import Index, Rows
from webapp.index.hamming import Planes, distances, k_smallest


class ExactIndex:
    """Compares each query with every code of a table."""

    exact = True

    def __init__(self, table: CodeTable) -> None:
        self._table = table

    def candidates(self, query: Planes, count: int) -> Rows:
        """Return the `count` nearest rows and all others at the distance of the last of them."""
        of_rows = distances(self._table.codes, query)
        farthest = of_rows[k_smallest(of_rows, count)[-1]]
        return np.flatnonzero(of_rows <= farthest)


class ExactEngine:
    """Opens tables as they are."""

    name = "exact"

    def build(self, table: CodeTable, folder: Path, kind: str) -> dict[str, int]:  # noqa: ARG002
        """Write nothing: the table's own arrays are enough."""
        return {}

    def open(self, table: CodeTable, folder: Path, kind: str) -> Index:  # noqa: ARG002
        """Wrap the table."""
        return ExactIndex(table)
