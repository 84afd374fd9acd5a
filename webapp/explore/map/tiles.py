"""Drawing the tiles of the map from thumbnails."""

import io
from collections.abc import Iterator, Sequence

from PIL import Image, ImageOps

from webapp.exceptions import MapNotDrawn
from webapp.explore.map.pyramid import CELL_PIXELS, TILE_PIXELS, Pyramid
from webapp.storage import Storage

_MARGIN_PIXELS = CELL_PIXELS // 16
_HALF_TILE_PIXELS = TILE_PIXELS // 2

# White as the background of most photos; pages multiply it by the colour of their own.
_BACKGROUND = "white"

# 255 for each of 256 levels of grey that the eye can tell from white, else 0.
_VISIBLE = [255 if grey < 246 else 0 for grey in range(256)]

Tile = tuple[int, bytes]
"""The number of a tile and its picture, as a WebP file."""


class TilePainter:
    """Paints all tiles of a pyramid; `photos` are the keys of the thumbnails by cell.

    The tiles of the last level are made from photos, all others from the four tiles of the next
    level that show the same part.
    """

    def __init__(self, pyramid: Pyramid, photos: Sequence[str], storage: Storage) -> None:
        self._pyramid = pyramid
        self._photos = photos
        self._storage = storage

    def paint(self) -> Iterator[Tile]:
        """Yield every tile once, each after those that it is made from.

        Raises:
            MapNotDrawn: a thumbnail is missing or damaged.
        """
        yield from self._paint(0, 0, 0, Image.new("RGB", (TILE_PIXELS, TILE_PIXELS)))

    def _paint(self, level: int, x: int, y: int, canvas: Image.Image) -> Iterator[Tile]:
        """Paint a tile onto the canvas and yield it, after all tiles that it is made from."""
        canvas.paste(_BACKGROUND, (0, 0, TILE_PIXELS, TILE_PIXELS))
        if level == self._pyramid.last:
            self._paint_cells(x, y, canvas)
        else:
            below = Image.new("RGB", (TILE_PIXELS, TILE_PIXELS))
            for dx, dy in ((0, 0), (1, 0), (0, 1), (1, 1)):
                if self._pyramid.number(level + 1, 2 * x + dx, 2 * y + dy) is not None:
                    yield from self._paint(level + 1, 2 * x + dx, 2 * y + dy, below)
                    canvas.paste(below.reduce(2), (dx * _HALF_TILE_PIXELS, dy * _HALF_TILE_PIXELS))
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
                    photo = self._fitted(self._photos[cell])
                    free = CELL_PIXELS - photo.width, CELL_PIXELS - photo.height
                    canvas.paste(
                        photo,
                        (across * CELL_PIXELS + free[0] // 2, down * CELL_PIXELS + free[1] // 2),
                    )

    def _fitted(self, key: str) -> Image.Image:
        inner = CELL_PIXELS - 2 * _MARGIN_PIXELS
        try:
            with Image.open(self._storage.opened(key)) as thumb:
                return ImageOps.contain(_trimmed(thumb.convert("RGB")), (inner, inner))
        except OSError as error:
            raise MapNotDrawn(
                f"a thumbnail is missing or damaged, import its photo again: {error}"
            ) from error


def _trimmed(photo: Image.Image) -> Image.Image:
    """Cut off white margins, so that the bag fills its small cell."""
    box = photo.convert("L").point(_VISIBLE).getbbox()
    return photo.crop(box) if box else photo


def _encoded(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "WEBP", quality=80, method=2)
    return out.getvalue()
