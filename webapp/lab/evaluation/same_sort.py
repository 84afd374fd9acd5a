"""The fourth test: are an item's nine neighbours of its own sort, category by category?"""

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
    """Ask with photos of each category, as many of each as there are, up to an even share.

    Categories with fewer than ten pictures are passed over: their nine cannot all be right. With
    fewer than two categories left there are no rows.
    """
    categories = _categories(gallery)
    photos = _drawn(gallery, categories, half, count, seed)
    ask = partial(nearest, gallery.folder, gallery.systems, seed)
    found = []
    for done, (_, answer) in enumerate(in_order(ask, photos, jobs), 1):
        found.append(answer)
        yield Progress("same sort", done, len(photos))
    own = [gallery.items[photo.position].category.strip() for photo in photos]
    for column, system in enumerate(gallery.systems):
        neighbours = [answer[column] for answer in found]
        yield from _rows(gallery, system, categories, own, neighbours)


def _categories(gallery: Gallery) -> list[str]:
    """List the categories that are large enough, largest first."""
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
    asked = gallery.half(half)
    found: list[int] = []
    for category in categories:
        own = [at for at in asked.tolist() if gallery.items[at].category.strip() == category]
        share = min(len(own), max(1, count // len(categories)))
        found += random.choice(np.array(own, dtype=np.intp), share, replace=False).tolist()
    return [gallery.photos[at] for at in sorted(found)]


def _rows(
    gallery: Gallery,
    system: str,
    categories: Sequence[str],
    own: Sequence[str],
    neighbours: Sequence[Positions],
) -> Iterator[SameSort]:
    for category in categories:
        of_it = [found for found, name in zip(neighbours, own, strict=True) if name == category]
        if not of_it:
            continue
        seen = Counter(
            gallery.items[at].category.strip() for found in of_it for at in found.tolist()
        )
        total = seen.total()
        yield SameSort(
            kind=system,
            category=category,
            queries=len(of_it),
            precision_at_9=round(seen[category] / total, 4),
            neighbours={name: round(n / total, 4) for name, n in seen.most_common()},
        )
