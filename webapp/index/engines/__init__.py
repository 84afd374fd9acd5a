"""The protocol of engines, which propose candidates; one test contract holds for all of them.

A *local* engine keeps what it builds in files of the generation, and can always be asked. A
*remote* one keeps it elsewhere, under names that its parameters hold: the manifest records these
and hands them back when the generation is opened. It may be out of reach at any moment.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from webapp.index.code_table import CodeTable, load_table
from webapp.index.hamming import Distances, Planes
from webapp.index.narrowing import Narrowing, RowFacets
from webapp.index.remote_table import FrozenTable
from webapp.index.row_table import RowTable

Rows = NDArray[np.intp]
"""Rows of a `CodeTable`: numbers of distinct codes."""

Parameters = Mapping[str, int | str]
"""How an index was built, and, of a remote one, under which name."""

NOTHING = -1
"""What a proposal promises that promises nothing."""

EVERYTHING = int(np.iinfo(np.uint16).max)
"""More bits than any code has: what a proposal of all rows promises."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Candidate rows, and what is certain of them.

    `rows`: all different, in any order. `within`: every row that was asked for and is at most so
    many bits from a query is among them; `NOTHING` where that is not known. `distances`: of each of
    the rows, which ascend then, from the nearest query that lists it, in bits; None where an engine
    does not tell.
    """

    rows: Rows
    within: int = NOTHING
    distances: Distances | None = None

    def at_least(self, rows: NDArray[np.integer]) -> Distances:
        """Return how far each of some rows is at least, in bits, in the shape of `rows`.

        It is no farther where that is `within` or less. Told by engines that tell distances.
        """
        assert self.distances is not None, "the engine tells no distances"
        beyond = np.uint16(min(self.within + 1, EVERYTHING))
        if not len(self.rows):
            return np.full(rows.shape, beyond)
        places = self.rows.searchsorted(rows).clip(max=len(self.rows) - 1)
        listed = self.rows[places] == rows
        return np.where(listed, np.minimum(self.distances[places], beyond), beyond)


class Index(Protocol):
    """The opened index of one kind; several threads may query it at once."""

    def candidates(
        self, queries: Planes, count: int, narrowing: Narrowing | None = None
    ) -> Proposal:
        """Propose about `count` rows that are near each of the queries, shape (W, Q).

        Asked for are all rows, or those of a `narrowing`; an engine may propose others too.

        Raises:
            EngineUnavailable: a remote engine cannot be reached, or did not answer in time.
            IndexDamaged: a remote engine does not hold what was built.
        """

    def check(self) -> None:
        """Ask whether it can be queried now, and holds what was built; raises as `candidates`."""

    def verify(self) -> None:
        """Compare all that a remote engine holds with what was built; raises as `candidates`."""

    def drop(self) -> None:
        """Drop what a remote engine holds, so that the next build makes it anew.

        Raises:
            EngineUnavailable: as `candidates` does.
        """


class Engine(Protocol):
    """Builds and opens indexes that propose rows near queries by Hamming distance."""

    name: str

    keeps_codes: bool
    """Whether the codes are kept with its indexes, so that no host need have them."""

    def build(
        self, table: CodeTable, folder: Path, kind: str, facets: RowFacets | None = None
    ) -> Parameters:
        """Build the index of a kind: in files `<kind>.*` of the folder, or elsewhere.

        `facets`: of its rows; an engine that keeps codes is given them, to narrow by.
        Returns what the generation's manifest records, and `open` is given.

        Raises:
            EngineUnavailable: a remote engine cannot be reached, or did not answer in time.
        """

    def finish(self, built: Iterable[Parameters]) -> None:
        """Return once all that was built can be queried, and outlives whatever happens.

        Raises:
            EngineUnavailable: as `build` does.
        """

    def table(self, folder: Path, kind: str, bits: int, parameters: Parameters) -> FrozenTable:
        """Return the table of what `build` made, with the codes of its files or those it keeps.

        Raises:
            IndexDamaged: a file is missing or unreadable, or another engine built the index.
        """

    def open(self, table: RowTable, folder: Path, kind: str, parameters: Parameters) -> Index:
        """Open what `build` made. A remote index is not asked for anything before its first query.

        Raises:
            IndexDamaged: a file is missing, unreadable, or holds other codes; or another engine
                built it.
        """

    def drop_others(self, kept: Iterable[Parameters]) -> None:
        """Drop what this instance keeps elsewhere and no generation that is kept needs.

        Raises:
            EngineUnavailable: as `build` does.
        """

    def check(self) -> None:
        """Ask whether it can be reached.

        Raises:
            EngineUnavailable: it cannot.
        """


class LocalIndex:
    """What an index in files of its generation need not do: it was checked when it was opened."""

    def check(self) -> None:
        """Do nothing: see `Index`."""

    def verify(self) -> None:
        """Do nothing: its files have checksums."""

    def drop(self) -> None:
        """Do nothing: the next generation has files of its own."""


class LocalEngine:
    """What an engine that keeps all in files of the generation need not do."""

    keeps_codes = False

    def table(self, folder: Path, kind: str, bits: int, parameters: Parameters) -> FrozenTable:
        """Map the table's files: see `Engine`."""
        del parameters
        return load_table(folder, kind, bits)

    def finish(self, built: Iterable[Parameters]) -> None:
        """Do nothing: see `Engine`."""

    def drop_others(self, kept: Iterable[Parameters]) -> None:
        """Do nothing: the files go with their generation."""

    def check(self) -> None:
        """Do nothing: see `Engine`."""
