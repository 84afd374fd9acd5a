"""The arithmetic of `/help/scale`: what was measured of some bags, multiplied for more of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from webapp.hashing.kinds import KINDS
from webapp.search.look import BLENDED

MEASURED = 100_000
"""How many bags were measured: made up, of one photo each, with codes of all kinds."""

SEARCHED = 1_000_000
"""Among how many bags searches were timed: each with the codes of a real one, some bits changed."""

# A row of a collection has its number beside its code.
_ROW_NUMBER_BYTES = 8


@dataclass(frozen=True, slots=True)
class Size:
    """A size of catalogue, in words too."""

    bags: int
    words: str


SIZES = (
    Size(1_000_000, "1 million"),
    Size(10_000_000, "10 million"),
    Size(100_000_000, "100 million"),
    Size(1_000_000_000, "1 billion"),
)


@dataclass(frozen=True, slots=True)
class Part:
    """What one part keeps of each bag. `assumed`: not measured, for catalogues differ too much."""

    name: str
    bytes_a_bag: int
    assumed: bool = False


PARTS = (
    Part("PostgreSQL: tables", 1_541),
    Part("PostgreSQL: indexes", 1_046),
    Part("the same in SQLite, for comparison", 1_524),
    Part("Milvus: disk", 1_277),
    Part("index files of a host, with Milvus", 194),
    Part("index files of a host, with Annoy", 3_366),
    Part("S3: thumbnails", 9_997),
    Part("S3: photos that were sent or copied", 150_000, assumed=True),
)


@dataclass(frozen=True, slots=True)
class Work:
    """What one process does for all bags, and how long it takes for a million."""

    name: str
    seconds_a_million: int


WORKS = (
    Work("hashbag index: a generation, its codes sent to Milvus", 300),
    Work("hashbag index: a generation by Annoy", 240),
    Work("hashbag copy: from SQLite to PostgreSQL", 1_700),
    Work("hashbag verify: the codes in Milvus compared, beside reading all photos", 560),
)


@dataclass(frozen=True, slots=True)
class Search:
    """What people ask, and milliseconds of the middle answer and of the slowest of twenty."""

    asked: str
    annoy: str
    milvus: str


SEARCHES = (
    Search("whash, like a bag", "1.8 / 6.0", "8.0 / 74"),
    Search("whash, like an upload, tried harder", "1.6 / 2.9", "7.3 / 55"),
    Search("whash, like a bag, about its price", "4.5 / 12", "51 / 115"),
    Search("whash, all of a bag's page", "9.4 / 11", "40 / 171"),
    Search("look, like a bag", "31 / 54", "112 / 203"),
    Search("look, like a bag, of its brand", "4.8 / 32", "82 / 172"),
    Search("look, like a bag, about its price", "41 / 43", "94 / 176"),
    Search("look, all of a bag's page", "59 / 68", "319 / 480"),
    Search("look, like an upload that is like no bag, tried harder", "52 / 61", "1,677 / 2,628"),
)


@dataclass(frozen=True, slots=True)
class Codes:
    """The codes of one kind; `bytes_a_bag`: in a server, if no two are the same."""

    name: str
    width: str
    bytes_a_bag: int


def codes() -> Sequence[Codes]:
    """Return the installed kinds with what their codes take, the most first."""
    found = [
        Codes(
            kind.name,
            f"{kind.views} of {kind.bits}" if kind.views > 1 else str(kind.bits),
            kind.views * (kind.bytes + _ROW_NUMBER_BYTES),
        )
        for kind in KINDS.values()
    ]
    return sorted(found, key=lambda one: -one.bytes_a_bag)


def look() -> Sequence[str]:
    """Name the kinds that the look blends."""
    return BLENDED
