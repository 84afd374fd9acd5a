"""The fourth test: do an item's neighbours have its category, category by category?"""

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial

import numpy as np

from webapp.index.hamming import Positions
from webapp.lab.evaluation.gallery import Gallery, Half, Photo
from webapp.lab.evaluation.ranks import NEIGHBOURS
from webapp.lab.evaluation.rows import Progress, SameSort
from webapp.lab.evaluation.same_look import nearest
from webapp.processes import in_order


def measure(
    gallery: Gallery, half: Half, count: int, seed: int, jobs: int
) -> Iterator[Progress | SameSort]:
    """Query with photos of each category, `count` in all, of each at most an even share.

    Categories with fewer than ten pictures are left out, because nine neighbours cannot all be of
    them. With fewer than two categories left, there are no rows.
    """
    categories = _categories(gallery)
    photos = _drawn(gallery, categories, half, count, seed)
    ask = partial(nearest, gallery.folder, gallery.systems, seed)
    of_photos = []
    for done, (_, of_photo) in enumerate(in_order(ask, photos, jobs), 1):
        of_photos.append(of_photo)
        yield Progress("same sort", done, len(photos))
    own = [gallery.items[photo.position].category.strip() for photo in photos]
    for column, system in enumerate(gallery.systems):
        neighbours = [of_photo[column] for of_photo in of_photos]
        yield from _rows(gallery, system, categories, own, neighbours)


def _categories(gallery: Gallery) -> list[str]:
    """Return the categories that are large enough, largest first."""
    pictures = {
        (item.category.strip(), copy)
        for item, copy in zip(gallery.items, gallery.copies.tolist(), strict=True)
    }
    counts = Counter(category for category, _ in pictures if category)
    large = [name for name, count in counts.most_common() if count > NEIGHBOURS]
    return large if len(large) > 1 else []


def _drawn(
    gallery: Gallery, categories: Sequence[str], half: Half, count: int, seed: int
) -> list[Photo]:
    random = np.random.default_rng(seed)
    positions = gallery.half(half).tolist()
    drawn: list[int] = []
    for category in categories:
        own = [at for at in positions if gallery.items[at].category.strip() == category]
        share = min(len(own), max(1, count // len(categories)))
        drawn += random.choice(np.array(own, dtype=np.intp), share, replace=False).tolist()
    return [gallery.photos[position] for position in sorted(drawn)]


def _rows(
    gallery: Gallery,
    system: str,
    categories: Sequence[str],
    own: Sequence[str],
    neighbours: Sequence[Positions],
) -> Iterator[SameSort]:
    for category in categories:
        of_category = [nine for nine, name in zip(neighbours, own, strict=True) if name == category]
        if not of_category:
            continue
        counts = Counter(
            gallery.items[position].category.strip()
            for nine in of_category
            for position in nine.tolist()
        )
        total = counts.total()
        yield SameSort(
            kind=system,
            category=category,
            queries=len(of_category),
            precision_at_9=round(counts[category] / total, 4),
            neighbours={name: round(n / total, 4) for name, n in counts.most_common()},
        )
