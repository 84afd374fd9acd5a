"""What the systems cost: bits, time, and how many codes are left of the items."""

from collections.abc import Iterator
from time import process_time

import numpy as np
from PIL import Image

from webapp.hashing.picture_features import PictureFeatures
from webapp.lab.evaluation.gallery import Gallery, Photo, opened
from webapp.lab.evaluation.rows import Cost, Progress

SIZE = (1000, 1000)
_MOST = 24


def measure(gallery: Gallery, photos: list[Photo]) -> Iterator[Progress | Cost]:
    """Hash some pictures by every system in turn, so that a slow moment slows all of them.

    In this process alone, in processor time: decoding is left out, and what else the machine
    does hardly counts.
    """
    systems, _ = opened(gallery.folder, gallery.systems)
    times = []
    photos = photos[:_MOST]
    for done, photo in enumerate(photos, 1):
        image = photo.image().resize(SIZE, Image.Resampling.LANCZOS)
        if done == 1:
            for system in systems:
                system.hashed(PictureFeatures(image))  # tables that are made at first use
        taken = []
        for system in systems:
            start = process_time()
            system.hashed(PictureFeatures(image))
            taken.append(process_time() - start)
        times.append(taken)
        yield Progress("cost", done, len(photos))
    for system, seconds in zip(systems, np.median(times, axis=0), strict=True):
        yield Cost(
            kind=system.name,
            bits=system.bits,
            hash_us=round(float(seconds) * 1e6, 1),
            distinct_codes=system.distinct(),
            items=len(gallery.items),
        )
