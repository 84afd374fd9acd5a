"""The geometry of a tile pyramid: each level shows the map twice as large as the one before."""

from dataclasses import dataclass
from functools import cached_property

TILE_PIXELS = 256
"""Width and height of a tile."""

CELL_PIXELS = 128
"""Width and height of a cell at the last level."""


@dataclass(frozen=True)
class Pyramid:
    """The levels of a mosaic of `count` cells in rows of `columns`.

    At level 0, one tile shows everything; at level `last`, a cell is `CELL_PIXELS` wide.
    """

    columns: int
    count: int

    @property
    def rows(self) -> int:
        """The number of rows of cells."""
        return -(-self.count // self.columns)

    @cached_property
    def last(self) -> int:
        """The level of the largest cells."""
        level = 0
        while (TILE_PIXELS << level) < CELL_PIXELS * max(self.columns, self.rows):
            level += 1
        return level

    def cell(self, level: int) -> float:
        """Return the width of a cell, in pixels; below 1 where cells are smaller than that."""
        return CELL_PIXELS / (1 << (self.last - level))

    def cells_per_tile(self, level: int) -> int:
        """Return how many cells there are across a tile, and down."""
        return TILE_PIXELS * (1 << (self.last - level)) // CELL_PIXELS

    def size(self, level: int) -> tuple[int, int]:
        """Return how many tiles a level has across and down."""
        per_tile = self.cells_per_tile(level)
        return -(-self.columns // per_tile), -(-self.rows // per_tile)

    @cached_property
    def firsts(self) -> tuple[int, ...]:
        """The number of the first tile of each level; at the end, the number of all tiles."""
        firsts = [0]
        for level in range(self.last + 1):
            across, down = self.size(level)
            firsts.append(firsts[-1] + across * down)
        return tuple(firsts)

    @property
    def tiles(self) -> int:
        """The number of tiles at all levels."""
        return self.firsts[-1]

    def number(self, level: int, x: int, y: int) -> int | None:
        """Return a tile's number, counted by level, then by row; None where there is no tile."""
        if not 0 <= level <= self.last:
            return None
        across, down = self.size(level)
        inside = 0 <= x < across and 0 <= y < down
        return self.firsts[level] + y * across + x if inside else None
