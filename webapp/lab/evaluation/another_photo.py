"""Is the original found by another photo of its bag, and is the bag found in it?

The other photos are made: the bag pasted small before a real scene, turned, in another light, or
carried by somebody.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from webapp.hashing import bag_finder
from webapp.hashing.picture_features import PictureFeatures
from webapp.lab.evaluation.gallery import Gallery, Half, Photo, opened
from webapp.lab.evaluation.ranks import NEIGHBOURS, random_for, rank
from webapp.lab.evaluation.rows import AnotherPhoto, Progress, Where
from webapp.lab.evaluation.scenes import (
    OBJECTS,
    PLACES,
    ROOMS,
    Scene,
    can_be_pasted,
    overlap,
    paste,
    photographs,
)
from webapp.lab.evaluation.views import VIEWS, view
from webapp.processes import in_order

# A frame that overlaps as much counts as found, as in most contests of finding things.
_FOUND_OVERLAP = 0.5


def backgrounds(half: Half) -> tuple[str, ...]:
    """Return the sorts of backgrounds that there are pictures of."""
    return (ROOMS, *(sort for sort in (PLACES, OBJECTS) if photographs(sort, half)))


def measure(
    gallery: Gallery, photos: list[Photo], half: Half, seed: int, jobs: int
) -> Iterator[Progress | AnotherPhoto]:
    """Query with other photos, of every sort, of every photo whose bag can be cut out."""
    ask = partial(ranks, gallery.folder, gallery.systems, half, seed)
    of_photos = []
    for done, (_, of_photo) in enumerate(in_order(ask, photos, jobs), 1):
        if of_photo is not None:
            of_photos.append(of_photo)
        yield Progress(AnotherPhoto.test, done, len(photos))
    all_ranks = np.array(of_photos)
    for column, system in enumerate(gallery.systems if of_photos else ()):
        for line, sort in enumerate((*backgrounds(half), *VIEWS)):
            of_queries = all_ranks[:, line, column]
            yield AnotherPhoto(
                kind=system,
                sort=sort,
                queries=len(of_photos),
                recall_at_1=round(float((of_queries == 1).mean()), 4),
                recall_at_9=round(float((of_queries <= NEIGHBOURS).mean()), 4),
            )


def ranks(
    folder: Path, names: tuple[str, ...], half: Half, seed: int, photo: Photo
) -> NDArray[np.int64] | None:
    """Return the rank of the original for each sort and system, shape (sorts, systems).

    None where the bag cannot be cut out of the photo.
    """
    systems, copies = opened(folder, names)
    originals = copies == copies[photo.position]
    of_sorts = []
    for sort, picture in _pictures(photo, half, seed):
        features = PictureFeatures(picture)
        of_sorts.append(
            [
                rank(
                    system.distances(system.hashed(features)),
                    originals,
                    random_for(seed, photo.item_id, system.name, sort),
                )
                for system in systems
            ]
        )
    return np.array(of_sorts, dtype=np.int64) if of_sorts else None


def measure_where(
    photos: list[Photo], half: Half, seed: int, jobs: int
) -> Iterator[Progress | Where]:
    """Compare the largest frame found in every scene with the pasted bag's; needs the network."""
    if not bag_finder.is_installed():
        return
    of_photos = []
    for done, (_, of_photo) in enumerate(in_order(partial(overlaps, half, seed), photos, jobs), 1):
        if of_photo:
            of_photos.append(of_photo)
        yield Progress(Where.test, done, len(photos))
    for sort, values in zip(backgrounds(half), zip(*of_photos, strict=True), strict=False):
        yield Where(
            kind="bag finder",
            background=sort,
            queries=len(values),
            overlap=round(float(np.mean(values)), 4),
            found=round(float(np.mean(np.array(values) >= _FOUND_OVERLAP)), 4),
        )


def overlaps(half: Half, seed: int, photo: Photo) -> list[float]:
    """Return for each sort how much the largest frame and the bag's have in common, 0 to 1."""
    found = []
    for _, scene in _scenes(photo, half, seed):
        frames = PictureFeatures(scene.picture).frames
        found.append(overlap(frames[0], scene.frame) if frames else 0.0)
    return found


def _pictures(photo: Photo, half: Half, seed: int) -> Iterator[tuple[str, Image.Image]]:
    """Yield another photo of each sort, the same ones for the same seed."""
    for sort, scene in _scenes(photo, half, seed):
        yield sort, scene.picture
    image = photo.image()
    for sort in VIEWS if can_be_pasted(image) else ():
        yield sort, view(sort, image, random_for(seed, photo.item_id, sort))


def _scenes(photo: Photo, half: Half, seed: int) -> Iterator[tuple[str, Scene]]:
    """Yield a scene of each sort, the same ones for the same seed; none of an uncuttable bag."""
    image = photo.image()
    if not can_be_pasted(image):
        return
    for sort in backgrounds(half):
        yield sort, paste(image, photographs(sort, half), random_for(seed, photo.item_id, sort))
