"""Search quality, measured on any catalogue: is the right item found, and at what cost?"""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from webapp.catalog.reader import Catalog
from webapp.lab.evaluation import (
    another_photo,
    cost,
    hard_negatives,
    same_look,
    same_picture,
    same_sort,
)
from webapp.lab.evaluation.confusion import confusion
from webapp.lab.evaluation.gallery import Gallery, Half, build
from webapp.lab.evaluation.heatmap import heat_map
from webapp.lab.evaluation.rows import (
    TESTS,
    AnotherPhoto,
    Cost,
    EvaluationRow,
    HardNegatives,
    Progress,
    SameLook,
    SamePicture,
    SameSort,
    Where,
    to_json,
)
from webapp.lab.evaluation.systems import chosen
from webapp.lab.evaluation.tables import to_text

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
    ones, on which parameters were tuned, or the odd ones.
    """

    kinds: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    sample: int = 200
    seed: int = 0
    half: Half = "all"
    jobs: int = 1


def evaluate(catalog: Catalog, options: Options) -> Iterator[Progress | EvaluationRow]:
    """Run the chosen tests; yield progress and, after each test, its rows.

    Raises:
        BadParameter: there is no system of a name, or none of them is installed.
        IndexNotReady: the catalogue is empty, or some items lack a code.
        UnreadableImage: a photo is missing or damaged.
    """
    systems = chosen(options.kinds)
    with tempfile.TemporaryDirectory(prefix="hashbag-evaluate-") as folder:
        for step in build(catalog, Path(folder), systems, options.jobs):
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
        Where.test: another_photo.measure_where(photos, options.half, seed, jobs),
    }
    for test in options.tests or measured:
        yield from measured[test]
