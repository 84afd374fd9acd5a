"""Search quality, measured on any catalogue: is the right item found, and at what cost?"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from webapp.atomic_files import write_atomically
from webapp.catalog.reader import Catalog
from webapp.hashing.bag_sense import shipped as shipped_sense
from webapp.hashing.kinds import KINDS
from webapp.lab.evaluation import (
    another_photo,
    calibration,
    cost,
    hard_negatives,
    levels,
    levels_picture,
    listed_twice,
    other_shots,
    same_look,
    same_picture,
    same_sort,
)
from webapp.lab.evaluation.asked_pictures import asked_of_the_rest, asked_pictures
from webapp.lab.evaluation.confusion import confusion
from webapp.lab.evaluation.gallery import Gallery, Half, Photo, build
from webapp.lab.evaluation.heatmap import heat_map
from webapp.lab.evaluation.rows import (
    TESTS,
    AnotherPhoto,
    Cost,
    EvaluationRow,
    HardNegatives,
    Levels,
    OtherShots,
    Progress,
    SameLook,
    SamePicture,
    SameSort,
    Where,
    to_json,
)
from webapp.lab.evaluation.systems import chosen
from webapp.lab.evaluation.tables import to_text
from webapp.search.levels import shipped as shipped_thresholds

__all__ = [
    "TESTS",
    "EvaluationRow",
    "Options",
    "Progress",
    "confusion",
    "evaluate",
    "heat_map",
    "to_json",
    "to_text",
]


@dataclass(frozen=True, slots=True)
class Options:
    """What to evaluate, and on which photos; the gallery is always the whole catalogue.

    `kinds`: names of systems, `tests`: of tests; empty for all. `sample`: how many photos are
    queries. `half`: of all photos by file name, only every other one may be a query: the even
    ones, on which parameters were tuned, or the odd ones. `bags` and `others`: folders or lists of
    photos of bags and of other things, to measure levels with. `calibrate`: the folder to write
    the thresholds to that levels should have, by the photos asked; they are then judged.
    `levels_picture`: the file to draw what levels rest on to, as SVG.
    """

    kinds: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    sample: int = 200
    seed: int = 0
    half: Half = "all"
    jobs: int = 1
    bags: Path | None = None
    others: Path | None = None
    calibrate: Path | None = None
    levels_picture: Path | None = None

    @property
    def tests_to_run(self) -> tuple[str, ...]:
        """The tests chosen, or all; without levels, which are of all kinds, if kinds are chosen."""
        return self.tests or tuple(test for test in TESTS if test != Levels.test or not self.kinds)


def evaluate(catalog: Catalog, options: Options) -> Iterator[Progress | EvaluationRow]:
    """Run the chosen tests; yield progress and, after each test, its rows.

    Raises:
        BadParameter: there is no system of a name, or none of them is installed.
        ImportListError: the photos of bags or of other things cannot be listed.
        IndexNotReady: the catalogue is empty, or some items lack a code.
        OSError: what was calibrated cannot be written.
        UnreadableImage: a photo is missing or damaged.
    """
    systems = chosen(options.kinds)
    with tempfile.TemporaryDirectory(prefix="hashbag-evaluate-") as folder:
        kinds = tuple(KINDS) if Levels.test in options.tests_to_run else ()
        for step in build(catalog, Path(folder), systems, options.jobs, kinds):
            if isinstance(step, Gallery):
                yield from _tests(catalog, step, options)
            else:
                yield step


def _tests(
    catalog: Catalog, gallery: Gallery, options: Options
) -> Iterator[Progress | EvaluationRow]:
    seed, jobs = options.seed, options.jobs
    photos = gallery.sample(options.half, options.sample, seed)
    # Few items come in another colour too, so all of the half are queries, not a sample.
    half = set(gallery.half(options.half).tolist())
    measured: dict[str, Iterator[Progress | EvaluationRow]] = {
        Cost.test: cost.measure(gallery, photos),
        SamePicture.test: same_picture.measure(gallery, photos, seed, jobs),
        SameLook.test: same_look.measure(gallery, photos, seed, jobs),
        HardNegatives.test: hard_negatives.measure(catalog, gallery, half, seed, jobs),
        SameSort.test: same_sort.measure(gallery, options.half, options.sample, seed, jobs),
        AnotherPhoto.test: another_photo.measure(gallery, photos, options.half, seed, jobs),
        OtherShots.test: other_shots.measure(
            gallery, other_shots.sample(catalog, gallery, half, options.sample, seed), seed, jobs
        ),
        Levels.test: _levels(gallery, photos, options),
        Where.test: another_photo.measure_where(photos, options.half, seed, jobs),
    }
    for test in options.tests_to_run:
        yield from measured[test]


def _levels(
    gallery: Gallery, photos: list[Photo], options: Options
) -> Iterator[Progress | EvaluationRow]:
    yield from listed_twice.number_pictures(gallery, options.jobs)
    asked = asked_pictures(photos, options.bags, options.others, options.half, options.seed)
    asked += asked_of_the_rest(photos, options.half, options.seed)
    for step in levels.ask_all(gallery, asked, options.jobs):
        if isinstance(step, Progress):
            yield step
            continue
        sense, thresholds = shipped_sense(), dict(shipped_thresholds())
        if options.calibrate:
            sense = levels.chosen_sense(step)
            thresholds |= levels.chosen_thresholds(step)
            calibration.write(options.calibrate, thresholds, sense)
        if options.levels_picture and levels_picture.RANKING in step.nearest:
            drawn = levels_picture.draw(step, thresholds[levels_picture.RANKING], sense)
            write_atomically(options.levels_picture, drawn.encode())
        yield from levels.rows(step, thresholds, sense)
