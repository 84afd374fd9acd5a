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
from webapp.index.hamming import Planes, distances, k_smallest


class ExactIndex(LocalIndex):
    """Compares queries with every code of a table."""

    def __init__(self, table: CodeTable) -> None:
        self._table = table

    def candidates(self, queries: Planes, count: int) -> Proposal:
        """Propose the `count` nearest rows and all others at the distance of the last of them."""
        if count >= self._table.row_count:
            return Proposal(np.arange(self._table.row_count), EVERYTHING)
        of_rows = distances(self._table.codes, queries)
        farthest = of_rows[k_smallest(of_rows, count)[-1]]
        return Proposal(np.flatnonzero(of_rows <= farthest), int(farthest))


class ExactEngine(LocalEngine):
    """Opens tables as they are."""

    name = "exact"

    def build(self, table: CodeTable, folder: Path, kind: str) -> Parameters:  # noqa: ARG002
        """Write nothing: the table's own arrays are enough."""
        return {}

    def open(
        self,
        table: CodeTable,
        folder: Path,  # noqa: ARG002
        kind: str,  # noqa: ARG002
        parameters: Parameters,  # noqa: ARG002
    ) -> Index:
        """Wrap the table."""
        return ExactIndex(table)
