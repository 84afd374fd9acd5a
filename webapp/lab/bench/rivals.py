"""What a user might pick instead, each asked with a packed code and answering with codes' numbers.

A code of several views is that many rows of a rival's index; the nearest row counts.
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
Found = NDArray[np.integer]
Code = NDArray[np.uint8]
"""One code's views, packed, shape (V, bytes)."""

Ask = Callable[[Code], Found]


class Build(Protocol):
    """Indexes codes, and returns what to ask; the row of a view is item * V + view."""

    def __call__(self, kind: HashKind, codes: Packed) -> Ask:
        """Index codes of one kind, the place of each being its number."""


@dataclass(frozen=True, slots=True)
class Rival:
    """One system: the module it needs, as which package, and the most codes it is asked to hold."""

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
        """Say whether it can hold that many codes of a kind."""
        return size <= self.up_to and not (self.single_view and kind.views > 1)


def _words(codes: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Return packed codes, shape (N, bytes), as words, shape (N, W), padded with zeros."""
    count, width = codes.shape
    padded = np.zeros((count, -(-width // 8) * 8), dtype=np.uint8)
    padded[:, :width] = codes
    return padded.view(np.uint64)


def recipe_index(kind: HashKind, codes: Packed, trees: int) -> AnnoyIndex:
    """Build what Annoy's own documentation shows: item by item."""
    index = AnnoyIndex(kind.bits, "hamming")
    for number, code in enumerate(codes[:, 0]):
        index.add_item(number, np.unpackbits(code, count=kind.bits).tolist())
    index.build(trees)
    return index


def recipe(kind: HashKind, codes: Packed) -> Ask:
    """Ask such an index, of many trees, with Annoy's own default of how far to look."""
    index = recipe_index(kind, codes, TREES)

    def ask(query: Code) -> Found:
        bits = np.unpackbits(query[0], count=kind.bits).tolist()
        return np.array(index.get_nns_by_vector(bits, K))

    return ask


def _scan(kind: HashKind, codes: Packed, choose: Callable[[NDArray[Any]], Found]) -> Ask:
    """Compare with every code as one would write it down, in whole arrays."""
    words = np.ascontiguousarray(_words(codes.reshape(-1, kind.bytes)))
    one_word = words[:, 0] if words.shape[1] == 1 else None

    def distances(query: NDArray[np.uint64]) -> NDArray[Any]:
        if one_word is not None:
            return np.asarray(np.bitwise_count(one_word ^ query[0]))
        return np.asarray(np.bitwise_count(words ^ query).sum(axis=1, dtype=np.uint16))

    def ask(query: Code) -> Found:
        found = np.minimum.reduce([distances(view) for view in _words(query)])
        if kind.views > 1:
            found = found.reshape(-1, kind.views).min(axis=1)
        return choose(found)

    return ask


def numpy_partition(kind: HashKind, codes: Packed) -> Ask:
    """Scan, and let numpy find the smallest."""

    def choose(found: NDArray[Any]) -> Found:
        near = np.argpartition(found, K - 1)[:K]
        return near[np.argsort(found[near], kind="stable")]

    return _scan(kind, codes, choose)


def numpy_counting(kind: HashKind, codes: Packed) -> Ask:
    """Scan, and find the smallest by counting the distances."""

    def choose(found: NDArray[Any]) -> Found:
        cut = np.searchsorted(np.cumsum(np.bincount(found)), K)
        near = np.flatnonzero(found <= cut)
        return near[np.argsort(found[near], kind="stable")[:K]]

    return _scan(kind, codes, choose)


def ball_tree(kind: HashKind, codes: Packed) -> Ask:
    """Build scikit-learn's tree on columns of 0 and 1."""
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
        far, near = index.search(_words(query).view(np.uint8), K * kind.views)
        return _items(far.ravel(), near.ravel(), kind.views)

    return ask


def _items(far: NDArray[Any], rows: Found, views: int) -> Found:
    """Return the items of found rows, nearest first, each once."""
    if views == 1:
        return rows[rows >= 0]
    order = np.argsort(far, kind="stable")
    items = rows[order] // views
    return items[np.sort(np.unique(items, return_index=True)[1])][:K]


def faiss_flat(kind: HashKind, codes: Packed) -> Ask:
    """Let faiss scan."""
    return _faiss(kind, codes, lambda faiss, bits: faiss.IndexBinaryFlat(bits))


def faiss_hnsw(kind: HashKind, codes: Packed) -> Ask:
    """Build faiss's graph, with 32 links a code, and look at 64 codes a query."""

    def make(faiss: Any, bits: int) -> Any:
        index = faiss.IndexBinaryHNSW(bits, 32)
        index.hnsw.efSearch = 64
        return index

    return _faiss(kind, codes, make)


def usearch_graph(kind: HashKind, codes: Packed) -> Ask:
    """Build usearch's graph with its defaults."""
    usearch = importlib.import_module("usearch.index")
    rows = _words(codes.reshape(-1, kind.bytes)).view(np.uint8)
    index = usearch.Index(ndim=8 * rows.shape[1], metric="hamming", dtype="b1")
    index.add(np.arange(len(rows)), rows, threads=1)

    def ask(query: Code) -> Found:
        views = _words(query).view(np.uint8)
        near = [index.search(view, K * kind.views, threads=1) for view in views]
        far = np.concatenate([matches.distances for matches in near])
        rows = np.concatenate([matches.keys for matches in near]).astype(np.int64)
        return _items(far, rows, kind.views)

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
    """Return the rivals that are not installed, with the package each is in."""
    return {rival.name: rival.package for rival in RIVALS if not rival.is_there}
