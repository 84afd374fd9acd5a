"""The third test: two bags of one model in two colours, like in shape and not the same."""

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
from webapp.lab.evaluation.ranks import NEIGHBOURS, chance, rank
from webapp.lab.evaluation.rows import HardNegatives, Progress
from webapp.models import Item
from webapp.processes import in_order

NEARLY_EQUAL = 8
"""Bits of dhash, of 64, by which the grey pictures of a pair differ at most; of random pairs of
bags on white one in a hundred is as near. It favours dhash a little."""

_QUALITY = 50

Trial = tuple[Photo, Positions]
"""A photo, and the positions of its model's other colours."""


def measure(
    catalog: Catalog, gallery: Gallery, sample: set[int], seed: int, jobs: int
) -> Iterator[Progress | HardNegatives]:
    """Ask with each bag of a pair, if its position is in the sample; no pair, no rows."""
    questions = [
        (gallery.photos[at], np.array(others, dtype=np.intp))
        for at, others in sorted(pairs(catalog, gallery.items).items())
        if at in sample
    ]
    ask = partial(_compare, gallery.folder, gallery.systems, seed)
    found = []
    for done, (_, answer) in enumerate(in_order(ask, questions, jobs), 1):
        found.append(answer)
        yield Progress("hard negatives", done, len(questions))
    if not found:
        return
    apart, ranks = (np.concatenate(part, axis=1) for part in zip(*found, strict=True))
    for line, system in enumerate(gallery.systems):
        yield HardNegatives(
            kind=system,
            pairs=apart.shape[1],
            told_apart=round(float(apart[line].mean()), 4),
            other_among_nine=round(float((ranks[line] <= NEIGHBOURS).mean()), 4),
            median_rank_of_other=float(np.median(ranks[line])),
        )


def pairs(catalog: Catalog, items: Sequence[Item]) -> dict[int, list[int]]:
    """Find models in several colours: for a position, those of the same bag in other colours.

    One model: title without colour words, brand and category are equal; the stated colours
    differ; and the grey pictures are nearly equal.
    """
    models = defaultdict(list)
    bare = _colour_words(items)
    for at, item in enumerate(items):
        if item.colour and item.title:
            title = " ".join(bare.sub(" ", item.title.casefold()).split())
            models[title, item.brand, item.category].append(at)
    _, grey = codes_of(catalog, "dhash", len(items))
    found = defaultdict(list)
    for model in models.values():
        for one, other in permutations(model, 2):
            bits = int(np.bitwise_count(grey[one] ^ grey[other]).sum())
            if bits <= NEARLY_EQUAL and _in_two_colours(items[one], items[other]):
                found[one].append(other)
    return dict(found)


def _in_two_colours(one: Item, other: Item) -> bool:
    """One photo under two colours is a slip of the catalogue, no pair."""
    return one.colour.casefold() != other.colour.casefold() and one.digest != other.digest


def _colour_words(items: Sequence[Item]) -> re.Pattern[str]:
    """Match the catalogue's colours in a title, whole ("navy blue") and by their words."""
    colours = {item.colour.casefold() for item in items if item.colour}
    words = colours | {word for colour in colours for word in colour.split()}
    longest_first = sorted(words, key=lambda word: (-len(word), word))
    return re.compile(r"\b(?:" + "|".join(map(re.escape, longest_first)) + r")\b")


def _compare(
    folder: Path, names: tuple[str, ...], seed: int, trial: Trial
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Return whether each other is told apart, and its rank, both of shape (S, others)."""
    photo, others = trial
    systems, copies = opened(folder, names)
    image = photo.image()
    plain, again = PictureFeatures(image), PictureFeatures(saved(image, _QUALITY))
    among = copies != copies[photo.position]
    apart = np.empty((len(systems), len(others)), dtype=np.bool_)
    ranks = np.empty((len(systems), len(others)), dtype=np.int64)
    for line, system in enumerate(systems):
        distances = system.distances(system.hashed(again))
        apart[line] = distances[photo.position] < distances[others]
        distances = system.distances(system.hashed(plain))
        for column, other in enumerate(others):
            wanted = (copies == copies[other])[among]
            random = chance(seed, photo.item_id, system.name, str(other))
            ranks[line, column] = rank(distances[among], wanted, random)
    return apart, ranks
