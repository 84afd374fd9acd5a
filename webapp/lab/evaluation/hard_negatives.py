"""The third test: is a bag told apart from the same model in another colour?"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import permutations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from webapp.catalog.reader import Catalog
from webapp.hashing.picture_features import PictureFeatures
from webapp.index.hamming import Positions
from webapp.lab.evaluation.edits import saved
from webapp.lab.evaluation.gallery import Gallery, Photo, codes_of, opened
from webapp.lab.evaluation.ranks import NEIGHBOURS, random_for, rank
from webapp.lab.evaluation.rows import HardNegatives, Progress
from webapp.models import Item
from webapp.processes import in_order

MAX_DHASH_BITS = 8
"""The largest dhash distance, of 64 bits, of the photos of one model in two colours. One in a
hundred random pairs of bags on white is as near. This favours dhash a little."""

_JPEG_QUALITY = 50

Trial = tuple[Photo, Positions]
"""A photo, and the positions of the same model in other colours."""


def measure(
    catalog: Catalog, gallery: Gallery, sample: set[int], seed: int, jobs: int
) -> Iterator[Progress | HardNegatives]:
    """Query with each bag of a pair whose position is in the sample; without a pair, no rows."""
    trials = [
        (gallery.photos[position], np.array(others, dtype=np.intp))
        for position, others in sorted(pairs(catalog, gallery.items).items())
        if position in sample
    ]
    compare = partial(_compare, gallery.folder, gallery.systems, seed)
    results = []
    for done, (_, result) in enumerate(in_order(compare, trials, jobs), 1):
        results.append(result)
        yield Progress("hard negatives", done, len(trials))
    if not results:
        return
    apart, ranks = (np.concatenate(part, axis=1) for part in zip(*results, strict=True))
    for line, system in enumerate(gallery.systems):
        yield HardNegatives(
            kind=system,
            pairs=apart.shape[1],
            told_apart=round(float(apart[line].mean()), 4),
            other_among_nine=round(float((ranks[line] <= NEIGHBOURS).mean()), 4),
            median_rank_of_other=float(np.median(ranks[line])),
        )


def pairs(catalog: Catalog, items: Sequence[Item]) -> dict[int, list[int]]:
    """Return for each position those of the same model in other colours, where there are any.

    Items are one model if their titles without colour words, their brands and their categories
    are equal, their colours differ, and the dhash of their photos is nearly equal.
    """
    models = defaultdict(list)
    colour_words = _colour_words(items)
    for position, item in enumerate(items):
        if item.colour and item.title:
            title = " ".join(colour_words.sub(" ", item.title.casefold()).split())
            models[title, item.brand, item.category].append(position)
    _, grey = codes_of(catalog, "dhash", len(items))
    others = defaultdict(list)
    for model in models.values():
        for one, other in permutations(model, 2):
            bits = int(np.bitwise_count(grey[one] ^ grey[other]).sum())
            if bits <= MAX_DHASH_BITS and _in_two_colours(items[one], items[other]):
                others[one].append(other)
    return dict(others)


def _in_two_colours(one: Item, other: Item) -> bool:
    """Return whether two items state different colours and have different photos."""
    return one.colour.casefold() != other.colour.casefold() and one.digest != other.digest


def _colour_words(items: Sequence[Item]) -> re.Pattern[str]:
    """Return a pattern of the catalogue's colours, whole ("navy blue") and word by word."""
    colours = {item.colour.casefold() for item in items if item.colour}
    words = colours | {word for colour in colours for word in colour.split()}
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return re.compile(r"\b(?:" + "|".join(map(re.escape, longest_first)) + r")\b")


def _compare(
    folder: Path, names: tuple[str, ...], seed: int, trial: Trial
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return whether each other colour is told apart, and its rank, both (systems, others)."""
    photo, others = trial
    systems, copies = opened(folder, names)
    image = photo.image()
    original, resaved = PictureFeatures(image), PictureFeatures(saved(image, _JPEG_QUALITY))
    not_copies = copies != copies[photo.position]
    apart = np.empty((len(systems), len(others)), dtype=np.bool_)
    ranks = np.empty((len(systems), len(others)), dtype=np.int64)
    for line, system in enumerate(systems):
        distances = system.distances(system.hashed(resaved))
        apart[line] = distances[photo.position] < distances[others]
        distances = system.distances(system.hashed(original))
        for column, other in enumerate(others):
            relevant = (copies == copies[other])[not_copies]
            random = random_for(seed, photo.item_id, system.name, str(other))
            ranks[line, column] = rank(distances[not_copies], relevant, random)
    return apart, ranks
