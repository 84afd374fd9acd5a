"""The pictures that levels are measured with: of bags, of other things, and of what is there."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path

import numpy as np
from PIL import Image

from webapp.catalog import import_list
from webapp.catalog.import_entries import ListedPhoto
from webapp.hashing.fingerprinting import EncodedPicture, decode
from webapp.lab import demo
from webapp.lab.evaluation import other_things
from webapp.lab.evaluation.edits import EDITS, IDENTITY, edited
from webapp.lab.evaluation.gallery import Half, Photo
from webapp.lab.evaluation.ranks import random_for
from webapp.lab.evaluation.same_picture import MAX_EDITED_PIXELS
from webapp.lab.evaluation.scenes import OBJECTS, PLACES, can_be_pasted, paste, photographs

BAG, SMALL_BAG, DRAWN_BAG, SCENE = "bag", "small bag", "drawn bag", "scene"
OTHER, DRAWN_OTHER = "other thing", "drawn other thing"
LEFT_OUT, EDIT = "left out", "edit"

ARE_BAGS = (BAG, SMALL_BAG, DRAWN_BAG, SCENE, LEFT_OUT)
"""The sorts that show a bag, as the bag sense is taught."""

ARE_OTHERS = (OTHER, DRAWN_OTHER)

# A list of everything that a shop sells says of some rows that they are bags.
_BAG_WORDS = frozenset({"bags", "wallets"})

_SMALL_PIXELS = 80  # as small as shops' thumbnails are
_MOST_OTHERS = 1200
_DRAWN_OTHERS, _DRAWN_BAGS = 150, 60
_SCENES_AND_EDITS = 300
_DEMO_ITEMS = 900


@dataclass(frozen=True, slots=True)
class Asked:
    """A picture to ask with: of which sort, the file it is in, and the item it is of, if any.

    `number` tells drawn pictures and edits apart. `half`: of which backgrounds it may be.
    """

    sort: str
    number: int
    seed: int
    half: Half
    path: Path | None = None
    photo: Photo | None = None

    def picture(self) -> Image.Image | None:
        """Return the picture, RGB and upright; None of a bag that cannot be cut out for a scene.

        Raises:
            UnreadableImage: its file is missing or damaged.
        """
        if self.sort == DRAWN_OTHER:
            return other_things.draw(self.number, self.seed)
        if self.sort == DRAWN_BAG:
            return demo.draw(_plan()[self.number % _DEMO_ITEMS])
        if self.photo is not None:
            return self._of_photo(self.photo.image())
        assert self.path is not None
        image = decode(EncodedPicture(self.path.read_bytes())).image
        if self.sort == SMALL_BAG:
            image.thumbnail((_SMALL_PIXELS, _SMALL_PIXELS))
        return image

    def _of_photo(self, image: Image.Image) -> Image.Image | None:
        if self.sort == SCENE:
            if not can_be_pasted(image):
                return None
            random = random_for(self.seed, self.number, SCENE)
            sort = (PLACES, OBJECTS)[random.integers(2)]
            return paste(image, photographs(sort, self.half), random).picture
        if self.sort == EDIT:
            edits = [name for name in EDITS if name != IDENTITY]
            image.thumbnail((MAX_EDITED_PIXELS, MAX_EDITED_PIXELS), Image.Resampling.LANCZOS)
            return edited(image, edits[self.number % len(edits)], self.seed, self.number)
        return image


@cache
def _plan() -> Sequence[demo.DrawnBag]:
    return demo.plan(_DEMO_ITEMS)


def asked_pictures(
    photos: Sequence[Photo], bags: Path | None, others: Path | None, half: Half, seed: int
) -> list[Asked]:
    """List what to ask: `photos` of the catalogue, and the photos of two folders or lists.

    Without `bags` or `others`, drawn ones alone. Of these too only every other one is of a half.

    Raises:
        ImportListError: a folder or list cannot be read.
    """
    of_bags = _half(_paths(bags), half)
    of_others = _half(_paths(others), half)
    if len(of_others) > _MOST_OTHERS:
        drawn = np.random.default_rng(seed).choice(len(of_others), _MOST_OTHERS, replace=False)
        of_others = [of_others[place] for place in np.sort(drawn)]
    shift = 1 if half == "odd" else 0  # no drawn picture is in both halves
    step = 1 if half == "all" else 2
    some = max(1, len(photos) // _SCENES_AND_EDITS)
    of_files: Mapping[str, Sequence[Path]] = {BAG: of_bags, SMALL_BAG: of_bags, OTHER: of_others}
    drawn_sorts = {DRAWN_OTHER: _DRAWN_OTHERS, DRAWN_BAG: _DRAWN_BAGS}
    return list(
        chain(
            (
                Asked(sort, number, seed, half, path=path)
                for sort, paths in of_files.items()
                for number, path in enumerate(paths)
            ),
            (
                Asked(sort, shift + step * number, seed, half)
                for sort, count in drawn_sorts.items()
                for number in range(count)
            ),
            (
                Asked(sort, number, seed, half, photo=photo)
                for sort in (SCENE, EDIT)
                for number, photo in enumerate(photos[::some])
            ),
        )
    )


def asked_of_the_rest(left_out: Sequence[Photo], half: Half, seed: int) -> list[Asked]:
    """List photos of the catalogue to ask of the rest of it."""
    return [
        Asked(LEFT_OUT, number, seed, half, photo=photo) for number, photo in enumerate(left_out)
    ]


def _half(paths: Iterator[Path], half: Half) -> list[Path]:
    every = sorted(paths)
    return {"all": every, "even": every[0::2], "odd": every[1::2]}[half]


def _paths(source: Path | None) -> Iterator[Path]:
    """Yield the photos of a folder or list, without those of rows that are said to be bags.

    A list in which all rows are is one of bags.
    """
    listed = (
        [one for one in import_list.read(source) if isinstance(one, ListedPhoto)] if source else []
    )
    not_bags = [one for one in listed if not _BAG_WORDS & set(_words(one.attributes))]
    return (one.path for one in (not_bags or listed))


def _words(attributes: Mapping[str, object]) -> Iterator[str]:
    for value in attributes.values():
        if isinstance(value, Mapping):
            yield from _words(value)
        elif isinstance(value, str):
            yield value.casefold()
