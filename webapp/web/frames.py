"""Where bags were found in an upload, in JSON, in addresses and in words."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from webapp.exceptions import BadParameter
from webapp.hashing.bag_finder import MOST_FRAMES, Frame
from webapp.pictures.regions import region
from webapp.web.parameter import Args, Parameter

PARAMETER = "frame"

_DECIMALS = 3  # a thousandth of a photo is less than the bag finder knows


def numbers(frame: Frame) -> list[float]:
    """Return x, y, width and height, as fractions of the picture, as an API answer has them."""
    x, y = round(frame.x, _DECIMALS), round(frame.y, _DECIMALS)
    # Rounded, it may not reach beyond the picture: it can be sent back as `crop`.
    width, height = min(frame.width, 1 - x), min(frame.height, 1 - y)
    return [x, y, round(width, _DECIMALS), round(height, _DECIMALS)]


def in_address(frames: Sequence[Frame]) -> list[str]:
    """Write frames as values of `PARAMETER`."""
    return [",".join(f"{number:g}" for number in numbers(frame)) for frame in frames]


def from_address(args: Args) -> tuple[Frame, ...]:
    """Read the frames of an upload from the address of its result.

    Raises:
        BadParameter: one is no region inside a picture, or there are too many.
    """
    texts = args.getlist(PARAMETER)
    if len(texts) > MOST_FRAMES:
        raise BadParameter(PARAMETER, f"give at most {MOST_FRAMES}, not {len(texts)}")
    return tuple(_read(text) for text in texts)


def _read(text: str) -> Frame:
    try:
        x, y, width, height = (float(part) for part in text.split(","))
    except ValueError as error:
        raise BadParameter(PARAMETER, "must be x,y,w,h as fractions from 0 to 1") from error
    inside = 0 <= x < 1 and 0 <= y < 1 and x + width <= 1.001 and y + height <= 1.001
    if not (inside and width > 0 and height > 0):
        raise BadParameter(PARAMETER, "must be a region inside the picture, from 0 to 1")
    return Frame(x, y, width, height)


@dataclass(frozen=True, slots=True)
class ShownFrame:
    """A frame as a page shows it: in whole percent of the picture, and the margins around it."""

    left: int
    top: int
    width: int
    height: int

    @property
    def place(self) -> str:
        """Where in the picture it is, in words; empty where it is spread over it."""
        inside = np.zeros((100, 100))
        inside[self.top : self.top + self.height, self.left : self.left + self.width] = 1
        return region(inside)

    @property
    def cuts(self) -> dict[str, int]:
        """The upload form's fields that cut a picture to this frame."""
        right, bottom = 100 - self.left - self.width, 100 - self.top - self.height
        sides = {"left": self.left, "top": self.top, "right": right, "bottom": bottom}
        return {f"cut_{side}": percent for side, percent in sides.items() if percent > 0}


def shown(frames: Sequence[Frame]) -> list[ShownFrame]:
    """Return frames as a page shows them."""
    return [
        ShownFrame(
            left := round(100 * one.x),
            top := round(100 * one.y),
            max(1, min(100, round(100 * (one.x + one.width))) - left),
            max(1, min(100, round(100 * (one.y + one.height))) - top),
        )
        for one in frames
    ]


FRAME = Parameter(
    PARAMETER,
    {"type": "array", "maxItems": MOST_FRAMES, "items": {"type": "string"}},
    from_address,
    "Where bags were found in the upload, for the answer to tell: x,y,w,h.",
)
