"""Annoy: a forest of random bit splits over the codes, mapped from one file."""

from pathlib import Path

import numpy as np
from annoy import AnnoyIndex

from webapp.codes import CodeTable, bit_vector
from webapp.engines import Index, Rows
from webapp.exceptions import IndexDamaged
from webapp.hamming import Planes

_SEED = 81
_PROBES = 8


class OpenedAnnoy:
    """One mapped file. Annoy's queries release the interpreter lock and may run at once."""

    exact = False

    def __init__(self, forest: AnnoyIndex, bits: int, search_k: int) -> None:
        self._forest = forest
        self._bits = bits
        self._search_k = search_k

    def candidates(self, query: Planes, count: int) -> Rows:
        """Return up to `count` rows."""
        vector = bit_vector(query[:, 0], self._bits).tolist()
        found = self._forest.get_nns_by_vector(vector, count, max(self._search_k, count))
        return np.array(found, dtype=np.intp)


class AnnoyEngine:
    """Builds and opens one Annoy file for each kind."""

    name = "annoy"

    def __init__(self, trees: int, search_k: int) -> None:
        self._trees = trees
        self._search_k = search_k

    def build(self, table: CodeTable, folder: Path, kind: str) -> dict[str, int]:
        """Write `<kind>.ann`; the same table and trees give the same bytes."""
        forest = AnnoyIndex(table.bits, "hamming")
        forest.set_seed(_SEED)
        for row in range(table.row_count):
            forest.add_item(row, table.bit_vector(row).tolist())
        forest.build(self._trees, n_jobs=1)  # several jobs would give other bytes each time
        path = folder / f"{kind}.ann"
        forest.save(str(path))
        forest.unload()
        _zero_unused(path, table)
        return {"trees": self._trees, "seed": _SEED}

    def open(self, table: CodeTable, folder: Path, kind: str) -> Index:
        """Map the file and compare it with the table.

        An Annoy file says neither its width nor its metric: one of 42 bits opens silently as
        one of 64. So some of its vectors are compared with the codes they should be.
        """
        path = folder / f"{kind}.ann"
        if not path.is_file():
            raise IndexDamaged(f"{folder.name}: {path.name} is missing: run `hashbag index`")
        forest = AnnoyIndex(table.bits, "hamming")
        try:
            forest.load(str(path))
        except OSError as error:
            raise IndexDamaged(f"{folder.name}: {path.name} cannot be read: {error}") from error
        opened = OpenedAnnoy(forest, table.bits, self._search_k)
        if forest.get_n_items() != table.row_count or not _answers_rightly(forest, opened, table):
            raise IndexDamaged(
                f"{folder.name}: {path.name} does not hold the codes of {kind} "
                f"({table.bits} bits): run `hashbag index`"
            )
        return opened


def _zero_unused(path: Path, table: CodeTable) -> None:
    """Zero the bytes that Annoy leaves as it found them in memory, for the same bytes each time.

    A node is: how many items are below it, 4 bytes; two children, 8; padding, 4; W words. An
    item uses the words, a split the first of them for its bit, and a node of few items lists
    their numbers from the children on.
    """
    words = table.codes.shape[0]
    nodes = np.memmap(path, dtype=np.uint8, mode="r+").reshape(-1, 16 + 8 * words)
    below = nodes[:, :4].copy().view(np.uint32)[:, 0]
    is_item = np.arange(len(nodes)) < table.row_count
    is_list = ~is_item & (below <= (12 + 8 * words) // 4)
    nodes[~is_list, 12:16] = 0
    nodes[~is_list & ~is_item, 24:] = 0
    used = 4 + 4 * below[is_list, None]
    nodes[is_list] = np.where(np.arange(nodes.shape[1]) < used, nodes[is_list], 0)


def _answers_rightly(forest: AnnoyIndex, opened: OpenedAnnoy, table: CodeTable) -> bool:
    probes = np.unique(np.linspace(0, table.row_count - 1, _PROBES).astype(int))
    same = all(forest.get_item_vector(row) == table.bit_vector(row).tolist() for row in probes)
    # Builds that return one neighbour only have been reported of Annoy.
    wanted = min(table.row_count, _PROBES)
    return same and len(opened.candidates(table.codes[:, :1], wanted)) == wanted
