"""Where a part is on the picture: its polygons drawn into a window of coverage and slopes."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

from webapp.lab.demo.camera import Camera
from webapp.lab.demo.curves import Points
from webapp.lab.demo.parts import Part
from webapp.lab.demo.textures import Field

_SUPERSAMPLING = 3
_MIN_COVERAGE_LEVELS = 2  # of 255; less coverage is not drawn
_SHADOW_PER_LIFT = 3.0  # room around a part for its shadow, in units of its lift


@dataclass(frozen=True, slots=True)
class Stamp:
    """A window of the canvas at (x, y) with a part's coverage.

    `grey`: coverage, 0 to 255. `coded_slopes`: the slopes of polygons that face different ways,
    coded as colours; None for a part that faces the viewer.
    """

    x: int
    y: int
    grey: Image.Image
    coded_slopes: Image.Image | None = None

    @property
    def window(self) -> tuple[slice, slice]:
        """The window's rows and columns of the canvas."""
        return slice(self.y, self.y + self.grey.height), slice(self.x, self.x + self.grey.width)

    def mask(self) -> Field:
        """Return the coverage, 0 to 1, (rows, columns)."""
        return np.asarray(self.grey, dtype=np.float32) * np.float32(1 / 255)

    def inside(self) -> npt.NDArray[np.signedinteger[Any]]:
        """Return the places in the flattened window that the part covers."""
        return np.flatnonzero(np.asarray(self.grey) > _MIN_COVERAGE_LEVELS)

    def slopes(self, places: npt.NDArray[np.signedinteger[Any]]) -> tuple[Field, Field]:
        """Return the polygons' slopes, x and y, at places of the flattened window."""
        if self.coded_slopes is None:
            flat = np.zeros(len(places), dtype=np.float32)
            return flat, flat
        coded = np.asarray(self.coded_slopes).reshape(-1, 3)[places].astype(np.float32)
        scale = 255 / np.maximum(coded[:, 2], 4)
        x = np.clip((coded[:, 0] * scale - 128) / 127, -0.97, 0.97)
        y = np.clip((coded[:, 1] * scale - 128) / 127, -0.97, 0.97)
        z = np.sqrt(np.maximum(1 - x * x - y * y, np.float32(0.05)))
        return x / z, y / z


def stamp(part: Part, camera: Camera, size: int) -> Stamp | None:
    """Draw a part's polygons; None where they are outside the canvas or below 3 pixels."""
    shapes = _project(part.shapes, camera)
    every = np.concatenate(shapes)
    pad = 4 + int(part.lift * camera.scale * _SHADOW_PER_LIFT)
    low = np.maximum(np.floor(every.min(axis=0)).astype(int) - pad, 0)
    high = np.minimum(np.ceil(every.max(axis=0)).astype(int) + pad, size)
    width, height = (int(v) for v in high - low)
    if min(width, height) < 3:
        return None
    fine = [(shape - low) * _SUPERSAMPLING for shape in shapes]
    if part.facing is not None:
        grey, slopes = _turned(part, part.facing, fine, camera, (width, height))
        return Stamp(int(low[0]), int(low[1]), grey, slopes)
    image = Image.new("L", (width * _SUPERSAMPLING, height * _SUPERSAMPLING))
    pen = ImageDraw.Draw(image)
    for shape in fine:
        pen.polygon(shape.ravel().tolist(), fill=255)
    for hole in _project(part.holes, camera):
        pen.polygon(((hole - low) * _SUPERSAMPLING).ravel().tolist(), fill=0)
    return Stamp(int(low[0]), int(low[1]), image.reduce(_SUPERSAMPLING))


def _project(shapes: tuple[Points, ...], camera: Camera) -> list[Points]:
    if not shapes:
        return []
    ends = np.cumsum([len(shape) for shape in shapes])[:-1]
    return list(np.split(camera.project(np.concatenate(shapes)), ends))


def _turned(
    part: Part, facing: Points, fine: list[Points], camera: Camera, size: tuple[int, int]
) -> tuple[Image.Image, Image.Image]:
    """Return coverage and slopes of polygons that face different ways, drawn from back to front."""
    seen = facing @ camera.rotation().T
    seen = np.where(seen[:, 2:] < 0, -seen, seen)
    coded = (seen[:, :2] * 127 + 128).astype(int).tolist()
    order = np.argsort(
        [float(d) for d in camera.depth(np.stack([shape.mean(axis=0) for shape in part.shapes]))]
    )
    image = Image.new("RGB", (size[0] * _SUPERSAMPLING, size[1] * _SUPERSAMPLING))
    pen = ImageDraw.Draw(image)
    for k in order:
        pen.polygon(fine[k].ravel().tolist(), fill=(*coded[k], 255))
    small = image.reduce(_SUPERSAMPLING)
    return small.getchannel(2), small.filter(ImageFilter.BoxBlur(2))
