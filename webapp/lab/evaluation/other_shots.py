"""Is a bag found by another shot of it, which the shop took too?"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from webapp.catalog.reader import Catalog
from webapp.hashing.picture_features import PictureFeatures
from webapp.lab.evaluation.gallery import Gallery, Photo, opened
from webapp.lab.evaluation.ranks import NEIGHBOURS, random_for, rank
from webapp.lab.evaluation.rows import OtherShots, Progress
from webapp.models import Item
from webapp.processes import in_order

_MODEL = "model"
"""The extra column that says which items are one model."""

Shot = tuple[Photo, frozenset[int]]
"""A shot to ask with, and the positions of the items that show its bag, without its own."""


def sample(
    catalog: Catalog, gallery: Gallery, asked: set[int], count: int, seed: int
) -> list[Shot]:
    """Draw at most `count` other shots of the items at some positions.

    An item's own first photo is found by its further photos. Another item of its model and colour
    is found by its first photo, with that item itself left out.
    """
    shots = [shot for shot in _shots(catalog, gallery) if shot[0].position in asked]
    drawn = np.random.default_rng(seed).permutation(len(shots))[:count]
    return [shots[place] for place in sorted(drawn.tolist())]


def measure(
    gallery: Gallery, shots: Sequence[Shot], seed: int, jobs: int
) -> Iterator[Progress | OtherShots]:
    """Query with shots; without any, no rows."""
    ask = partial(_ranks, gallery.folder, gallery.systems, seed)
    of_shots = []
    for done, (_, of_shot) in enumerate(in_order(ask, shots, jobs), 1):
        of_shots.append(of_shot)
        yield Progress(OtherShots.test, done, len(shots))
    all_ranks = np.array(of_shots)
    for column, system in enumerate(gallery.systems if of_shots else ()):
        of_system = all_ranks[:, column]
        yield OtherShots(
            kind=system,
            queries=len(of_shots),
            recall_at_1=round(float((of_system == 1).mean()), 4),
            recall_at_9=round(float((of_system <= NEIGHBOURS).mean()), 4),
        )


def _shots(catalog: Catalog, gallery: Gallery) -> Iterator[Shot]:
    """Yield all other shots, by the position of the item that each is of."""
    siblings = _siblings(gallery.items)
    for position, item in enumerate(gallery.items):
        if others := siblings.get(position):
            yield gallery.photos[position], frozenset(others)
        for photo in item.further:
            pixels = photo.width * photo.height
            path = catalog.photo(photo)
            shot = Photo(position, item.id, path, pixels, photo, catalog.originals)
            yield shot, frozenset({position})


def _siblings(items: Sequence[Item]) -> dict[int, set[int]]:
    """Return for each position those of other items of its model and colour, if there are any."""
    models = defaultdict(set)
    for position, item in enumerate(items):
        if model := item.extra.get(_MODEL, "").strip():
            models[item.brand, model.casefold(), item.colour.casefold()].add(position)
    return {one: same - {one} for same in models.values() if len(same) > 1 for one in same}


def _ranks(folder: Path, names: tuple[str, ...], seed: int, shot: Shot) -> NDArray[np.int64]:
    """Return the rank by each system of the first item that shows the bag, shape (systems,)."""
    photo, relevant = shot
    systems, copies = opened(folder, names)
    is_relevant = np.isin(np.arange(len(copies)), list(relevant))
    judged = is_relevant | (copies != copies[photo.position])
    features = PictureFeatures(photo.image())
    return np.array(
        [
            rank(
                system.distances(system.hashed(features))[judged],
                is_relevant[judged],
                random_for(seed, photo.item_id, system.name, photo.path.name),
            )
            for system in systems
        ]
    )
