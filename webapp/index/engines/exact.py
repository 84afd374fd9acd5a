"""The plain scan of all codes: the oracle of every other engine, and quick to some 100,000."""

from pathlib import Path

import numpy as np

from webapp.index.code_table import CodeTable
from webapp.index.engines import Index, Rows
from webapp.index.hamming import Planes, distances, smallest


class ExactIndex:
    """Compares a query with every code."""

    exact = True

    def __init__(self, table: CodeTable) -> None:
        self._table = table

    def candidates(self, query: Planes, count: int) -> Rows:
        """Return the `count` nearest rows, with all that are as near as the last of them."""
        found = distances(self._table.codes, query)
        cut = found[smallest(found, count)[-1]]
        return np.flatnonzero(found <= cut)


class ExactEngine:
    """Needs nothing but the table."""

    name = "exact"

    def build(self, table: CodeTable, folder: Path, kind: str) -> dict[str, int]:  # noqa: ARG002
        """Write nothing."""
        return {}

    def open(self, table: CodeTable, folder: Path, kind: str) -> Index:  # noqa: ARG002
        """Take the table as it is."""
        return ExactIndex(table)
