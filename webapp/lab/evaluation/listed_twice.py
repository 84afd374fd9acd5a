"""Items that are listed twice: with one picture, though their files differ."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from webapp.hashing.preparation import prepare
from webapp.lab.evaluation.gallery import Gallery, Photo
from webapp.lab.evaluation.rows import Progress
from webapp.lab.evaluation.systems import open_kind
from webapp.processes import in_order

_PICTURES = "pictures.npy"

# The bag, its margins cut off, is compared in so many cells a side: the smallest have 40 pixels.
_SIDE_CELLS = 48

# In levels of 255. One photo at two sizes differs by five in the mean, two photos of one model by
# seven and more; a model photographed alike in two colours by less, if both are dark, but its
# colour then by more than two.
_MAX_DIFFERENCE, _MAX_TINT = 6.0, 2.0

# Where bags laid on each other differ by more, no fit helps.
_HOPELESS_DIFFERENCE = 30.0

# A cell is part of the bag if it differs from the background by more.
_BAG_LEVELS = 16

# The box is moved, and each of its sides, by 1/16 of its width, then half of that, and so on.
_FIRST_STEP, _LAST_STEP = 1 / 16, 1 / 400
_MOVES = np.array([(1, 0, 1, 0), (0, 1, 0, 1), *np.eye(4)])

# Pictures that are one have nearly one code of `shape`.
_KIND, _NEAREST = "shape", 5

Corners = NDArray[np.float64]
"""Left, top, right and bottom of a box, in pixels, (4,)."""
Cells = NDArray[np.float32]
"""The levels of a bag, (`_SIDE_CELLS`, `_SIDE_CELLS`, 3)."""


def number_pictures(gallery: Gallery, jobs: int) -> Iterator[Progress]:
    """Number the pictures of a gallery's items, for `pictures_in`; yield progress."""
    tasks = [(photo, _candidates(gallery, photo.position)) for photo in gallery.photos]
    pictures = gallery.copies.copy()
    for done, ((photo, _), same) in enumerate(in_order(_same_of, tasks, jobs), 1):
        for position in same:
            pictures[pictures == pictures[position]] = pictures[photo.position]
        yield Progress("find what is listed twice", done, len(tasks))
    np.save(gallery.folder / _PICTURES, pictures)


@cache
def pictures_in(folder: Path) -> NDArray[np.int64]:
    """Return a number for each item, equal for items with one picture, (M,)."""
    pictures: NDArray[np.int64] = np.load(folder / _PICTURES)
    return pictures


def _candidates(gallery: Gallery, position: int) -> list[Photo]:
    """Return the photos after this one that may be its picture in another file."""
    table = open_kind(_KIND, gallery.folder).table.whole
    distances = table.distances(table.codes_at(table.rows[position]))
    distances[gallery.copies == gallery.copies[position]] = table.bits + 1
    nearest = np.argsort(distances, kind="stable")[:_NEAREST].tolist()
    return [gallery.photos[other] for other in nearest if other > position]


def _same_of(task: tuple[Photo, Sequence[Photo]]) -> list[int]:
    photo, candidates = task
    if not candidates:
        return []
    image = photo.image()
    return [one.position for one in candidates if are_one_picture(image, one.image())]


def are_one_picture(one: Image.Image, other: Image.Image) -> bool:
    """Say whether two photos are one, but for size, place in the frame, and how they were saved.

    The bags are laid on each other, and moved and stretched until they fit best. They are one
    picture if the levels of their cells then differ by less than `_MAX_DIFFERENCE` in the mean, and
    the mean colours of the bags, apart from how light they are, by less than `_MAX_TINT`.
    """
    fixed, moved = _Shown.of(one), _Shown.of(other)
    cells = fixed.cells(fixed.box)
    fitted = _fit(cells, moved)
    if fitted is None or np.abs(fitted - cells).mean() >= _MAX_DIFFERENCE:
        return False
    bag = np.abs(cells - fixed.background).max(axis=2) > _BAG_LEVELS
    colour = (fitted - cells)[bag].mean(axis=0)
    return bool(np.abs(colour - colour.mean()).max() < _MAX_TINT)


@dataclass(frozen=True)
class _Shown:
    """A photo with room around it, the box of its bag, and its background, in levels, (3,)."""

    picture: Image.Image
    box: Corners
    background: NDArray[np.float32]

    @classmethod
    def of(cls, image: Image.Image) -> "_Shown":
        prepared = prepare(image)
        height, width = prepared.cells.shape
        room = max(image.size) // 8 + 1
        fill = tuple(int(level) for level in prepared.background)
        scale = np.array([image.width / width, image.height / height] * 2)
        box = np.array(prepared.boxes[-1]) * scale + room
        return cls(ImageOps.expand(image, room, fill), box, prepared.background)

    def cells(self, box: Corners) -> Cells:
        small = self.picture.resize(
            (_SIDE_CELLS, _SIDE_CELLS), Image.Resampling.BICUBIC, box=tuple(box.tolist())
        )
        return np.asarray(small, dtype=np.float32)

    def reaches(self, box: Corners) -> bool:
        left, top, right, bottom = box
        inside = min(left, top) >= 0 and right <= self.picture.width
        return bool(inside and bottom <= self.picture.height and left < right and top < bottom)


def _fit(cells: Cells, moved: _Shown) -> Cells | None:
    """Return the cells of the box that fit best; None if they do not fit at all."""
    box, best = moved.box, moved.cells(moved.box)
    least = np.abs(best - cells).mean()
    if least > _HOPELESS_DIFFERENCE:
        return None
    step = _FIRST_STEP
    while step > _LAST_STEP:
        better = False
        for move in (*_MOVES, *-_MOVES):
            tried = box + move * step * (moved.box[2] - moved.box[0])
            if not moved.reaches(tried):
                continue
            found = moved.cells(tried)
            difference = np.abs(found - cells).mean()
            if difference < least:
                box, best, least, better = tried, found, difference, True
        if not better:
            step /= 2
    return best
