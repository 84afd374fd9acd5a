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
from webapp.lab.evaluation.ranks import NEIGHBOURS, random_for, rank
from webapp.lab.evaluation.rows import Progress, SamePicture
from webapp.processes import in_order

MAX_EDITED_PIXELS = 640
"""Longer side at which larger photos are edited, as they are when people send them; unedited
photos are not made smaller."""


def measure(
    gallery: Gallery, photos: list[Photo], seed: int, jobs: int
) -> Iterator[Progress | SamePicture]:
    """Query with every edit of every photo."""
    ask = partial(ranks, gallery.folder, gallery.systems, seed)
    of_photos = []
    for done, (_, of_photo) in enumerate(in_order(ask, photos, jobs), 1):
        of_photos.append(of_photo)
        yield Progress("same picture", done, len(photos))
    all_ranks = np.array(of_photos)
    for column, system in enumerate(gallery.systems):
        for line, edit in enumerate(EDITS):
            of_queries = all_ranks[:, line, column]
            yield SamePicture(
                kind=system,
                edit=edit,
                queries=len(photos),
                recall_at_1=round(float((of_queries == 1).mean()), 4),
                recall_at_9=round(float((of_queries <= NEIGHBOURS).mean()), 4),
            )


def ranks(folder: Path, names: tuple[str, ...], seed: int, photo: Photo) -> NDArray[np.int64]:
    """Return the rank of the original for each edit and system, shape (edits, systems)."""
    systems, copies = opened(folder, names)
    originals = copies == copies[photo.position]
    image = photo.image()
    original_ranks = np.empty((len(EDITS), len(systems)), dtype=np.int64)
    for line, edit in enumerate(EDITS):
        features = PictureFeatures(_as_sent(image, edit, seed, photo.item_id))
        for column, system in enumerate(systems):
            distances = system.distances(system.hashed(features))
            random = random_for(seed, photo.item_id, system.name, edit)
            original_ranks[line, column] = rank(distances, originals, random)
    return original_ranks


def _as_sent(image: Image.Image, edit: str, seed: int, item_id: int) -> Image.Image:
    if edit == IDENTITY:
        return image
    small = image.copy()
    small.thumbnail((MAX_EDITED_PIXELS, MAX_EDITED_PIXELS), Image.Resampling.LANCZOS)
    return edited(small, edit, seed, item_id)
