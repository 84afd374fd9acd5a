"""The second test: do an item's neighbours have its category, colour, brand and price?"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from webapp.hashing.picture_features import PictureFeatures
from webapp.index.hamming import Positions
from webapp.lab.evaluation.gallery import Gallery, Photo, opened
from webapp.lab.evaluation.ranks import neighbours, random_for
from webapp.lab.evaluation.rows import Progress, SameLook
from webapp.models import Item
from webapp.processes import in_order

RANDOM = "random"
"""The system that draws neighbours at random."""

Column = NDArray[np.float64]
"""One value for each of M items, NaN where it is not known."""


def measure(
    gallery: Gallery, photos: list[Photo], seed: int, jobs: int
) -> Iterator[Progress | SameLook]:
    """Compare the nine neighbours of every photo with it, and those of a random draw."""
    ask = partial(nearest, gallery.folder, gallery.systems, seed)
    of_photos = []
    for done, (_, of_photo) in enumerate(in_order(ask, photos, jobs), 1):
        of_photos.append(of_photo)
        yield Progress("same look", done, len(photos))
    judge = _Judge(gallery.items)
    queries = [photo.position for photo in photos]
    for column, system in enumerate(gallery.systems):
        yield judge.row(system, queries, [of_photo[column] for of_photo in of_photos])
    # The mean over all other items is what a random draw gives in the mean.
    others = [np.flatnonzero(gallery.copies != gallery.copies[query]) for query in queries]
    yield judge.row(RANDOM, queries, others)


def nearest(folder: Path, names: tuple[str, ...], seed: int, photo: Photo) -> list[Positions]:
    """Return the positions of nine neighbours by each system, without the item and its copies."""
    systems, copies = opened(folder, names)
    left_out = copies == copies[photo.position]
    features = PictureFeatures(photo.image())
    return [
        neighbours(
            system.distances(system.hashed(features)),
            left_out,
            random_for(seed, photo.item_id, system.name),
        )
        for system in systems
    ]


class _Judge:
    """Compares items by their attributes, which it holds as numbers."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._category = _numbered([item.category for item in items])
        self._colour = _numbered([item.colour for item in items])
        self._brand = _numbered([item.brand for item in items])
        self._price = np.array([item.price or np.nan for item in items], dtype=np.float64)

    def row(self, system: str, queries: list[int], neighbours: list[Positions]) -> SameLook:
        return SameLook(
            kind=system,
            queries=len(queries),
            same_category=_mean(queries, neighbours, self._category, _is_same),
            same_colour=_mean(queries, neighbours, self._colour, _is_same),
            same_brand=_mean(queries, neighbours, self._brand, _is_same),
            price_distance=_mean(queries, neighbours, self._price, _relative_difference),
        )


def _numbered(values: list[str]) -> Column:
    """Return equal numbers for equal values, in any case, NaN for empty ones."""
    folded = [value.strip().casefold() for value in values]
    _, numbers = np.unique(folded, return_inverse=True)
    return np.where(np.array(folded) == "", np.nan, numbers)


def _is_same(own: np.float64, others: Column) -> Column:
    same: Column = (others == own).astype(np.float64)
    return same


def _relative_difference(own: np.float64, others: Column) -> Column:
    """Return the differences from the prices that are known."""
    known = others[~np.isnan(others)]
    difference: Column = np.abs(known - own) / own
    return difference


def _mean(
    queries: list[int],
    neighbours: list[Positions],
    column: Column,
    compare: Callable[[np.float64, Column], Column],
) -> float | None:
    """Return the mean over queries of the means over their neighbours, unknown values left out."""
    compared = [
        compare(column[query], column[near])
        for query, near in zip(queries, neighbours, strict=True)
        if not np.isnan(column[query])
    ]
    means = [float(values.mean()) for values in compared if values.size]
    return round(float(np.mean(means)), 4) if means else None
