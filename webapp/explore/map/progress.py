"""How far the drawing of a map is."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` things of one part of the work."""

    doing: str
    done: int
    total: int


Told = Generator[Progress, None, T]
"""Work that tells how far it is, and comes to a T."""
