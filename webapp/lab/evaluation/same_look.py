"""The second test: are an item's neighbours of its category, colour, brand and price?"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from webapp.hashing.picture_features import PictureFeatures
from webapp.index.hamming import Positions
from webapp.lab.evaluation.gallery import Gallery, Photo, opened
from webapp.lab.evaluation.ranks import chance, neighbours
from webapp.lab.evaluation.rows import Progress, SameLook
from webapp.models import Item
from webapp.processes import in_order

RANDOM = "random"

Column = NDArray[np.float64]
"""One value for each of M items, NaN where it is not known."""


def measure(
    gallery: Gallery, photos: list[Photo], seed: int, jobs: int
) -> Iterator[Progress | SameLook]:
    """Look at nine neighbours of every photo, beside what a random draw would give."""
    ask = partial(nearest, gallery.folder, gallery.systems, seed)
    found = []
    for done, (_, answer) in enumerate(in_order(ask, photos, jobs), 1):
        found.append(answer)
        yield Progress("same look", done, len(photos))
    judge = _Judge(gallery.items)
    asked = [photo.position for photo in photos]
    for column, system in enumerate(gallery.systems):
        yield judge.row(system, asked, [answer[column] for answer in found])
    others = [np.flatnonzero(gallery.copies != gallery.copies[at]) for at in asked]
    yield judge.row(RANDOM, asked, others)  # all of them: what a draw gives in the mean


def nearest(folder: Path, names: tuple[str, ...], seed: int, photo: Photo) -> list[Positions]:
    """Return nine neighbours by each system, the item and its copies left out."""
    systems, copies = opened(folder, names)
    left_out = copies == copies[photo.position]
    features = PictureFeatures(photo.image())
    return [
        neighbours(
            system.distances(system.hashed(features)),
            left_out,
            chance(seed, photo.item_id, system.name),
        )
        for system in systems
    ]


class _Judge:
    """Knows the attributes of all items as numbers."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._category = _numbered([item.category for item in items])
        self._colour = _numbered([item.colour for item in items])
        self._brand = _numbered([item.brand for item in items])
        self._price = np.array([item.price or np.nan for item in items], dtype=np.float64)

    def row(self, system: str, asked: list[int], found: list[Positions]) -> SameLook:
        return SameLook(
            kind=system,
            queries=len(asked),
            same_category=_mean(asked, found, self._category, _is_same),
            same_colour=_mean(asked, found, self._colour, _is_same),
            same_brand=_mean(asked, found, self._brand, _is_same),
            price_distance=_mean(asked, found, self._price, _relative_difference),
        )


def _numbered(values: list[str]) -> Column:
    """Give equal values equal numbers, whatever their case; an empty one is not known."""
    folded = [value.strip().casefold() for value in values]
    _, numbers = np.unique(folded, return_inverse=True)
    return np.where(np.array(folded) == "", np.nan, numbers)


def _is_same(own: np.float64, others: Column) -> Column:
    same: Column = (others == own).astype(np.float64)
    return same


def _relative_difference(own: np.float64, others: Column) -> Column:
    """Compare with the known prices only."""
    known = others[~np.isnan(others)]
    difference: Column = np.abs(known - own) / own
    return difference


def _mean(
    asked: list[int],
    found: list[Positions],
    column: Column,
    compare: Callable[[np.float64, Column], Column],
) -> float | None:
    """Average over items, each the average of its neighbours; unknown items are passed over."""
    each = [
        compare(column[at], column[near])
        for at, near in zip(asked, found, strict=True)
        if not np.isnan(column[at])
    ]
    means = [float(values.mean()) for values in each if values.size]
    return round(float(np.mean(means)), 4) if means else None
