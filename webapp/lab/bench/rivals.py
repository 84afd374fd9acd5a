"""Other libraries that find nearest codes: built from packed codes, asked with one, timed as ours.

An item of several views is that many rows in a rival's index; its nearest row counts.
"""

import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any, Protocol

import numpy as np
from annoy import AnnoyIndex
from numpy.typing import NDArray

from webapp.hashing.hash_kind import HashKind
from webapp.lab.bench.realistic import Packed

K = 9
TREES = 200
RECIPE = f"Annoy, {TREES} trees"
"""The common recipe: an Annoy index of many trees, and nothing else."""

Found = NDArray[np.integer]
"""The numbers of the items found, nearest first, shape (K,) or shorter."""

Code = NDArray[np.uint8]
"""The packed views of one query, shape (V, bytes)."""

Ask = Callable[[Code], Found]


class Build(Protocol):
    """Builds an index; the row of a view is item * V + view."""

    def __call__(self, kind: HashKind, codes: Packed) -> Ask:
        """Build an index of N codes, shape (N, V, bytes); return the function that asks it."""


@dataclass(frozen=True, slots=True)
class Rival:
    """One library: the module and package that it needs, and what it can hold.

    `up_to`: the most codes that take it a reasonable time.
    """

    name: str
    build: Build
    module: str = "numpy"
    package: str = ""
    single_view: bool = False
    up_to: int = 10**9

    @property
    def is_there(self) -> bool:
        """Whether its module is installed."""
        return find_spec(self.module) is not None

    def suits(self, kind: HashKind, size: int) -> bool:
        """Return whether it can hold `size` codes of a kind."""
        return size <= self.up_to and not (self.single_view and kind.views > 1)


def _words(codes: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Return packed codes, shape (N, bytes), as 64-bit words, shape (N, W), padded with zeros."""
    count, width = codes.shape
    padded = np.zeros((count, -(-width // 8) * 8), dtype=np.uint8)
    padded[:, :width] = codes
    return padded.view(np.uint64)


def recipe_index(kind: HashKind, codes: Packed, trees: int) -> AnnoyIndex:
    """Build an Annoy index as its documentation shows, item by item."""
    index = AnnoyIndex(kind.bits, "hamming")
    for number, code in enumerate(codes[:, 0]):
        index.add_item(number, np.unpackbits(code, count=kind.bits).tolist())
    index.build(trees)
    return index


def recipe(kind: HashKind, codes: Packed) -> Ask:
    """Build Annoy's index of 200 trees, asked with Annoy's default `search_k`."""
    index = recipe_index(kind, codes, TREES)

    def ask(query: Code) -> Found:
        bits = np.unpackbits(query[0], count=kind.bits).tolist()
        return np.array(index.get_nns_by_vector(bits, K))

    return ask


def _scan(kind: HashKind, codes: Packed, choose: Callable[[NDArray[Any]], Found]) -> Ask:
    """Scan all codes in plain numpy; `choose` picks the nearest from the distances, (N,)."""
    words = np.ascontiguousarray(_words(codes.reshape(-1, kind.bytes)))
    one_word = words[:, 0] if words.shape[1] == 1 else None

    def distances(query: NDArray[np.uint64]) -> NDArray[Any]:
        if one_word is not None:
            return np.asarray(np.bitwise_count(one_word ^ query[0]))
        return np.asarray(np.bitwise_count(words ^ query).sum(axis=1, dtype=np.uint16))

    def ask(query: Code) -> Found:
        nearest = np.minimum.reduce([distances(view) for view in _words(query)])
        if kind.views > 1:
            nearest = nearest.reshape(-1, kind.views).min(axis=1)
        return choose(nearest)

    return ask


def numpy_partition(kind: HashKind, codes: Packed) -> Ask:
    """Scan, and pick the nearest with `numpy.argpartition`."""

    def choose(distances: NDArray[Any]) -> Found:
        near = np.argpartition(distances, K - 1)[:K]
        return near[np.argsort(distances[near], kind="stable")]

    return _scan(kind, codes, choose)


def numpy_counting(kind: HashKind, codes: Packed) -> Ask:
    """Scan, and pick the nearest by a histogram of the distances."""

    def choose(distances: NDArray[Any]) -> Found:
        kth_smallest = np.searchsorted(np.cumsum(np.bincount(distances)), K)
        near = np.flatnonzero(distances <= kth_smallest)
        return near[np.argsort(distances[near], kind="stable")[:K]]

    return _scan(kind, codes, choose)


def ball_tree(kind: HashKind, codes: Packed) -> Ask:
    """Build scikit-learn's ball tree over bits as numbers."""
    neighbors = importlib.import_module("sklearn.neighbors")
    bits = np.unpackbits(codes[:, 0], axis=1, count=kind.bits)
    tree = neighbors.BallTree(bits, metric="hamming")

    def ask(query: Code) -> Found:
        bits = np.unpackbits(query[:1], axis=1, count=kind.bits)
        found: Found = tree.query(bits, K, return_distance=False)[0]
        return found

    return ask


def _faiss(kind: HashKind, codes: Packed, make: Callable[[Any, int], Any]) -> Ask:
    faiss = importlib.import_module("faiss")
    faiss.omp_set_num_threads(1)
    rows = _words(codes.reshape(-1, kind.bytes)).view(np.uint8)
    index = make(faiss, 8 * rows.shape[1])
    index.add(rows)

    def ask(query: Code) -> Found:
        distances, rows = index.search(_words(query).view(np.uint8), K * kind.views)
        return _items(distances.ravel(), rows.ravel(), kind.views)

    return ask


def _items(distances: NDArray[Any], rows: Found, views: int) -> Found:
    """Return the items of the rows found, nearest first, each once."""
    if views == 1:
        return rows[rows >= 0]
    order = np.argsort(distances, kind="stable")
    items = rows[order] // views
    return items[np.sort(np.unique(items, return_index=True)[1])][:K]


def faiss_flat(kind: HashKind, codes: Packed) -> Ask:
    """Build faiss's flat index, a scan."""
    return _faiss(kind, codes, lambda faiss, bits: faiss.IndexBinaryFlat(bits))


def faiss_hnsw(kind: HashKind, codes: Packed) -> Ask:
    """Build faiss's HNSW graph with 32 links for each code; a query looks at 64 codes."""

    def make(faiss: Any, bits: int) -> Any:
        index = faiss.IndexBinaryHNSW(bits, 32)
        index.hnsw.efSearch = 64
        return index

    return _faiss(kind, codes, make)


def usearch_graph(kind: HashKind, codes: Packed) -> Ask:
    """Build usearch's HNSW graph with its defaults."""
    usearch = importlib.import_module("usearch.index")
    rows = _words(codes.reshape(-1, kind.bytes)).view(np.uint8)
    index = usearch.Index(ndim=8 * rows.shape[1], metric="hamming", dtype="b1")
    index.add(np.arange(len(rows)), rows, threads=1)

    def ask(query: Code) -> Found:
        views = _words(query).view(np.uint8)
        of_views = [index.search(view, K * kind.views, threads=1) for view in views]
        distances = np.concatenate([matches.distances for matches in of_views])
        rows = np.concatenate([matches.keys for matches in of_views]).astype(np.int64)
        return _items(distances, rows, kind.views)

    return ask


RIVALS: Sequence[Rival] = (
    Rival(RECIPE, recipe, "annoy", single_view=True),
    Rival("BallTree", ball_tree, "sklearn", "scikit-learn", single_view=True, up_to=100_000),
    Rival("faiss flat", faiss_flat, "faiss", "faiss-cpu"),
    Rival("faiss HNSW", faiss_hnsw, "faiss", "faiss-cpu", up_to=100_000),
    Rival("usearch HNSW", usearch_graph, "usearch", "usearch", up_to=100_000),
    Rival("numpy, argpartition", numpy_partition),
    Rival("numpy, counting", numpy_counting),
)


def absent() -> dict[str, str]:
    """Return the package of each rival that is not installed, by the rival's name."""
    return {rival.name: rival.package for rival in RIVALS if not rival.is_there}
