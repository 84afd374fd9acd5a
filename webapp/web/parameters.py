"""Request parameters as typed values; each that cannot be used is named."""

import math
import re
import secrets
from collections.abc import Sequence

from flask import request
from werkzeug.datastructures import MultiDict

from webapp.context import hashbag
from webapp.exceptions import BadParameter
from webapp.models import Filters

HIT_ORDERS = {
    "alike": "Most alike first",
    "price": "Price, low to high",
    "price-desc": "Price, high to low",
}
OPTIONAL_FIELDS = ("hashes",)
"""Fields of an item in the API that it has only where they are asked for."""

MAX_K = 100
MAX_N = 500
MAX_PER_PAGE = 200
MOST_NUMBER = 2**53
MOST_PHOTOS = 10_000
_MOST_CHARACTERS = 200  # of words to search for
# float() would take underscores, words and other scripts' digits too; programs write exponents.
_DECIMAL = re.compile(r"[+-]?(\d{1,300}(\.\d*)?|\.\d+)([eE][+-]?\d{1,2})?", re.ASCII)

Args = MultiDict[str, str]


def sent() -> Args:
    """Return the fields of the address and of the form; where both have one, the address's first.

    Blank fields are left out: a form sends those too that nobody filled in.
    """
    fields = [(name, text) for name, texts in request.values.lists() for text in texts]
    return MultiDict([(name, text) for name, text in fields if text.strip()])


def integer(args: Args, name: str, default: int, least: int, most: int) -> int:
    """Read a whole number within bounds; absent or blank is the default."""
    text = args.get(name, "").strip()
    if not text:
        return default
    # int() would take signs, underscores and other scripts' digits too; `-5` gets the bounds.
    digits = text.removeprefix("-")
    if not (digits.isascii() and digits.isdigit() and len(digits) < 20):
        raise BadParameter(name, f"'{text[:40]}' is not a whole number")
    if not least <= int(text) <= most:
        raise BadParameter(name, f"must be from {least} to {most}, not {text}")
    return int(text)


def photo_number(args: Args) -> int:
    """Read which photo of an item is meant, counted from 1."""
    return integer(args, "photo", 1, 1, MOST_PHOTOS)


def seed(args: Args) -> int:
    """Read the seed of a sample; without one, draw one."""
    return integer(args, "seed", secrets.randbelow(1_000_000), 0, MOST_NUMBER)


def filters(args: Args) -> Filters:
    """Read the filters, and refuse values that the catalogue does not have."""
    found = Filters.by(
        facet_values(args),
        min_price=_price(args, "min_price"),
        max_price=_price(args, "max_price"),
        text=words(args),
    )
    low, high = found.min_price, found.max_price
    if low is not None and high is not None and low > high:
        raise BadParameter("min_price", f"{low:g} is more than the max_price {high:g}")
    if found:
        hashbag().facets.check(found)
    return found


def facet_values(args: Args) -> dict[str, tuple[str, ...]]:
    """Read the values asked for in each facet, whatever their case; some may be of no item."""
    facets = hashbag().facets
    asked = {name: [text for text in args.getlist(name) if text.strip()] for name in facets.values}
    return {
        name: tuple(dict.fromkeys(v for text in texts for v in facets.as_spelled(name, text)))
        for name, texts in asked.items()
    }


def words(args: Args) -> str | None:
    """Read the words that items must have; None where none are asked for."""
    text = " ".join(args.get("text", "").split())
    if len(text) > _MOST_CHARACTERS:
        raise BadParameter("text", f"must have at most {_MOST_CHARACTERS} characters")
    return text or None


def _price(args: Args, name: str) -> float | None:
    text = args.get(name, "").strip()
    if not text:
        return None
    price = decimal(text)
    if not price >= 0:  # or it is no number
        raise BadParameter(name, f"'{text[:40]}' is not a price; write it like 49.90")
    return price


def item_fields(args: Args) -> frozenset[str]:
    """Read which optional fields items are to have."""
    text = args.get("fields", "").strip()
    names = frozenset(name.strip() for name in text.split(",")) if text else frozenset()
    for name in names - set(OPTIONAL_FIELDS):
        raise BadParameter("fields", f"there is no '{name[:40]}'; try {', '.join(OPTIONAL_FIELDS)}")
    return names


def hit_order(args: Args) -> str:
    """Read what neighbours are listed by; which they are is decided by likeness."""
    return one_of(args, "sort", tuple(HIT_ORDERS))


def one_of(args: Args, name: str, choices: Sequence[str]) -> str:
    """Read a choice; absent is the first."""
    value = args.get(name) or choices[0]
    if value not in choices:
        raise BadParameter(name, f"'{value[:40]}' is none of {', '.join(choices)}")
    return value


def number(args: Args, name: str, default: float, least: float, most: float) -> float:
    """Read a number within bounds; absent or blank is the default."""
    text = args.get(name, "").strip()
    if not text:
        return default
    found = decimal(text)
    if not least <= found <= most:
        raise BadParameter(name, f"must be a number from {least:g} to {most:g}, not {text[:40]}")
    return found


def decimal(text: str) -> float:
    """Read a number written with a decimal point; NaN where it is none."""
    return float(text) if _DECIMAL.fullmatch(text) else math.nan
