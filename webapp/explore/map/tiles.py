"""Drawing the mosaic's tiles from thumbnails."""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image, ImageOps

from webapp.exceptions import MapNotDrawn
from webapp.explore.map.pyramid import CELL, TILE, Pyramid

# What a photo leaves free on each side of its cell.
_MARGIN = CELL // 16
_HALF = TILE // 2

# White, like the ground of most photos: pages multiply it with their mat's colour.
_GROUND = "white"

# Of each level of grey, whether it is told from white.
_IS_SEEN = [255 if grey < 246 else 0 for grey in range(256)]

Tile = tuple[int, bytes]
"""A tile's number, and its picture as WebP."""


class TilePainter:
    """Paints all tiles of a pyramid, each from the four below it; `photos` by cell."""

    def __init__(self, pyramid: Pyramid, photos: Sequence[Path]) -> None:
        self._pyramid = pyramid
        self._photos = photos

    def paint(self) -> Iterator[Tile]:
        """Yield every tile once, a tile after those that it is made from.

        Raises:
            MapNotDrawn: a thumbnail is missing or damaged.
        """
        yield from self._paint(0, 0, 0, Image.new("RGB", (TILE, TILE)))

    def _paint(self, level: int, x: int, y: int, canvas: Image.Image) -> Iterator[Tile]:
        """Paint one tile onto the canvas, after yielding all tiles below it."""
        canvas.paste(_GROUND, (0, 0, TILE, TILE))
        if level == self._pyramid.last:
            self._paint_cells(x, y, canvas)
        else:
            below = Image.new("RGB", (TILE, TILE))
            for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
                if self._pyramid.number(level + 1, 2 * x + dx, 2 * y + dy) is not None:
                    yield from self._paint(level + 1, 2 * x + dx, 2 * y + dy, below)
                    canvas.paste(below.reduce(2), (dx * _HALF, dy * _HALF))
        number = self._pyramid.number(level, x, y)
        assert number is not None, "only tiles that exist are painted"
        yield number, _encoded(canvas)

    def _paint_cells(self, x: int, y: int, canvas: Image.Image) -> None:
        per_tile = self._pyramid.cells_per_tile(self._pyramid.last)
        for across in range(per_tile):
            for down in range(per_tile):
                column, row = x * per_tile + across, y * per_tile + down
                cell = row * self._pyramid.columns + column
                if column < self._pyramid.columns and cell < self._pyramid.count:
                    photo = _fitted(self._photos[cell])
                    free = CELL - photo.width, CELL - photo.height
                    canvas.paste(photo, (across * CELL + free[0] // 2, down * CELL + free[1] // 2))


def _fitted(path: Path) -> Image.Image:
    inner = CELL - 2 * _MARGIN
    try:
        with Image.open(path) as thumb:
            return ImageOps.contain(_trimmed(thumb.convert("RGB")), (inner, inner))
    except OSError as error:
        raise MapNotDrawn(
            f"a thumbnail is missing or damaged, import its photo again: {error}"
        ) from error


def _trimmed(photo: Image.Image) -> Image.Image:
    """Cut off white margins, which small cells have no room for."""
    box = photo.convert("L").point(_IS_SEEN).getbbox()
    return photo.crop(box) if box else photo


def _encoded(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "WEBP", quality=80, method=2)
    return out.getvalue()
