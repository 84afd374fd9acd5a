"""Engines: what proposes near codes. All of them keep the same small promise."""

from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from webapp.index.code_table import CodeTable
from webapp.index.hamming import Planes

Rows = NDArray[np.intp]


class Index(Protocol):
    """One kind's codes, opened for questions; safe to ask from several threads."""

    exact: bool
    """Whether no row that is missing is nearer than one proposed."""

    def candidates(self, query: Planes, count: int) -> Rows:
        """Propose some `count` rows of the table near one query, shape (W, 1), in any order.

        If `exact`, every row that is as near as the `count`-th nearest is among them.
        """


class Engine(Protocol):
    """Nearest codes by Hamming distance, wherever they live."""

    name: str

    def build(self, table: CodeTable, folder: Path, kind: str) -> dict[str, int]:
        """Write what is needed beside the table's own arrays; return the parameters used."""

    def open(self, table: CodeTable, folder: Path, kind: str) -> Index:
        """Open what `build` wrote, and ask it a question whose answer is known.

        Raises:
            IndexDamaged: it is missing, or does not answer as the table says.
        """
