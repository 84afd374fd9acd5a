"""Are levels right? And at which thresholds would they be?"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from webapp.hashing import bag_sense, learned
from webapp.hashing.bag_sense import BagSense
from webapp.lab.evaluation.asked_pictures import (
    ARE_BAGS,
    ARE_OTHERS,
    BAG,
    DRAWN_BAG,
    EDIT,
    LEFT_OUT,
    Asked,
)
from webapp.lab.evaluation.gallery import Gallery
from webapp.lab.evaluation.logistic import fitted
from webapp.lab.evaluation.nearest_by_size import NONE, Answers, ask, sizes
from webapp.lab.evaluation.rows import Levels, Progress
from webapp.processes import in_order
from webapp.search import levels
from webapp.search.levels import NAMED_AT, Threshold, Thresholds
from webapp.search.result import Level

# What the thresholds aim at; a little less than what is promised, as other photos differ.
_WRONG_SAME_PICTURES = 0.0005
# A shop's photo that is left out finds the same model in another colour, or photographed again.
# The other photo of such a pair, asked in turn, may lie a little nearer.
_SAME_OF_LEFT_OUT, _MARGIN = 0.0005, 0.98
_CLOSE_OTHERS = 0.05
_BAGS_OF_SAME_LOOK = 0.95


@dataclass(frozen=True)
class Measured:
    """All answers: `sorts` of the pictures asked, (Q,), and what each told.

    `nearest`: by ranking, shape (Q, draws, sizes); `in_colour`: the same of those with the same
    colours, of the look. `summaries`: (Q, 2, 320), or None.
    """

    items: int
    sorts: NDArray[np.str_]
    nearest: dict[str, NDArray[np.int64]]
    in_colour: dict[str, NDArray[np.int64]]
    summaries: NDArray[np.float64] | None

    def of(self, sorts: Sequence[str]) -> NDArray[np.bool_]:
        """Return which pictures are of some sorts, (Q,)."""
        return np.isin(self.sorts, sorts)

    @property
    def bags(self) -> NDArray[np.bool_]:
        """Which are photos of bags as people ask with them; drawn ones if no others are there."""
        return self.of([BAG if BAG in self.sorts else DRAWN_BAG])

    @property
    def unrelated(self) -> NDArray[np.bool_]:
        """Which are of things that are not in the catalogue, nor in another colour."""
        return self.of([BAG, DRAWN_BAG, *ARE_OTHERS])

    def log_odds(self, sense: BagSense) -> NDArray[np.float64] | None:
        """Return of each picture the log odds that it shows a bag, (Q,)."""
        if self.summaries is None:
            return None
        odds: NDArray[np.float64] = (self.summaries @ sense.weights).max(axis=1) + sense.bias
        return odds


def ask_all(gallery: Gallery, asked: Sequence[Asked], jobs: int) -> Iterator[Progress | Measured]:
    """Ask every picture; yield progress, then all answers."""
    found: list[tuple[str, Answers]] = []
    for done, (one, answers) in enumerate(in_order(partial(ask, gallery.folder), asked, jobs), 1):
        if answers is not None:
            found.append((one.sort, answers))
        yield Progress(Levels.test, done, len(asked))
    first = found[0][1]
    yield Measured(
        len(gallery.items),
        np.array([sort for sort, _ in found]),
        {name: np.stack([one.nearest[name] for _, one in found]) for name in first.nearest},
        {name: np.stack([one.in_colour[name] for _, one in found]) for name in first.in_colour},
        np.stack([answers.summaries for _, answers in found]) if learned.is_installed() else None,
    )


def rows(
    measured: Measured, thresholds: dict[str, Thresholds], sense: BagSense
) -> Iterator[Levels]:
    """Judge thresholds, in catalogues of each size."""
    log_odds = measured.log_odds(sense)
    bag = None if log_odds is None else log_odds >= 0
    for name, nearest in measured.nearest.items():
        for place, size in enumerate(sizes(measured.items)):
            in_colour = measured.in_colour.get(name, np.full(nearest.shape, NONE))
            judge = _Judge(
                measured,
                nearest[:, :, place],
                in_colour[:, :, place],
                thresholds[name].among(size),
            )
            yield judge.row(name, size, bag, log_odds)


class _Judge:
    """Levels in catalogues of one size: of the nearest and the nearest in colour, (Q, draws)."""

    def __init__(
        self,
        measured: Measured,
        nearest: NDArray[np.int64],
        in_colour: NDArray[np.int64],
        chosen: levels.Levels,
    ) -> None:
        self._measured, self._nearest, self._chosen = measured, nearest, chosen
        self._in_colour = in_colour

    def row(
        self,
        name: str,
        size: int,
        bag: NDArray[np.bool_] | None,
        log_odds: NDArray[np.float64] | None,
    ) -> Levels:
        measured, others = self._measured, self._measured.of(ARE_OTHERS)
        bags = measured.bags
        return Levels(
            kind=name,
            items=size,
            bags=int(bags.sum()),
            others=int(others.sum()),
            no_bag_auc=None
            if log_odds is None
            else round(auc(log_odds[bags], log_odds[others]), 4),
            distance_auc=round(auc(-self._nearest[bags, 0], -self._nearest[others, 0]), 4),
            bags_unlike=self._share(bags, Level.UNLIKE, bag),
            others_unlike=self._share(others, Level.UNLIKE, bag),
            bags_unlike_by_distance=self._share(bags, Level.UNLIKE, None),
            others_unlike_by_distance=self._share(others, Level.UNLIKE, None),
            wrong_same_picture=self._share(measured.unrelated, Level.SAME_PICTURE, None, 5),
            left_out_same_picture=self._share(measured.of([LEFT_OUT]), Level.SAME_PICTURE, None, 5),
            edits_same_picture=self._share(measured.of([EDIT]), Level.SAME_PICTURE, None),
        )

    def _share(
        self,
        which: NDArray[np.bool_],
        level: Level,
        bag: NDArray[np.bool_] | None,
        digits: int = 4,
    ) -> float:
        """Return the share of some pictures' answers that have a level; 0 of none."""
        verdicts = [
            self._level(distance, in_colour, None if bag is None else bool(bag[query])) == level
            for query in np.flatnonzero(which)
            for distance, in_colour in zip(
                self._nearest[query].tolist(), self._in_colour[query].tolist(), strict=True
            )
        ]
        return round(float(np.mean(verdicts)), digits) if verdicts else 0.0

    def _level(self, distance: int, in_colour: int, bag: bool | None) -> Level:
        """Return the higher of the levels of both."""
        if self._chosen.level(in_colour, bag=bag, same_colours=True) is Level.SAME_PICTURE:
            return Level.SAME_PICTURE
        return self._chosen.level(distance, bag=bag)


def auc(high: NDArray[np.number], low: NDArray[np.number]) -> float:
    """Return how often one of `high` is above one of `low`, 0 to 1; equal ones count half."""
    ordered = np.sort(low)
    below = np.searchsorted(ordered, high, side="left")
    not_above = np.searchsorted(ordered, high, side="right")
    return float((below + not_above).mean() / 2 / len(low))


def chosen_sense(measured: Measured) -> BagSense:
    """Find the weights that tell bags from other things; without the kind, those shipped."""
    if measured.summaries is None:
        return bag_sense.shipped()
    bags, others = measured.of(ARE_BAGS), measured.of(ARE_OTHERS)
    # Of a bag the part that was cut out, of anything else both: no part of it is a bag.
    shown = np.concatenate(
        [measured.summaries[bags, 1], measured.summaries[others].reshape(-1, 320)]
    )
    weights, bias = fitted(shown, np.arange(len(shown)) < bags.sum())
    return BagSense(weights, bias)


def chosen_thresholds(measured: Measured) -> dict[str, Thresholds]:
    """Find the thresholds that keep what levels promise, of every ranking."""
    unrelated, others = measured.unrelated, measured.of(ARE_OTHERS)
    found = {}
    for name, nearest in measured.nearest.items():
        curve = _curve(nearest[unrelated], _WRONG_SAME_PICTURES, measured.items)
        most = _limit(measured, nearest)
        same_in_colour = None
        if name in measured.in_colour:
            same_in_colour = _limit(measured, measured.in_colour[name])
        found[name] = Thresholds(
            replace(curve, most=most),
            _curve(nearest[others], _CLOSE_OTHERS, measured.items),
            # Half a unit more, for the same reason as in `_limit`: these are to be within.
            _curve(nearest[measured.bags] + 0.5, _BAGS_OF_SAME_LOOK, measured.items),
            same_in_colour,
        )
    return found


def _limit(measured: Measured, nearest: NDArray[np.int64]) -> float:
    """Return below which distance hardly any photo that is left out finds something.

    Half a unit less: where distances are few whole numbers, many are at the limit.
    """
    of_left_out = nearest[measured.of([LEFT_OUT])][:, 0, -1]
    limit = float(np.quantile(of_left_out, _SAME_OF_LEFT_OUT, method="lower")) - 0.5
    return round(_MARGIN * limit, 1)


def _curve(nearest: NDArray[np.number], share: float, items: int) -> Threshold:
    """Fit a power of the size to the distance that a share of answers comes up to."""
    of_sizes = np.array(sizes(items))
    at = np.quantile(nearest.reshape(-1, len(of_sizes)), share, axis=0, method="lower")
    if len(of_sizes) == 1:
        return Threshold(float(at[-1]), 1.0)
    # Distances are whole numbers: what is below one is 0, of which there is no logarithm.
    slope, value = np.polyfit(np.log10(of_sizes / NAMED_AT), np.log10(np.maximum(at, 0.5)), 1)
    return Threshold(round(10 ** float(value), 1), round(min(1.0, 10 ** float(slope)), 4))
