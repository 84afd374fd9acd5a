"""How near the nearest item comes to a picture, by every ranking, in catalogues of many sizes."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from webapp.hashing import learned
from webapp.hashing.bag_sense import summary
from webapp.hashing.fingerprinting import query_code
from webapp.hashing.kinds import KINDS
from webapp.hashing.picture_features import PictureFeatures
from webapp.index.kind_index import KindIndex
from webapp.lab.evaluation.asked_pictures import EDIT, LEFT_OUT, SCENE, Asked
from webapp.lab.evaluation.listed_twice import pictures_in
from webapp.lab.evaluation.ranks import random_for
from webapp.lab.evaluation.systems import open_kind
from webapp.search.levels import SAME_COLOUR_BITS, TWO_PART_COLOURS, name_of, two_part_name
from webapp.search.look import COLOUR, LEANINGS, LEARNED, LOOK, PARTS, blend, two_part_leaning
from webapp.search.query_readings import read

_DRAWS = 8  # catalogues of each size that a picture is asked of

NONE = 1 << 20
"""A distance that nothing has."""

Distances = NDArray[np.integer]


@dataclass(frozen=True, slots=True)
class Answers:
    """What asking with one picture told.

    `nearest`: for each ranking, by its name in `webapp.search.levels`, the distance of the nearest
    item, shape (draws, sizes). `in_colour`: of the look, the nearest with the same colours, or
    `NONE`. `summaries`: of the whole picture, and of the bag cut out, (2, 320);
    empty without the learned kind.
    """

    nearest: dict[str, NDArray[np.int64]]
    in_colour: dict[str, NDArray[np.int64]]
    summaries: NDArray[np.float64]


def sizes(items: int) -> tuple[int, ...]:
    """Return the sizes of catalogues to be drawn from one of so many items, itself the last."""
    return (*(size for size in (30, 100, 300, 1000) if size < items), items)


def ask(folder: Path, asked: Asked) -> Answers | None:
    """Ask one picture of catalogues of all sizes; None if it cannot be made or is too plain.

    An edited photo's original is in each of them, a photo that is left out in none, nor is what
    lists its picture too.
    """
    picture = asked.picture()
    if picture is None:
        return None
    features = PictureFeatures(picture)
    if features.prepared.too_plain:
        return None
    opened = _opened(folder)
    pictures = pictures_in(folder)
    own = np.zeros(len(pictures), np.bool_)
    if asked.photo:
        own = pictures == pictures[asked.photo.position]
    chosen = [
        _catalogues(asked, own, random_for(asked.seed, asked.number, asked.sort, str(draw)))
        for draw in range(_DRAWS)
    ]
    rankings = dict(_distances(features, opened))
    other_colours = rankings[COLOUR] > SAME_COLOUR_BITS
    nearest = {name: _nearest(of_all, chosen) for name, of_all in rankings.items()}
    in_colour = {
        name: _nearest(np.where(other_colours, NONE, of_all), chosen)
        for name, of_all in rankings.items()
        if name.startswith(LOOK.name)
    }
    profiles = (features.profile, features.bag_profile) if learned.is_installed() else ()
    return Answers(nearest, in_colour, np.array([summary(one) for one in profiles]))


def _nearest(of_all: Distances, chosen: list[list[NDArray[np.intp]]]) -> NDArray[np.int64]:
    return np.array([[of_all[items].min() for items in of_draw] for of_draw in chosen])


def _catalogues(
    asked: Asked, own: NDArray[np.bool_], random: np.random.Generator
) -> list[NDArray[np.intp]]:
    """Draw the items of a catalogue of each size, each with all those of the one before."""
    order = random.permutation(len(own))
    if asked.sort in {LEFT_OUT, SCENE}:
        order = order[~own[order]]
    elif asked.sort == EDIT:
        order = np.concatenate([np.flatnonzero(own), order[~own[order]]])
    return [order[:size] for size in sizes(len(own))]


def _distances(
    features: PictureFeatures, opened: dict[str, KindIndex]
) -> Iterator[tuple[str, Distances]]:
    """Yield for each ranking the distances of all items."""
    of_kinds: dict[tuple[str, bool], Distances] = {}
    for name, kind in KINDS.items():
        code = query_code(kind, features)
        for harder in (False, True):
            if harder and not kind.tries_harder:
                of_kinds[name, True] = of_kinds[name, False]
                continue
            queries = read({name: code}, kind, harder=harder).queries
            of_kinds[name, harder] = opened[name].table.distances(queries)
            yield name_of(name, harder=harder), of_kinds[name, harder]
    for harder in (False, True):
        if LEARNED in KINDS:
            for leaning in LEANINGS:
                parts = (LEARNED, *PARTS)
                shares = leaning.shares_of(parts)
                blended = _blended(of_kinds, opened, parts, shares, harder=harder)
                yield name_of(f"look {leaning.name}", harder=harder), blended
        for colour in TWO_PART_COLOURS:
            shares = two_part_leaning(colour).shares_of(PARTS)
            blended = _blended(of_kinds, opened, PARTS, shares, harder=harder)
            yield name_of(two_part_name(colour), harder=harder), blended


def _blended(
    of_kinds: dict[tuple[str, bool], Distances],
    opened: dict[str, KindIndex],
    parts: tuple[str, ...],
    shares: tuple[float, ...],
    *,
    harder: bool,
) -> Distances:
    return blend(
        [of_kinds[part, harder] for part in parts], [opened[part].scale for part in parts], shares
    )


@lru_cache(maxsize=1)
def _opened(folder: Path) -> dict[str, KindIndex]:
    """Open the codes of all kinds, once in each worker process."""
    return {name: open_kind(name, folder) for name in KINDS}
