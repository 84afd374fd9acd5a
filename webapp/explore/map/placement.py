"""Where items lie: points in a plane, those that look alike close together.

t-SNE keeps neighbours together and lets strangers be strangers, which is what a map of looks
wants. It is given each item's nearest in the look, the same distances that rank searches.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from webapp.exceptions import MapNotDrawn
from webapp.index.code_table import CodeTable
from webapp.index.engines.exact import ExactIndex
from webapp.index.hamming import k_smallest
from webapp.index.kind_index import KindIndex
from webapp.models import Progress, WithProgress
from webapp.search.look import LookMeasure

# Of leans from 0.3 to 0.5, adjacent bags have most often both colour and category in common at
# this one: 31 % on 3,055 photos, 17 % on the demo's bags.
LEAN = 0.4

# How many neighbours an item is drawn to, and how many it is measured with.
PERPLEXITY = 30
NEIGHBOURS = 3 * PERPLEXITY + 2  # with itself

# Twice as many bring no more neighbours together.
_STEPS = 500
_LANDMARKS = 500
_SEED = 81
_TOO_FEW = 4

Points = NDArray[np.float32]
"""Shape (N, 2): how far to the right, how far down."""


@dataclass(frozen=True, slots=True)
class Nearness:
    """What is known of N items: the nearest of each, and how far all are from a few.

    `nearest`, shape (N, K), positions by ascending distance, the item itself among them;
    `distances` theirs, of that shape; `landmarks`, shape (N, L): the distances to L items.
    """

    nearest: NDArray[np.int32]
    distances: NDArray[np.float32]
    landmarks: NDArray[np.float32]


def measure(tables: Sequence[CodeTable]) -> WithProgress[Nearness]:
    """Measure the look distance of each item to all, and keep what placing them needs."""
    shape, colour = (KindIndex(table, ExactIndex(table)) for table in tables)
    count = len(shape.table.ids)
    landmarks = np.sort(
        np.random.default_rng(_SEED).choice(count, min(count, _LANDMARKS), replace=False)
    )
    near = min(count, NEIGHBOURS)
    found = Nearness(
        np.empty((count, near), np.int32),
        np.empty((count, near), np.float32),
        np.empty((count, len(landmarks)), np.float32),
    )
    for item in range(count):
        queries = (_codes_of(shape.table, item), _codes_of(colour.table, item))
        distances = LookMeasure((shape, colour), queries, (1 - LEAN, LEAN)).distances()
        nearest = k_smallest(distances, near)
        found.nearest[item] = nearest
        found.distances[item] = distances[nearest]
        found.landmarks[item] = distances[landmarks]
        yield Progress("measuring", item + 1, count)
    return found


def _codes_of(table: CodeTable, item: int) -> NDArray[np.uint64]:
    return table.codes[:, table.rows[item]]


def place(known: Nearness) -> Points:
    """Place items, the same for the same items.

    Raises:
        MapNotDrawn: scikit-learn is not installed.
    """
    manifold, sparse, threads = _libraries()
    count, near = known.nearest.shape
    # Sums of floats depend on their order, and that on the number of threads.
    with threads.threadpool_limits(1):
        draft = _draft(known.landmarks)
        if count < _TOO_FEW or not draft.any():
            return draft
        starts = np.arange(0, count * near + 1, near)
        graph = sparse.csr_matrix(
            (known.distances.ravel(), known.nearest.ravel(), starts), shape=(count, count)
        )
        embedding = manifold.TSNE(
            metric="precomputed",
            perplexity=min(PERPLEXITY, (count - 1) / 3),
            init=draft,
            max_iter=_STEPS,
            random_state=_SEED,
        )
        points: Points = embedding.fit_transform(graph)
    return points


def require_libraries() -> None:
    """Find out whether a map can be drawn.

    Raises:
        MapNotDrawn: scikit-learn is not installed.
    """
    _libraries()


def _libraries() -> tuple[Any, Any, Any]:
    # Loaded by whoever draws a map, and by nobody else: they take a second.
    try:
        return (
            import_module("sklearn.manifold"),
            import_module("scipy.sparse"),
            import_module("threadpoolctl"),
        )
    except ImportError as error:
        raise MapNotDrawn(
            "drawing the map needs scikit-learn: pip install 'hashbag[map]', then run "
            "`hashbag index`"
        ) from error


def _draft(landmarks: NDArray[np.float32]) -> Points:
    """Lay items out by the two directions in which their distances to landmarks differ most.

    What is far apart here stays far apart: t-SNE by itself knows only neighbours.
    """
    centred = landmarks.astype(np.float64) - landmarks.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)
    draft = centred @ directions[:, :-3:-1]
    if draft.shape[1] < 2:
        draft = np.pad(draft, ((0, 0), (0, 1)))
    # A direction has no sign of its own: without one, an item more could turn the map over.
    draft *= np.where((draft**3).sum(axis=0) < 0, -1, 1)
    widest = draft[:, 0].std()
    small = draft / widest * 1e-4 if widest > 0 else np.zeros_like(draft)
    return np.ascontiguousarray(small, dtype=np.float32)
