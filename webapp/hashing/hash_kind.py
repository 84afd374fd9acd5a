"""What a hash kind is: one row of the table of kinds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from webapp.hashing import bag_finder
from webapp.hashing.bag_finder import WHOLE, Frame
from webapp.hashing.library_versions import installed_version
from webapp.hashing.picture_features import PictureFeatures

Bits = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class TriesHarder:
    """How a query is also read mirrored, turned, and as a crop of a larger picture.

    `query_codes` makes the codes that a query's fingerprint carries, shape (`count`, bits). The
    first of them are the views that an item has, too. `readings` makes all R readings from these
    codes: a phrase for each, empty for the picture as it is, and their codes, shape (R, bits).
    """

    count: int
    query_codes: Callable[[PictureFeatures], Bits]
    readings: Callable[[Bits], tuple[tuple[str, ...], Bits]]


@dataclass(frozen=True, slots=True)
class Attention:
    """What hiding each part of a photo does to its code; all of shape (rows, columns).

    `flipped`: how many bits of the code change. `added_distance`: how many bits the code is then
    farther from the code it is compared with; negative if nearer. `measured`: which parts were
    hidden before the time was up. `frame`: what of the photo has this code, and was parted; the bag
    alone, or all of it.
    """

    flipped: NDArray[np.int64]
    added_distance: NDArray[np.int64]
    measured: NDArray[np.bool_]
    frame: Frame = WHOLE

    @property
    def complete(self) -> bool:
        """Return whether there was time for all parts."""
        return bool(self.measured.all())


MeasuresAttention = Callable[[Image.Image, Bits, Bits], Attention]
"""Compares a picture, in the view that has the first code, with another picture's: both (bits,).

It must be a function of a module, so that it can be pickled.
"""


@dataclass(frozen=True, slots=True)
class HashKind:
    """A named perceptual hash.

    Computing:
        `compute` returns the codes of all views, shape (views, bits). A kind may have several views
        of a picture, such as the whole and the bag alone; the distance of two pictures is that of
        their nearest views. `view_names` says what each view shows. `tries_harder` adds readings to
        a query. `revision` grows when a kind of our own changes its bits. `slack` is by how many
        bits two machines may differ on the same picture, because they round differently.
        `sees_colour`: plain pictures of different colours have different codes.

    Drawing:
        `shape` is the layout of a code's bits, (rows, columns). `drawing` says whether they are
        drawn as the cells of a grid, or as one bar for each row. `places`: the cells are places in
        the picture. `light`: a set bit means a lighter cell. `inset` is the distance of the grid
        from the picture's edges, down and across, in cells. `relief` draws the picture's waves of
        light and dark that one code (bits,) describes; it returns heights, shape (16, 16).
        `attention` finds which parts of a picture decide its code; it takes about two seconds.

    Installing:
        `libraries` decide the bits; where a kind `cuts_out_bags`, the bag finder does too, if it is
        installed. `extra` names the optional requirement of the package that
        brings what this kind needs, and `installed` says whether it is there.

    `tag` identifies the bits of the kind inside a fingerprint's link: it changes where `revision`
    does, so that a link of before leaves them out, and nothing else may ever use it.
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
    cuts_out_bags: bool = False
    places: bool = False
    inset: tuple[float, float] = (0.0, 0.0)
    relief: Callable[[Bits], NDArray[np.floating]] | None = None
    view_names: tuple[str, ...] = ("the whole picture",)
    attention: MeasuresAttention | None = None
    slack: int = 0
    sees_colour: bool = False
    extra: str = ""
    installed: bool = True

    @property
    def bits(self) -> int:
        """Return the length of one view's code in bits."""
        return self.shape[0] * self.shape[1]

    @property
    def bytes(self) -> int:
        """Return the length of one view's packed code in bytes; spare bits at its end are 0."""
        return -(-self.bits // 8)

    @property
    def query_views(self) -> int:
        """Return how many views the code of a query has."""
        return self.tries_harder.count if self.tries_harder else self.views

    @property
    def remedy(self) -> str:
        """Return what to run to install this kind."""
        return f"pip install 'hashbag[{self.extra}]', then run `hashbag index`"

    def versions(self) -> str:
        """Name what decides this kind's bits: our revision, and the libraries with versions."""
        if not (self.cuts_out_bags and bag_finder.is_installed()):
            return self._own_versions()
        return f"{self._own_versions()}, {bag_finder.NAME} {bag_finder.versions()}"

    def _own_versions(self) -> str:
        own = [f"{self.name} {self.revision}"] if self.revision else []
        return ", ".join([*own, *(f"{name} {installed_version(name)}" for name in self.libraries)])

    def can_compare(self, versions: str) -> bool:
        """Say whether codes made by these versions can be compared with codes made here.

        They can where the bag was found otherwise or not at all: they are less good, not wrong.
        """
        return versions.partition(f", {bag_finder.NAME} ")[0] == self._own_versions()
