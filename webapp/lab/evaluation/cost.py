"""The cost of each system: bits of an item, time to hash a picture, number of distinct codes."""

from collections.abc import Iterator
from time import process_time

import numpy as np
from PIL import Image

from webapp.hashing.picture_features import PictureFeatures
from webapp.lab.evaluation.gallery import Gallery, Photo, opened
from webapp.lab.evaluation.rows import Cost, Progress

SIZE = (1000, 1000)
"""Width and height, in pixels, of the pictures that are hashed."""

_MAX_PHOTOS = 24


def measure(gallery: Gallery, photos: list[Photo]) -> Iterator[Progress | Cost]:
    """Time the hashing of at most 24 photos by every system, without decoding.

    Each photo is hashed by all systems in turn, so that a slow moment of the machine slows all of
    them. In processor time of this process, which other work hardly changes.
    """
    systems, _ = opened(gallery.folder, gallery.systems)
    times = []
    photos = photos[:_MAX_PHOTOS]
    for done, photo in enumerate(photos, 1):
        image = photo.image().resize(SIZE, Image.Resampling.LANCZOS)
        if done == 1:
            for system in systems:
                system.hashed(PictureFeatures(image))  # some systems make tables at first use
        seconds = []
        for system in systems:
            start = process_time()
            system.hashed(PictureFeatures(image))
            seconds.append(process_time() - start)
        times.append(seconds)
        yield Progress("cost", done, len(photos))
    for system, median in zip(systems, np.median(times, axis=0), strict=True):
        yield Cost(
            kind=system.name,
            bits=system.bits,
            hash_us=round(float(median) * 1e6, 1),
            distinct_codes=system.distinct(),
            items=len(gallery.items),
        )
