"""Where in a photo the bags are, as the network's head sees it place by place.

For photos with a real background alone: before a plain one margins say it better, and a cut would
only take away what the network expects around a thing. Needs the extra `learned`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from webapp.hashing import learned
from webapp.hashing.learned import session
from webapp.hashing.library_versions import installed_version

is_installed = learned.is_installed

NAME, REVISION = "bag finder", 2
"""The revision is increased when other frames are found."""

MOST_FRAMES = 4
"""More bags than this are a shop's shelf, where no frame is better than another."""

# Steps between the centres of two places; the frame is as exact as these.
_STEPS_PER_PLACE = 4

# A part of the picture is a bag where its probability is above this share of the highest: the
# middle of a bag is surer than its handle.
_SHARE_OF_HIGHEST = 0.1

# If no place is as probable as this, the picture shows no bag.
_MIN_PROBABILITY = 0.01

# A bag that takes more of the picture fills it: there is nothing to be cut off.
_MAX_AREA = 0.5

# Smaller parts, in places, are chance.
_MIN_AREA_PLACES = 1.0


@dataclass(frozen=True, slots=True)
class Frame:
    """A part of a picture, in fractions of its width and height."""

    x: float
    y: float
    width: float
    height: float

    @property
    def area(self) -> float:
        """The share of the picture that it takes, 0 to 1."""
        return self.width * self.height

    def inside(self, outer: "Frame") -> "Frame":
        """Return a frame of a part of a picture, `outer`, as a frame of that picture."""
        return Frame(
            outer.x + self.x * outer.width,
            outer.y + self.y * outer.height,
            self.width * outer.width,
            self.height * outer.height,
        )

    def box(self, width: int, height: int) -> tuple[int, int, int, int]:
        """Return left, top, right and bottom in pixels of a picture, at least one each way."""
        left = min(width - 1, int(self.x * width))
        top = min(height - 1, int(self.y * height))
        right = min(width, max(left + 1, round((self.x + self.width) * width)))
        bottom = min(height, max(top + 1, round((self.y + self.height) * height)))
        return left, top, right, bottom


WHOLE = Frame(0.0, 0.0, 1.0, 1.0)


def versions() -> str:
    """Name what decides where bags are found."""
    return f"{REVISION} by onnxruntime {installed_version('onnxruntime')}"


def find_bags(picture: Image.Image) -> tuple[Frame, ...]:
    """Return the frames of the bags in an upright RGB picture, largest first; none without a bag.

    Raises:
        LearnedUnusable: the weights or the runtime are not right.
    """
    return frames_of(session.where(picture))


def probability(picture: Image.Image) -> float:
    """Return how probable it is, 0 to 1, that a picture shows a bag at all.

    Raises:
        LearnedUnusable: the weights or the runtime are not right.
    """
    return session.whether(picture)


def frames_of(probabilities: NDArray[np.float32]) -> tuple[Frame, ...]:
    """Return the frames of the connected parts of a map of probabilities, (n, n), largest first."""
    highest = float(probabilities.max())
    if highest < _MIN_PROBABILITY:
        return ()
    steps = len(probabilities) * _STEPS_PER_PLACE
    fine = Image.fromarray(probabilities).resize((steps, steps), Image.Resampling.BILINEAR)
    parts = _connected(np.asarray(fine) > _SHARE_OF_HIGHEST * highest)
    large = [part for part in parts if len(part) >= _MIN_AREA_PLACES * _STEPS_PER_PLACE**2]
    large.sort(key=len, reverse=True)
    frames = tuple(_frame(part, steps) for part in large[:MOST_FRAMES])
    return frames if all(frame.area <= _MAX_AREA for frame in frames) else ()


def _frame(part: NDArray[np.intp], steps: int) -> Frame:
    top, left = part.min(axis=0).tolist()
    bottom, right = (part.max(axis=0) + 1).tolist()
    return Frame(left / steps, top / steps, (right - left) / steps, (bottom - top) / steps)


def _connected(mask: NDArray[np.bool_]) -> list[NDArray[np.intp]]:
    """Return the rows and columns, (n, 2), of each part of a mask; corners do not connect."""
    left_over = {(int(row), int(column)) for row, column in np.argwhere(mask)}
    parts = []
    while left_over:
        ahead = [left_over.pop()]
        part = []
        while ahead:
            row, column = ahead.pop()
            part.append((row, column))
            for down, along in ((-1, 0), (1, 0), (0, -1), (0, 1)):
                beside = row + down, column + along
                if beside in left_over:
                    left_over.remove(beside)
                    ahead.append(beside)
        parts.append(np.array(sorted(part)))
    return sorted(parts, key=lambda part: tuple(part[0]))
