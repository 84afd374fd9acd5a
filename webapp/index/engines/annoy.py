"""The engine `annoy`: trees of random bit splits over the codes, mapped from one file."""

import errno
import os
import shutil
from pathlib import Path

import numpy as np
from annoy import AnnoyIndex
from numpy.typing import NDArray

from webapp.exceptions import IndexDamaged
from webapp.index.code_table import CodeTable
from webapp.index.engines import Index, LocalEngine, LocalIndex, Parameters, Proposal, Rows
from webapp.index.hamming import Planes, sorted_unique
from webapp.index.narrowing import Narrowing, RowFacets
from webapp.index.row_table import RowTable, bit_vector

_SEED = 81
_PROBED_ROWS = 8
_NODE_HEAD_BYTES = 16
_BLOCK_NODES = 1 << 16
_NODES_PER_ITEM_AND_TREE = 1.0  # measured: .6 for 64 bits, less for wider codes
_GROWTH = 1.3  # by which Annoy makes its file larger when it is full
_SPARE_BYTES = 1 << 18  # for the other files of a kind, which are written meanwhile
_REVERSED_BITS = np.packbits(
    np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1), axis=1, bitorder="little"
)[:, 0]


class OpenedAnnoy(LocalIndex):
    """One mapped Annoy file; its queries release the interpreter lock, so threads run at once."""

    def __init__(self, annoy: AnnoyIndex, bits: int, search_k: int) -> None:
        self._annoy = annoy
        self._bits = bits
        self._search_k = search_k

    def candidates(
        self,
        queries: Planes,
        count: int,
        narrowing: Narrowing | None = None,  # noqa: ARG002 - all are proposed
    ) -> Proposal:
        """Propose at most `count` rows for each query, and promise nothing."""
        if queries.shape[1] == 1:
            return Proposal(self._near(queries[:, 0], count))
        of_queries = [self._near(query, count) for query in queries.T]
        return Proposal(sorted_unique(np.concatenate(of_queries)))

    def _near(self, query: NDArray[np.uint64], count: int) -> Rows:
        vector = bit_vector(query, self._bits).tolist()
        rows = self._annoy.get_nns_by_vector(vector, count, max(self._search_k, count))
        return np.array(rows, dtype=np.intp)


class AnnoyEngine(LocalEngine):
    """Builds and opens one Annoy file for each kind.

    `trees`: how many an index has. `search_k`: how many nodes a query looks at.
    """

    name = "annoy"

    def __init__(self, trees: int, search_k: int) -> None:
        self._trees = trees
        self._search_k = search_k

    def build(
        self,
        table: CodeTable,
        folder: Path,
        kind: str,
        facets: RowFacets | None = None,  # noqa: ARG002 - nothing is narrowed
    ) -> Parameters:
        """Write `<kind>.ann`; the same table and trees give the same bytes.

        Raises:
            OSError: the disk has too little room.
        """
        path = folder / f"{kind}.ann"
        _check_room(path, self._trees, table)
        annoy = AnnoyIndex(table.bits, "hamming")
        annoy.set_seed(_SEED)
        annoy.on_disk_build(str(path))
        # `add_item` of the last row allocates all of them; their bits are then written straight
        # into the file, because adding each row from Python takes longer than building the trees.
        last = table.row_count - 1
        annoy.add_item(last, table.bit_vector(last).tolist())
        _write_items(path, table)
        annoy.build(self._trees, n_jobs=1)  # with several, the bytes differ each time
        annoy.unload()
        path.chmod(0o644)  # Annoy lets only the owner read it
        _zero_unused(path, table)
        return {"trees": self._trees, "seed": _SEED}

    def open(self, table: RowTable, folder: Path, kind: str, parameters: Parameters) -> Index:
        """Map the file and compare some of its vectors with the table's codes.

        An Annoy file records neither its width nor its metric: one of 42 bits opens as one of 64
        without an error.

        Raises:
            IndexDamaged: the file is missing, unreadable, or holds other codes.
        """
        del parameters  # the file tells
        path = folder / f"{kind}.ann"
        if not path.is_file():
            raise IndexDamaged(f"{folder.name}: {path.name} is missing: run `hashbag index`")
        annoy = AnnoyIndex(table.bits, "hamming")
        try:
            annoy.load(str(path))
        except OSError as error:
            raise IndexDamaged(
                f"{folder.name}: {path.name} cannot be read: run `hashbag index`", private=error
            ) from error
        opened = OpenedAnnoy(annoy, table.bits, self._search_k)
        if annoy.get_n_items() != table.row_count or not _holds_codes(annoy, opened, table):
            raise IndexDamaged(
                f"{folder.name}: {path.name} does not hold the codes of {kind} "
                f"({table.bits} bits): run `hashbag index`"
            )
        return opened


def _check_room(path: Path, trees: int, table: CodeTable) -> None:
    """Find out before it is too late: what writes to a mapped file on a full disk is killed."""
    nodes = table.row_count * (1 + _NODES_PER_ITEM_AND_TREE * trees)
    needed = _GROWTH * nodes * _node_bytes(table) + _SPARE_BYTES
    if shutil.disk_usage(path.parent).free < needed:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))


def _node_bytes(table: CodeTable) -> int:
    return _NODE_HEAD_BYTES + 8 * int(table.codes.shape[0])


def _nodes(path: Path, table: CodeTable) -> np.memmap[tuple[int, ...], np.dtype[np.uint8]]:
    """Map an Annoy file as its nodes, shape (N, bytes), the items first.

    A node holds the number of items below it (4 bytes), two children (8), padding (4), and W
    words (8 each). An item uses the words; a split uses the first word for its bit; a leaf lists
    the numbers of its items from the bytes of the children on.

    Source: `HammingNode` in Annoy's annoylib.h.
    """
    size = _node_bytes(table)
    return np.memmap(path, dtype=np.uint8, mode="r+", shape=(path.stat().st_size // size, size))


def _write_items(path: Path, table: CodeTable) -> None:
    """Write all items as `add_item` would: one item below, no children, the bits of the code.

    Annoy's first bit of a byte is the lowest, that of a packed code the highest.
    """
    nodes = _nodes(path, table)
    for start in range(0, table.row_count, _BLOCK_NODES):
        codes = np.ascontiguousarray(table.codes[:, start : start + _BLOCK_NODES].T).view(np.uint8)
        block = nodes[start : start + len(codes)]
        block[:, :_NODE_HEAD_BYTES] = 0
        block[:, 0] = 1
        block[:, _NODE_HEAD_BYTES:] = _REVERSED_BITS[codes]


def _zero_unused(path: Path, table: CodeTable) -> None:
    """Zero the bytes of nodes that Annoy never sets, so that equal tables give equal files."""
    nodes = _nodes(path, table)
    max_leaf_items = (nodes.shape[1] - 4) // 4
    for start in range(0, len(nodes), _BLOCK_NODES):
        block = nodes[start : start + _BLOCK_NODES]
        items_below = block[:, :4].copy().view(np.uint32)[:, 0]
        is_item = np.arange(start, start + len(block)) < table.row_count
        is_leaf = ~is_item & (items_below <= max_leaf_items)
        block[~is_leaf, 12:16] = 0
        block[~is_leaf & ~is_item, 24:] = 0
        used_bytes = 4 + 4 * items_below[is_leaf, None]
        block[is_leaf] = np.where(np.arange(block.shape[1]) < used_bytes, block[is_leaf], 0)


def _holds_codes(annoy: AnnoyIndex, opened: OpenedAnnoy, table: RowTable) -> bool:
    probed = np.unique(np.linspace(0, table.row_count - 1, _PROBED_ROWS).astype(int))
    same = all(annoy.get_item_vector(row) == table.bit_vector(row).tolist() for row in probed)
    # Some builds of Annoy are reported to return one neighbour only.
    count = min(table.row_count, _PROBED_ROWS)
    return (
        same
        and len(opened.candidates(table.codes_at(np.zeros(1, dtype=np.intp)), count).rows) == count
    )
