"""Where items lie on the map: points in a plane, those that look alike close together.

t-SNE (van der Maaten and Hinton, 2008) keeps near neighbours together and gives little weight to
distances between unlike items. Its input is each item's nearest by look distance.
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
from webapp.index.kind_index import kind_index
from webapp.models import Progress, WithProgress
from webapp.search.look import LookMeasure

# Of the shares from 0.3 to 0.5, this one gives most adjacent bags the same colour and category:
# 31 % on 3,055 photos, 17 % on the demo's bags.
COLOUR_SHARE = 0.4

PERPLEXITY = 30
"""t-SNE's perplexity: about how many neighbours attract an item."""

NEIGHBOURS = 3 * PERPLEXITY + 2
"""How many nearest items t-SNE is given of each, itself among them."""

# Twice as many bring no more neighbours together.
_TSNE_STEPS = 500
_MAX_LANDMARKS = 500
_SEED = 81
_TSNE_MIN_ITEMS = 4

Points = NDArray[np.float32]
"""Shape (N, 2): to the right and down, in no unit."""


@dataclass(frozen=True, slots=True)
class Nearness:
    """Look distances of N items: to the K nearest of each, and to L landmarks, items drawn once.

    `nearest`: positions by ascending distance, the item itself among them, shape (N, K).
    `distances`: their distances, shape (N, K). `landmarks`: the distances to the landmarks, shape
    (N, L).
    """

    nearest: NDArray[np.int32]
    distances: NDArray[np.float32]
    landmarks: NDArray[np.float32]


def measure(tables: Sequence[CodeTable]) -> WithProgress[Nearness]:
    """Measure the look distance of each item to all others; N items take N scans.

    `tables` are those of the look's two parts, shape and colour.
    """
    shape, colour = (kind_index(table, ExactIndex(table)) for table in tables)
    count = len(shape.table.ids)
    landmarks = np.sort(
        np.random.default_rng(_SEED).choice(count, min(count, _MAX_LANDMARKS), replace=False)
    )
    neighbours = min(count, NEIGHBOURS)
    nearness = Nearness(
        np.empty((count, neighbours), np.int32),
        np.empty((count, neighbours), np.float32),
        np.empty((count, len(landmarks)), np.float32),
    )
    for item in range(count):
        queries = [part.table.codes_of(np.array([item]))[:, 0] for part in (shape, colour)]
        distances = LookMeasure(
            (shape, colour), queries, (1 - COLOUR_SHARE, COLOUR_SHARE)
        ).distances()
        nearest = k_smallest(distances, neighbours)
        nearness.nearest[item] = nearest
        nearness.distances[item] = distances[nearest]
        nearness.landmarks[item] = distances[landmarks]
        yield Progress("measuring", item + 1, count)
    return nearness


def place(nearness: Nearness) -> Points:
    """Place N items, shape (N, 2); equal input gives equal points.

    Raises:
        MapNotDrawn: scikit-learn is not installed.
    """
    manifold, sparse, threads = _libraries()
    count, neighbours = nearness.nearest.shape
    # The number of threads changes the order of sums, and so the last bits of the points.
    with threads.threadpool_limits(1):
        draft = _draft(nearness.landmarks)
        if count < _TSNE_MIN_ITEMS or not draft.any():
            return draft
        starts = np.arange(0, count * neighbours + 1, neighbours)
        graph = sparse.csr_matrix(
            (nearness.distances.ravel(), nearness.nearest.ravel(), starts), shape=(count, count)
        )
        embedding = manifold.TSNE(
            metric="precomputed",
            perplexity=min(PERPLEXITY, (count - 1) / 3),
            init=draft,
            max_iter=_TSNE_STEPS,
            random_state=_SEED,
        )
        points: Points = embedding.fit_transform(graph)
    return points


def require_libraries() -> None:
    """Check that the libraries which draw a map are installed.

    Raises:
        MapNotDrawn: scikit-learn is not installed.
    """
    _libraries()


def _libraries() -> tuple[Any, Any, Any]:
    # They take a second to import, and only drawing a map needs them.
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
    """Project the distances to landmarks, (N, L), onto their first two principal axes, (N, 2).

    t-SNE sees near neighbours only: starting here, it keeps distant groups where they are.
    """
    centred = landmarks.astype(np.float64) - landmarks.mean(axis=0)
    _, directions = np.linalg.eigh(centred.T @ centred)
    draft = centred @ directions[:, :-3:-1]
    if draft.shape[1] < 2:
        draft = np.pad(draft, ((0, 0), (0, 1)))
    # The sign of an axis is arbitrary: fixed, one more item does not mirror the map.
    draft *= np.where((draft**3).sum(axis=0) < 0, -1, 1)
    widest = draft[:, 0].std()
    small = draft / widest * 1e-4 if widest > 0 else np.zeros_like(draft)
    return np.ascontiguousarray(small, dtype=np.float32)
