"""What an evaluation yields: how far it is, and its results, one row for each system and test."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` photos of one part of the work."""

    doing: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class SamePicture:
    """How often the original of an edited photo comes first, and among nine."""

    test: ClassVar[str] = "same picture"
    kind: str
    edit: str
    queries: int
    recall_at_1: float
    recall_at_9: float


@dataclass(frozen=True, slots=True)
class SameLook:
    """What share of nine neighbours is like the item; copies of its photo do not count.

    `price_distance` is the mean difference of a neighbour's price from the item's, as a share of
    the item's. A value is None when no item says it.
    """

    test: ClassVar[str] = "same look"
    kind: str
    queries: int
    same_category: float | None
    same_colour: float | None
    same_brand: float | None
    price_distance: float | None


@dataclass(frozen=True, slots=True)
class HardNegatives:
    """How one of two bags that differ in colour only finds itself, and the other.

    `told_apart`: saved again as JPEG, it is nearer to itself than to the other.
    """

    test: ClassVar[str] = "hard negatives"
    kind: str
    pairs: int
    told_apart: float
    other_among_nine: float
    median_rank_of_other: float


@dataclass(frozen=True, slots=True)
class Cost:
    """What a system costs: bits kept of an item, and the median time to hash a query.

    `hash_us` is processor time, in microseconds, for a decoded picture of 1000 x 1000 pixels.
    """

    test: ClassVar[str] = "cost"
    kind: str
    bits: int
    hash_us: float
    distinct_codes: int
    items: int


@dataclass(frozen=True, slots=True)
class SameSort:
    """Of the nine nearest to items of a category, which share is of which category.

    `precision_at_9` is the share of its own.
    """

    test: ClassVar[str] = "same sort"
    kind: str
    category: str
    queries: int
    precision_at_9: float
    neighbours: dict[str, float]


EvaluationRow = SamePicture | SameLook | HardNegatives | Cost | SameSort
TESTS = tuple(kind.test for kind in (Cost, SamePicture, SameLook, HardNegatives, SameSort))


def to_json(rows: Iterable[EvaluationRow]) -> str:
    """Write rows as a JSON list, one object each; what is not known is left out."""
    objects = [
        {"test": row.test}
        | {name: value for name, value in asdict(row).items() if value is not None}
        for row in rows
    ]
    return json.dumps(objects, indent=1, ensure_ascii=False) + "\n"
