"""What can rank, the hash kinds and the look, and a question put to one of them."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from webapp.blending import DEFAULT_LEAN, LOOK, PARTS, Look, LookMeasure, blend
from webapp.exceptions import BadParameter, IndexNotReady
from webapp.generation import Generation
from webapp.hashing import KINDS
from webapp.kinds.kind import HashKind
from webapp.models import NO_FILTERS, Filters, Fingerprint
from webapp.queries import Asked, read
from webapp.ranking import KindMeasure, Measure
from webapp.samples import Opened

Ranking = HashKind | Look
# The share of random pairs that are near by chance, and how many items make a chance.
_BY_CHANCE = 0.01
_ENOUGH = 30

RANKINGS: dict[str, Ranking] = {LOOK.name: LOOK, **KINDS}


def ranking_named(name: str, parameter: str = "by") -> Ranking:
    """Look up what can rank.

    Raises:
        BadParameter: there is no such thing.
    """
    if name not in RANKINGS:
        known = ", ".join(RANKINGS)
        raise BadParameter(parameter, f"there is no hash kind '{name}'; try {known}")
    return RANKINGS[name]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: what ranks, how many hits, and what narrows them.

    `lean`, from 0 for shape to 1 for colour, is for the look alone; `harder` asks the query
    mirrored, turned and as a crop too, in kinds that can. `fold` shows items with the identical
    picture as one.
    """

    by: Ranking
    k: int = 9
    filters: Filters = NO_FILTERS
    lean: float = DEFAULT_LEAN
    harder: bool = False
    fold: bool = False

    @property
    def can_try_harder(self) -> bool:
        """Whether trying harder makes a difference to what ranks."""
        parts = [KINDS[name] for name in PARTS] if isinstance(self.by, Look) else [self.by]
        return any(kind.tries_harder for kind in parts)


@dataclass(frozen=True, slots=True)
class Inquiry:
    """A fingerprint asked of a generation.

    `by_chance`: the distances of random pairs of the catalogue's items, on the measure's scale,
    ascending.
    """

    measure: Measure
    by_chance: NDArray[np.integer]
    asked: Asked
    opened: Opened
    bits: int

    def is_weak(self, distance: int) -> bool:
        """Say whether a match is no nearer than one in a hundred random pairs is by chance.

        In a catalogue full of copies chance is near too: a tenth of the scale is never weak.
        """
        if len(self.measure.ids) < _ENOUGH:
            return False
        place, part = divmod(_BY_CHANCE * (len(self.by_chance) - 1), 1)
        below, above = self.by_chance[int(place) : int(place) + 2].tolist()
        chance = below + part * (above - below)
        return bool(distance >= max(chance, self.bits / 10))

    def phrases(self, ids: Sequence[int]) -> list[str]:
        """Say how each of some items matched; empty where the picture was taken as it is."""
        if not ids:
            return []
        positions = np.searchsorted(self.opened.table.ids, np.array(ids))
        return self.asked.phrases_for(self.opened.table, positions)


def inquire(generation: Generation, fingerprint: Fingerprint, question: Question) -> Inquiry:
    """Put a question to a generation.

    Raises:
        BadParameter: the fingerprint lacks a code that is needed.
        IndexNotReady: the generation lacks a kind that is needed.
    """
    if isinstance(question.by, HashKind):
        opened = generation.kind(question.by.name)
        asked = read(fingerprint, question.by, harder=question.harder)
        measure = KindMeasure(opened.table, opened.index, asked.queries)
        return Inquiry(measure, opened.ascending, asked, opened, question.by.bits)
    return _inquire_look(generation, fingerprint, question)


def _inquire_look(generation: Generation, fingerprint: Fingerprint, question: Question) -> Inquiry:
    shape, colour = (generation.kind(name) for name in PARTS)
    same = shape.table.ids is colour.table.ids
    if not (same or np.array_equal(shape.table.ids, colour.table.ids)):
        raise IndexNotReady("some items lack a shape or a colour code: run `hashbag index`")
    # More readings differ in shape alone: where that does not count, nor do they.
    harder = question.harder and question.lean < 1
    asked = [read(fingerprint, KINDS[name], harder=harder) for name in PARTS]
    queries = (asked[0].queries, asked[1].queries)
    measure = LookMeasure((shape, colour), queries, question.lean)
    scales = (shape.scale, colour.scale)
    by_chance = shape.kept(
        (LOOK.name, question.lean),
        lambda: np.sort(blend(shape.sample, colour.sample, scales, question.lean)),
    )
    return Inquiry(measure, by_chance, asked[0], shape, question.by.bits)
