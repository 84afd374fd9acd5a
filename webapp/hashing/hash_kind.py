"""What a hash kind is: a row of the table, and how its queries try harder."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from webapp.hashing.picture_features import PictureFeatures

Bits = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class TriesHarder:
    """More readings of a query: mirrored, turned, as a crop of something larger.

    `query_codes` makes the codes that the fingerprint of a query carries for them, `count` of them,
    the kind's own views first, shape (C, bits). `readings` makes every reading from these: a phrase
    for each, empty where the picture is taken as it is, and their codes, shape (R, bits).
    """

    count: int
    query_codes: Callable[[PictureFeatures], Bits]
    readings: Callable[[Bits], tuple[tuple[str, ...], Bits]]


@dataclass(frozen=True, slots=True)
class Attention:
    """What hiding each part of a photo did to its code, all of shape (rows, columns).

    `turned`: how many bits of its code turned. `farther`: by how many bits it thereby came to be
    farther from the code it was compared with, or nearer where negative. `known`: which parts
    were hidden before time was up.
    """

    turned: NDArray[np.int64]
    farther: NDArray[np.int64]
    known: NDArray[np.bool_]

    @property
    def complete(self) -> bool:
        """Whether all parts were hidden in time."""
        return bool(self.known.all())


@dataclass(frozen=True, slots=True)
class HashKind:
    """A named perceptual hash.

    `compute` gives the bits of `views` codes, shape (views, bits): a kind may know a picture by
    several views of it, the nearest of which counts. `tries_harder` is how a query is read in
    more ways than those. `revision` grows when a kind of our own changes its bits.

    `shape` is how a code's bits are laid out, rows by columns, and `drawing` how they are shown:
    as the cells of a grid, or as one bar for each row. `light` says that a set bit is a lighter
    cell, so that the unset ones are drawn dark. `places` says that the cells of the grid are
    places in the picture; where they are waves across it, `relief` draws what a code's bits hold
    of it. `inset` is how far, in cells, the grid keeps from the picture's edges, down and across,
    at either side. `view_names` says what each of several views is of.

    `attention` finds which parts of a picture its code hangs on, where bits are no places, by
    comparing it with another's bits (bits,); it takes a moment.

    `slack`: so many bits may differ between machines that round otherwise. `extra` names the
    optional requirement that brings what the kind needs, if it needs more than the others;
    `installed` says whether that is there.

    `tag` names the kind inside a fingerprint's link and is never given to another kind.
    """

    name: str
    label: str
    description: str
    tag: int
    shape: tuple[int, int]
    compute: Callable[[PictureFeatures], Bits]
    views: int = 1
    tries_harder: TriesHarder | None = None
    revision: int = 0
    drawing: Literal["grid", "bars"] = "grid"
    light: bool = False
    libraries: tuple[str, ...] = ("ImageHash", "pillow")
    places: bool = False
    inset: tuple[float, float] = (0.0, 0.0)
    relief: Callable[[Bits], NDArray[np.floating]] | None = None
    view_names: tuple[str, ...] = ("the whole picture",)
    attention: Callable[[Image.Image, Bits], Attention] | None = None
    slack: int = 0
    extra: str = ""
    installed: bool = True

    @property
    def bits(self) -> int:
        """Length of a code in bits."""
        return self.shape[0] * self.shape[1]

    @property
    def bytes(self) -> int:
        """Length of one view's packed code in bytes; the bits beyond `bits` are zero."""
        return -(-self.bits // 8)

    @property
    def remedy(self) -> str:
        """How to get a kind that is not installed."""
        return f"pip install 'hashbag[{self.extra}]', then run `hashbag index`"

    def versions(self) -> str:
        """Name the libraries that decide this kind's bits, with their versions."""
        own = [f"{self.name} {self.revision}"] if self.revision else []
        return ", ".join([*own, *(f"{name} {version(name)}" for name in self.libraries)])
