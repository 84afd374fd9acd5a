"""Annoy: a forest of random bit splits over the codes, mapped from one file."""

from pathlib import Path

import numpy as np
from annoy import AnnoyIndex

from webapp.exceptions import IndexDamaged
from webapp.index.code_table import CodeTable, bit_vector
from webapp.index.engines import Index, Rows
from webapp.index.hamming import Planes

_SEED = 81
_PROBES = 8
_HEAD = 16
_CHUNK = 1 << 16
# Each byte with its bits in the other order.
_TURNED = np.packbits(
    np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1), axis=1, bitorder="little"
)[:, 0]


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
        path = folder / f"{kind}.ann"
        forest = AnnoyIndex(table.bits, "hamming")
        forest.set_seed(_SEED)
        forest.on_disk_build(str(path))
        # Adding the last item makes room for all. Adding each would take longer than the rest.
        last = table.row_count - 1
        forest.add_item(last, table.bit_vector(last).tolist())
        _write_items(path, table)
        forest.build(self._trees, n_jobs=1)  # several jobs would give other bytes each time
        forest.unload()
        path.chmod(0o644)  # built on disk, it would be for its owner alone
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


def _nodes(path: Path, table: CodeTable) -> np.memmap[tuple[int, ...], np.dtype[np.uint8]]:
    """Map an Annoy file as its nodes, shape (N, bytes), the items first.

    A node is: how many items are below it, 4 bytes; two children, 8; padding, 4; W words. An
    item uses the words, a split the first of them for its bit, and a node of few items lists
    their numbers from the children on.
    """
    size = _HEAD + 8 * table.codes.shape[0]
    return np.memmap(path, dtype=np.uint8, mode="r+", shape=(path.stat().st_size // size, size))


def _write_items(path: Path, table: CodeTable) -> None:
    """Write all items as `add_item` would: one item below, no children, the code's bits.

    Annoy numbers the bits of a word from the lowest, a packed code those of a byte from the
    highest.
    """
    nodes = _nodes(path, table)
    for start in range(0, table.row_count, _CHUNK):
        some = np.ascontiguousarray(table.codes[:, start : start + _CHUNK].T).view(np.uint8)
        here = nodes[start : start + len(some)]
        here[:, :_HEAD] = 0
        here[:, 0] = 1
        here[:, _HEAD:] = _TURNED[some]


def _zero_unused(path: Path, table: CodeTable) -> None:
    """Zero the bytes that Annoy leaves as it found them in memory, for the same bytes each time."""
    nodes = _nodes(path, table)
    longest = (nodes.shape[1] - 4) // 4
    for start in range(0, len(nodes), _CHUNK):
        some = nodes[start : start + _CHUNK]
        below = some[:, :4].copy().view(np.uint32)[:, 0]
        is_item = np.arange(start, start + len(some)) < table.row_count
        is_list = ~is_item & (below <= longest)
        some[~is_list, 12:16] = 0
        some[~is_list & ~is_item, 24:] = 0
        used = 4 + 4 * below[is_list, None]
        some[is_list] = np.where(np.arange(some.shape[1]) < used, some[is_list], 0)


def _answers_rightly(forest: AnnoyIndex, opened: OpenedAnnoy, table: CodeTable) -> bool:
    probes = np.unique(np.linspace(0, table.row_count - 1, _PROBES).astype(int))
    same = all(forest.get_item_vector(row) == table.bit_vector(row).tolist() for row in probes)
    # Builds that return one neighbour only have been reported of Annoy.
    wanted = min(table.row_count, _PROBES)
    return same and len(opened.candidates(table.codes[:, :1], wanted)) == wanted
