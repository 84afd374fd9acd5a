"""The part of the map that a page shows by itself: some tiles of one level."""

from collections.abc import Iterator
from dataclasses import dataclass

from webapp.explore.map.pyramid import Pyramid

ACROSS, DOWN = 4, 3


@dataclass(frozen=True, slots=True)
class Block:
    """Some cells of the mosaic: columns and rows, from the first to before the last."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def centre(self) -> tuple[float, float]:
        """The middle, in cells from the map's left and top."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def cells(self, columns: int, count: int) -> Iterator[int | None]:
        """Yield the numbers of its cells row by row; None where there is none."""
        for row in range(self.top, self.bottom):
            for column in range(self.left, self.right):
                cell = row * columns + column
                yield cell if column < columns and cell < count else None


@dataclass(frozen=True, slots=True)
class TileAt:
    """A tile's place in its level, and the cells on it."""

    x: int
    y: int
    block: Block


@dataclass(frozen=True)
class Window:
    """Up to 4 by 3 tiles of one level; `left` and `top` count tiles."""

    pyramid: Pyramid
    level: int
    left: int
    top: int

    @property
    def across(self) -> int:
        """How many tiles there are in a row."""
        return min(ACROSS, self.pyramid.size(self.level)[0])

    @property
    def down(self) -> int:
        """How many rows of tiles there are."""
        return min(DOWN, self.pyramid.size(self.level)[1])

    @property
    def tiles(self) -> list[TileAt]:
        """All tiles, row by row."""
        per_tile = self.pyramid.cells_per_tile(self.level)
        return [
            TileAt(x, y, Block(x * per_tile, y * per_tile, (x + 1) * per_tile, (y + 1) * per_tile))
            for y in range(self.top, self.top + self.down)
            for x in range(self.left, self.left + self.across)
        ]

    @property
    def is_last(self) -> bool:
        """Whether cells are as large as they get."""
        return self.level == self.pyramid.last

    @property
    def centre(self) -> tuple[float, float]:
        """The middle of the window, in cells from the map's left and top."""
        return self._beyond(0, 0)

    def moved(self, right: int, down: int) -> tuple[float, float] | None:
        """Return the centre of the window half a window further on; None at the edge."""
        there = self._beyond(right, down)
        return there if window(self.pyramid, self.level, *there) != self else None

    def _beyond(self, right: int, down: int) -> tuple[float, float]:
        half = self.pyramid.cells_per_tile(self.level) / 2
        return (
            half * (2 * self.left + self.across * (1 + right)),
            half * (2 * self.top + self.down * (1 + down)),
        )


def window(pyramid: Pyramid, level: float, x: float, y: float) -> Window:
    """Show what lies around a point, given in cells, as near as the level and the edges allow."""
    whole = max(0, min(pyramid.last, round(level)))
    per_tile = pyramid.cells_per_tile(whole)
    across, down = pyramid.size(whole)
    return Window(
        pyramid,
        whole,
        _begin(x / per_tile, min(ACROSS, across), across),
        _begin(y / per_tile, min(DOWN, down), down),
    )


def overview(pyramid: Pyramid) -> Window:
    """Show everything, as large as it fits."""
    fitting = [
        level
        for level in range(pyramid.last + 1)
        if pyramid.size(level)[0] <= ACROSS and pyramid.size(level)[1] <= DOWN
    ]
    return Window(pyramid, fitting[-1], 0, 0)


def _begin(centre: float, shown: int, of: int) -> int:
    return max(0, min(of - shown, round(centre - shown / 2)))
