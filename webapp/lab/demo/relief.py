"""The height of a part's surface, in pixels: rounded rim, swelling, folds."""

import numpy as np
from PIL import Image, ImageDraw

from webapp.lab.demo.camera import Camera
from webapp.lab.demo.light import blurred, soften
from webapp.lab.demo.parts import Part
from webapp.lab.demo.stamp import Stamp
from webapp.lab.demo.textures import Field

_FOLD_REDUCTION = 4  # folds are smooth enough to be drawn at a quarter of the size
_SWELL_REDUCTION = 12


def _profile(level: Field) -> tuple[Field, Field]:
    """Return how far inside the rim, 0 to 1, and the height there, from blurred coverage."""
    inner = np.clip(level * 2 - 1, 0, 1).astype(np.float32)
    return inner, np.sqrt(np.float32(1.02) - (1 - inner) ** 2) * np.float32(0.8)


_INNER, _RISE = _profile(np.arange(256, dtype=np.float32) / 255)


def relief(part: Part, stamp: Stamp, camera: Camera) -> tuple[Field, Field]:
    """Return heights in pixels and how far inside the rim each place is, both (rows, columns)."""
    radius = max(1.5, part.edge * camera.scale)
    levels = np.asarray(blurred(stamp.grey, radius))
    inner, height = _INNER[levels], _RISE[levels] * np.float32(radius)
    if part.puff:
        height += _swelling(part, stamp)
    if part.folds:
        height -= _creases(part, stamp, camera)
    return height, inner


def _swelling(part: Part, stamp: Stamp) -> Field:
    """Return the height of a cushion: steep at the rim, flat in the middle."""
    wide = 0.36 * min(stamp.grey.size)
    coarse = np.asarray(stamp.grey.reduce(_SWELL_REDUCTION), dtype=np.float32) / 255
    rise = np.sin(soften(coarse, wide / _SWELL_REDUCTION) * np.float32(np.pi / 2))
    return enlarged(rise * np.float32(part.puff * wide), stamp.grey.size)


def _creases(part: Part, stamp: Stamp, camera: Camera) -> Field:
    columns, rows = stamp.grey.size
    total = np.zeros((rows // _FOLD_REDUCTION, columns // _FOLD_REDUCTION), dtype=np.float32)
    for width, deep in sorted({(fold.width, fold.depth) for fold in part.folds}):
        image = Image.new("L", (columns // _FOLD_REDUCTION, rows // _FOLD_REDUCTION))
        pen = ImageDraw.Draw(image)
        for fold in part.folds:
            if (fold.width, fold.depth) != (width, deep):
                continue
            path = (camera.project(fold.path) - (stamp.x, stamp.y)) / _FOLD_REDUCTION
            taper = np.sin(np.linspace(0.15, np.pi - 0.05, len(path) - 1)) ** 0.5
            for a, b, share in zip(path[:-1], path[1:], taper, strict=True):
                pen.line(
                    (*a, *b),
                    fill=int(255 * share),
                    width=max(1, int(width * camera.scale * share / 2 / _FOLD_REDUCTION)),
                )
        mask = np.asarray(image, dtype=np.float32) / 255
        soft = soften(mask, width * camera.scale * 0.9 / _FOLD_REDUCTION)
        total += soft * np.float32(deep * camera.scale * 2)
    return enlarged(total, stamp.grey.size)


def enlarged(field: Field, size: tuple[int, int]) -> Field:
    """Return a coarse field at full size (columns, rows), with smooth slopes."""
    return np.asarray(Image.fromarray(field).resize(size, Image.Resampling.BICUBIC))
