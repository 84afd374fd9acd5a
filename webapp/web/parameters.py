"""The parameters that many pages and calls have; what others have is beside what reads it."""

import secrets
from functools import partial

from flask import request
from werkzeug.datastructures import MultiDict

from webapp.context import hashbag
from webapp.exceptions import BadParameter
from webapp.models import FACETS, Filters
from webapp.web.parameter import (
    Args,
    Json,
    Parameter,
    Whole,
    decimal,
    integer,
    number,
    one_of,
)

__all__ = ["Args", "decimal", "integer", "number", "one_of"]

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

N = Whole("n", 1, MAX_N, 81)
PAGE = Whole("page", 1, 10**9, 1)
PHOTO = Whole("photo", 1, MOST_PHOTOS, 1, "Which of the item's photos asks: its place in `images`.")
SEED = Whole("seed", 0, MOST_NUMBER)


def sent() -> Args:
    """Return the fields of the address and of the form; where both have one, the address's first.

    Blank fields are left out: a form sends those too that nobody filled in.
    """
    fields = [(name, text) for name, texts in request.values.lists() for text in texts]
    return MultiDict([(name, text) for name, text in fields if text.strip()])


def photo_number(args: Args) -> int:
    """Read which photo of an item is meant, counted from 1."""
    return PHOTO.read(args)


def seed(args: Args) -> int:
    """Read the seed of a sample; without one, draw one."""
    return SEED.read(args, secrets.randbelow(1_000_000))


def filters(args: Args) -> Filters:
    """Read the filters, and refuse values that the catalogue does not have."""
    found = Filters.by(
        facet_values(args),
        min_price=MIN_PRICE.read(args),
        max_price=MAX_PRICE.read(args),
        text=TEXT.read(args),
    )
    low, high = found.min_price, found.max_price
    if low is not None and high is not None and low > high:
        raise BadParameter("min_price", f"{low:g} is more than the max_price {high:g}")
    if found:
        hashbag().facets.check(found)
    return found


def facet_values(args: Args) -> dict[str, tuple[str, ...]]:
    """Read the values asked for in each facet, whatever their case; some may be of no item."""
    return {name: _values(name, args) for name in hashbag().facets.values}


def _values(name: str, args: Args) -> tuple[str, ...]:
    facets = hashbag().facets
    texts = [text for text in args.getlist(name) if text.strip()]
    return tuple(dict.fromkeys(v for text in texts for v in facets.as_spelled(name, text)))


def words(args: Args) -> str | None:
    """Read the words that items must have; None where none are asked for."""
    text = " ".join(args.get("text", "").split())
    if len(text) > _MOST_CHARACTERS:
        raise BadParameter("text", f"must have at most {_MOST_CHARACTERS} characters")
    return text or None


def _price(name: str, args: Args) -> float | None:
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


_PRICE: Json = {"type": "number", "minimum": 0}
_TEXTS: Json = {"type": "array", "items": {"type": "string"}}
_NAMES: Json = {"type": "array", "items": {"type": "string", "enum": list(OPTIONAL_FIELDS)}}

MIN_PRICE = Parameter("min_price", _PRICE, partial(_price, "min_price"))
MAX_PRICE = Parameter("max_price", _PRICE, partial(_price, "max_price"))
TEXT = Parameter(
    "text", {"type": "string", "maxLength": _MOST_CHARACTERS}, words, "Words that items have."
)
FIELDS = Parameter(
    "fields",
    _NAMES,
    item_fields,
    "What items are to have beside what they always have.",
    explode=False,  # names with commas between
)
# Extra columns with few values are facets too, of each catalogue its own.
FILTERS = (
    *(Parameter(name, _TEXTS, partial(_values, name)) for name in FACETS),
    MIN_PRICE,
    MAX_PRICE,
    TEXT,
)
