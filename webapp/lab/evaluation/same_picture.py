"""The first test: is the original of an edited photo found?"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from webapp.hashing.picture_features import PictureFeatures
from webapp.lab.evaluation.edits import EDITS, IDENTITY, edited
from webapp.lab.evaluation.gallery import Gallery, Photo, opened
from webapp.lab.evaluation.ranks import NEIGHBOURS, chance, rank
from webapp.lab.evaluation.rows import Progress, SamePicture
from webapp.processes import in_order

SIDE = 640
"""Pixels: larger photos are edited at this size, as they are sent; noise on 4 megapixels is slow.
Unedited ones are asked as they are."""


def measure(
    gallery: Gallery, photos: list[Photo], seed: int, jobs: int
) -> Iterator[Progress | SamePicture]:
    """Ask with every edit of every photo."""
    ask = partial(ranks, gallery.folder, gallery.systems, seed)
    found = []
    for done, (_, answer) in enumerate(in_order(ask, photos, jobs), 1):
        found.append(answer)
        yield Progress("same picture", done, len(photos))
    each = np.array(found)
    for column, system in enumerate(gallery.systems):
        for line, edit in enumerate(EDITS):
            of_queries = each[:, line, column]
            yield SamePicture(
                kind=system,
                edit=edit,
                queries=len(photos),
                recall_at_1=round(float((of_queries == 1).mean()), 4),
                recall_at_9=round(float((of_queries <= NEIGHBOURS).mean()), 4),
            )


def ranks(folder: Path, names: tuple[str, ...], seed: int, photo: Photo) -> NDArray[np.int64]:
    """Return the original's rank for each edit and system, shape (E, S)."""
    systems, copies = opened(folder, names)
    originals = copies == copies[photo.position]
    image = photo.image()
    found = np.empty((len(EDITS), len(systems)), dtype=np.int64)
    for line, edit in enumerate(EDITS):
        features = PictureFeatures(_as_sent(image, edit, seed, photo.item_id))
        for column, system in enumerate(systems):
            distances = system.distances(system.hashed(features))
            random = chance(seed, photo.item_id, system.name, edit)
            found[line, column] = rank(distances, originals, random)
    return found


def _as_sent(image: Image.Image, edit: str, seed: int, item_id: int) -> Image.Image:
    if edit == IDENTITY:
        return image
    small = image.copy()
    small.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    return edited(small, edit, seed, item_id)
