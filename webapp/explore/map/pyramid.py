"""The picture's geometry: one tile for everything, then four times as many from level to level."""

from dataclasses import dataclass
from functools import cached_property

TILE = 256
"""Pixels each way of a tile."""

CELL = 128
"""Pixels each way of a cell at the last level."""


@dataclass(frozen=True)
class Pyramid:
    """The levels of a mosaic of `count` cells in rows of `columns`.

    A level is a number from 0, where one tile shows everything, to `last`; at each, a cell is
    twice as wide as at the one before.
    """

    columns: int
    count: int

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return -(-self.count // self.columns)

    @cached_property
    def last(self) -> int:
        """The level of the largest cells."""
        level = 0
        while (TILE << level) < CELL * max(self.columns, self.rows):
            level += 1
        return level

    def cell(self, level: int) -> float:
        """Return the pixels each way of a cell."""
        return CELL / (1 << (self.last - level))

    def cells_per_tile(self, level: int) -> int:
        """Return how many cells a tile has each way."""
        return TILE * (1 << (self.last - level)) // CELL

    def size(self, level: int) -> tuple[int, int]:
        """Return how many tiles there are across and down."""
        per_tile = self.cells_per_tile(level)
        return -(-self.columns // per_tile), -(-self.rows // per_tile)

    @cached_property
    def firsts(self) -> tuple[int, ...]:
        """The number of each level's first tile, and last the number of all tiles."""
        firsts = [0]
        for level in range(self.last + 1):
            across, down = self.size(level)
            firsts.append(firsts[-1] + across * down)
        return tuple(firsts)

    @property
    def tiles(self) -> int:
        """How many tiles there are."""
        return self.firsts[-1]

    def number(self, level: int, x: int, y: int) -> int | None:
        """Number a tile, level by level and row by row; None where there is none."""
        if not 0 <= level <= self.last:
            return None
        across, down = self.size(level)
        inside = 0 <= x < across and 0 <= y < down
        return self.firsts[level] + y * across + x if inside else None
