"""What an evaluation yields: its progress, and one row for each system and test."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `total` photos of one step, `doing`, such as "same picture"."""

    doing: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class SamePicture:
    """How often, 0 to 1, the original of an edited photo comes first, and among nine."""

    test: ClassVar[str] = "same picture"
    kind: str
    edit: str
    queries: int
    recall_at_1: float
    recall_at_9: float


@dataclass(frozen=True, slots=True)
class SameLook:
    """The share, 0 to 1, of nine neighbours that have the item's attribute, without its copies.

    `price_distance`: the mean difference of a neighbour's price from the item's, as a share of the
    item's. None where no item has the attribute.
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
    """How well bags are told apart from the same model in another colour; shares are 0 to 1.

    `told_apart`: how often the photo, saved again as JPEG, is nearer to itself than to the other
    colour. `other_among_nine`: how often the other colour is among its nine nearest.
    """

    test: ClassVar[str] = "hard negatives"
    kind: str
    pairs: int
    told_apart: float
    other_among_nine: float
    median_rank_of_other: float


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of a system: bits of an item, and time to hash a query.

    `hash_us`: median processor time for a decoded picture of 1000 x 1000 pixels, in microseconds.
    """

    test: ClassVar[str] = "cost"
    kind: str
    bits: int
    hash_us: float
    distinct_codes: int
    items: int


@dataclass(frozen=True, slots=True)
class SameSort:
    """The share, 0 to 1, of each category among the nine nearest to items of one category.

    `precision_at_9`: the share of that category itself. `neighbours`: of all, by name.
    """

    test: ClassVar[str] = "same sort"
    kind: str
    category: str
    queries: int
    precision_at_9: float
    neighbours: dict[str, float]


@dataclass(frozen=True, slots=True)
class AnotherPhoto:
    """How often, 0 to 1, the original comes first, among nine, by another photo of its bag.

    `sort`: what the bag was pasted before, or how else the photo differs.
    """

    test: ClassVar[str] = "another photo"
    kind: str
    sort: str
    queries: int
    recall_at_1: float
    recall_at_9: float


@dataclass(frozen=True, slots=True)
class OtherShots:
    """How often, 0 to 1, a bag comes first, among nine, by a shot of it that shops took as well.

    Such shots are an item's further photos, and the photos of other items of its model and colour.
    """

    test: ClassVar[str] = "other shots"
    kind: str
    queries: int
    recall_at_1: float
    recall_at_9: float


@dataclass(frozen=True, slots=True)
class Where:
    """How well the largest frame found fits a bag pasted before a background; 0 to 1.

    `overlap`: the mean of intersection over union. `found`: how often it is at least a half.
    """

    test: ClassVar[str] = "where"
    kind: str
    background: str
    queries: int
    overlap: float
    found: float


@dataclass(frozen=True, slots=True)
class Levels:
    """How often levels are right, in catalogues of `items`; shares are 0 to 1.

    `kind`: the ranking's name among the thresholds. `no_bag_auc`: how often a photo of a bag has
    higher odds to show one than a photo of another thing. `distance_auc`: how often it is nearer
    to something in the catalogue. `bags_unlike` and `others_unlike`: photos of bags, of other
    things, whose nearest is called unlike; `..._by_distance`: without knowing whether they show a
    bag. `wrong_same_picture`: these called the same picture; `left_out_same_picture`: photos of
    the catalogue that are called so once all that lists their picture is taken out of it, for the
    same model in another colour or another photo; `edits_same_picture`: edited photos that are
    there, and are called so.
    """

    test: ClassVar[str] = "levels"
    kind: str
    items: int
    bags: int
    others: int
    no_bag_auc: float | None
    distance_auc: float
    bags_unlike: float
    others_unlike: float
    bags_unlike_by_distance: float
    others_unlike_by_distance: float
    wrong_same_picture: float
    left_out_same_picture: float
    edits_same_picture: float


EvaluationRow = (
    SamePicture
    | SameLook
    | HardNegatives
    | Cost
    | SameSort
    | AnotherPhoto
    | OtherShots
    | Where
    | Levels
)
_ROWS = (
    *(Cost, SamePicture, SameLook, HardNegatives, SameSort),
    *(AnotherPhoto, OtherShots, Where, Levels),
)
TESTS = tuple(kind.test for kind in _ROWS)


def to_json(rows: Iterable[EvaluationRow]) -> str:
    """Return rows as a JSON list of objects, without what is None."""
    objects = [
        {"test": row.test}
        | {name: value for name, value in asdict(row).items() if value is not None}
        for row in rows
    ]
    return json.dumps(objects, indent=1, ensure_ascii=False) + "\n"
