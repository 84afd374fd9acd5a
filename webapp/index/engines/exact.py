"""The engine `exact`: a scan of all codes, which needs no files of its own."""

from pathlib import Path

import numpy as np

from webapp.index.code_table import CodeTable
from webapp.index.engines import (
    EVERYTHING,
    Index,
    LocalEngine,
    LocalIndex,
    Parameters,
    Proposal,
)
from webapp.index.hamming import Planes, k_smallest
from webapp.index.narrowing import Narrowing, RowFacets
from webapp.index.row_table import RowTable


class ExactIndex(LocalIndex):
    """Compares queries with every code of a table."""

    def __init__(self, table: RowTable) -> None:
        self._table = table

    def candidates(
        self,
        queries: Planes,
        count: int,
        narrowing: Narrowing | None = None,  # noqa: ARG002 - all are proposed
    ) -> Proposal:
        """Propose the `count` nearest rows and all others at the distance of the last of them."""
        if count >= self._table.row_count:
            return Proposal(np.arange(self._table.row_count), EVERYTHING)
        of_rows = self._table.distances_of_rows(queries)
        farthest = of_rows[k_smallest(of_rows, count)[-1]]
        return Proposal(np.flatnonzero(of_rows <= farthest), int(farthest))


class ExactEngine(LocalEngine):
    """Opens tables as they are."""

    name = "exact"

    def build(
        self, table: CodeTable, folder: Path, kind: str, facets: RowFacets | None = None
    ) -> Parameters:
        """Write nothing: the table's own arrays are enough."""
        del table, folder, kind, facets
        return {}

    def open(
        self,
        table: RowTable,
        folder: Path,  # noqa: ARG002
        kind: str,  # noqa: ARG002
        parameters: Parameters,  # noqa: ARG002
    ) -> Index:
        """Wrap the table."""
        return ExactIndex(table)
