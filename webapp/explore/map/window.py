"""The part of the map that a page shows without scripts: some tiles of one level."""

from collections.abc import Iterator
from dataclasses import dataclass

from webapp.explore.map.pyramid import Pyramid

MAX_TILES_ACROSS, MAX_TILES_DOWN = 4, 3


@dataclass(frozen=True, slots=True)
class Block:
    """A block of cells: columns from `left` to before `right`, rows `top` to before `bottom`."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def centre(self) -> tuple[float, float]:
        """The middle, in cells from the left and from the top of the map."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def cells(self, columns: int, count: int) -> Iterator[int | None]:
        """Yield the numbers of its cells row by row; None where the mosaic has no cell."""
        for row in range(self.top, self.bottom):
            for column in range(self.left, self.right):
                cell = row * columns + column
                yield cell if column < columns and cell < count else None


@dataclass(frozen=True, slots=True)
class TileAt:
    """The column and row of a tile in its level, and the cells that it shows."""

    x: int
    y: int
    block: Block


@dataclass(frozen=True)
class Window:
    """Up to 4 by 3 tiles of one level; `left` and `top` are the column and row of the first."""

    pyramid: Pyramid
    level: int
    left: int
    top: int

    @property
    def across(self) -> int:
        """How many tiles are in a row."""
        return min(MAX_TILES_ACROSS, self.pyramid.size(self.level)[0])

    @property
    def down(self) -> int:
        """How many rows of tiles there are."""
        return min(MAX_TILES_DOWN, self.pyramid.size(self.level)[1])

    @property
    def tiles(self) -> list[TileAt]:
        """Its tiles, row by row."""
        per_tile = self.pyramid.cells_per_tile(self.level)
        return [
            TileAt(x, y, Block(x * per_tile, y * per_tile, (x + 1) * per_tile, (y + 1) * per_tile))
            for y in range(self.top, self.top + self.down)
            for x in range(self.left, self.left + self.across)
        ]

    @property
    def block(self) -> Block:
        """All cells that it shows; at the edges of the map, some that are none."""
        per_tile = self.pyramid.cells_per_tile(self.level)
        right, bottom = self.left + self.across, self.top + self.down
        return Block(self.left * per_tile, self.top * per_tile, right * per_tile, bottom * per_tile)

    @property
    def is_last(self) -> bool:
        """Whether cells are as large as they get."""
        return self.level == self.pyramid.last

    @property
    def centre(self) -> tuple[float, float]:
        """The middle, in cells from the left and from the top of the map."""
        return self._centre_moved(0, 0)

    def moved(self, right: int, down: int) -> tuple[float, float] | None:
        """Return the centre of the window moved by half its size; None at the edge of the map.

        `right` and `down` are -1, 0 or 1.
        """
        centre = self._centre_moved(right, down)
        return centre if window(self.pyramid, self.level, *centre) != self else None

    def _centre_moved(self, right: int, down: int) -> tuple[float, float]:
        half = self.pyramid.cells_per_tile(self.level) / 2
        return (
            half * (2 * self.left + self.across * (1 + right)),
            half * (2 * self.top + self.down * (1 + down)),
        )


def window(pyramid: Pyramid, level: float, x: float, y: float) -> Window:
    """Return the window around a point, given in cells, rounded to a level and to whole tiles.

    At an edge of the map, the point is not in the middle.
    """
    rounded = max(0, min(pyramid.last, round(level)))
    per_tile = pyramid.cells_per_tile(rounded)
    across, down = pyramid.size(rounded)
    return Window(
        pyramid,
        rounded,
        _first_tile(x / per_tile, min(MAX_TILES_ACROSS, across), across),
        _first_tile(y / per_tile, min(MAX_TILES_DOWN, down), down),
    )


def overview(pyramid: Pyramid) -> Window:
    """Return the window of the last level at which it shows the whole map."""
    fitting = [
        level
        for level in range(pyramid.last + 1)
        if pyramid.size(level)[0] <= MAX_TILES_ACROSS and pyramid.size(level)[1] <= MAX_TILES_DOWN
    ]
    return Window(pyramid, fitting[-1], 0, 0)


def _first_tile(centre: float, shown: int, total: int) -> int:
    return max(0, min(total - shown, round(centre - shown / 2)))
