"""The example pictures of the about page, hashed when the page is made, so its numbers are true."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from webapp.hashing.fingerprinting import EncodedPicture, hash_item
from webapp.models import Fingerprint

_SHOWN_KINDS = ("whash", "colorhash")


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two pictures of an example; `file` is its name in `static/examples/`."""

    file: str
    alt: str
    codes: Fingerprint


@dataclass(frozen=True, slots=True)
class Example:
    """Two pictures and their Hamming distance, in bits, by kind."""

    title: str
    lesson: str
    sides: tuple[Side, Side]
    distances: dict[str, int]


_PAIRS = (
    (
        "Alike to whash",
        "One satchel in two colours. whash looks at light and dark only, so the two are the same "
        "to it; colorhash tells them apart.",
        ("satchel-blue.webp", "A blue satchel"),
        ("satchel-red.webp", "The same satchel in red"),
    ),
    (
        "Alike to colorhash",
        "Two pink bags of quite different shape. colorhash counts how much of each colour there "
        "is, never where; whash sees the shapes.",
        ("hobo-pink.webp", "A pink hobo bag on a chain"),
        ("clutch-pink.webp", "A pink envelope clutch"),
    ),
    (
        "Fooled",
        "One belt bag, the second time turned a little and on a greyer ground. You see one bag; "
        "whash sees a third of its cells change, because it compares the picture, not the thing "
        "in it.",
        ("belt-olive.webp", "An olive belt bag, from the front"),
        ("belt-olive-again.webp", "The same olive belt bag, turned a little"),
    ),
)


@cache
def examples(folder: Path) -> tuple[Example, ...]:
    """Return the examples, with the pictures of `folder` hashed once in a process."""
    return tuple(_example(folder, *pair) for pair in _PAIRS)


def _example(
    folder: Path, title: str, lesson: str, first: tuple[str, str], second: tuple[str, str]
) -> Example:
    left, right = (_side(folder, *named) for named in (first, second))
    distances = {
        kind: _differing_bits(left.codes[kind], right.codes[kind]) for kind in _SHOWN_KINDS
    }
    return Example(title, lesson, (left, right), distances)


def _side(folder: Path, file: str, alt: str) -> Side:
    _, fingerprint = hash_item(EncodedPicture((folder / file).read_bytes()), _SHOWN_KINDS)
    return Side(file, alt, fingerprint)


def _differing_bits(left: bytes, right: bytes) -> int:
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).bit_count()
