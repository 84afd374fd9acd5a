"""The progress of drawing a map."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` items or tiles of one step, `doing`, such as "measuring"."""

    doing: str
    done: int
    total: int


WithProgress = Generator[Progress, None, T]
"""Work that yields its progress and returns a T."""
