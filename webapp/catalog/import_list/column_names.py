"""Which column of a list is which of ours, by the names that shops and programs give them.

The names are in `column_names.toml`.
"""

import re
import tomllib
import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import chain, count, filterfalse

from babel.numbers import get_decimal_symbol

from webapp.catalog.import_list.currencies import currency_of
from webapp.exceptions import ImportListError
from webapp.models import ATTRIBUTES

OURS = ("filename", *ATTRIBUTES)

PRODUCT, PARENT = "product", "parent"
"""Columns that tell which rows are of one product; they are kept as extra attributes too."""

FURTHER = "further"
"""Columns of an item's further photos."""

_NUMBERED = re.compile(r"(.*?) ?([0-9]{1,2})")
_OF_PHOTOS = frozenset(("filename", FURTHER))
_SEPARATORS = re.compile(r"[\s_\-./:;,*\"'()\[\]{}?]+")
_ACCENTS = re.compile("[\u0300-\u036f]")  # of Latin letters; other scripts cannot do without theirs


@dataclass(frozen=True, slots=True)
class Columns:
    """What stands where in a row: positions by our names, and of the others by theirs.

    Of several columns that mean one of ours the surest comes first; where it is blank, the next
    counts. `repeated` are names of others that stand there twice. `decimal_sign` is the one of the
    names' language, `currency` what the price's name says; each "" where that does not tell.
    """

    ours: Mapping[str, tuple[int, ...]]
    extras: Mapping[str, int]
    nameless: tuple[int, ...]
    repeated: tuple[str, ...]
    decimal_sign: str
    currency: str


@dataclass(frozen=True, slots=True)
class _Meaning:
    """Which column of ours a name means; the lower the rank, the surer."""

    ours: str
    rank: int
    currency: str = ""


def columns_of(header: Sequence[str], given: Mapping[str, str]) -> Columns:
    """Find out what the names of a header mean; `given` are ours by theirs, and come first.

    Raises:
        ImportListError: a column that we know is named twice.
    """
    names = [name.strip() for name in header]
    plain = [_plain(name) for name in names]
    meanings = _meanings(plain, {_plain(theirs): ours for theirs, ours in given.items()})
    ours: dict[str, tuple[int, ...]] = {}
    for index in sorted(meanings, key=lambda index: (meanings[index].rank, index)):
        name = meanings[index].ours
        ours[name] = (*ours.get(name, ()), index)
    surest = {name: places[0] for name, places in ours.items() if name in OURS}
    for index in surest.values():
        if plain.count(plain[index]) > 1:
            raise ImportListError(f"the column '{names[index]}' is named twice")
    extras, repeated = _numbered(names, {*surest.values(), *ours.get(FURTHER, ())})
    return Columns(
        ours,
        extras,
        tuple(index for index, name in enumerate(names) if not name),
        repeated,
        _decimal_sign([plain[index] for index in surest.values()]),
        meanings[surest["price"]].currency if len(ours.get("price", ())) == 1 else "",
    )


def known_names(header: Sequence[str], languages: Collection[str] = ()) -> int:
    """Count the names that mean a column of ours, in one of some languages or in any."""
    known = [_languages().get(_plain(name), set()) for name in header]
    return sum(bool(found.intersection(languages) if languages else found) for found in known)


def _meanings(plain: Sequence[str], given: Mapping[str, str]) -> dict[int, _Meaning]:
    """Return what each name means, by its place; what was `given` leaves nothing to guess."""
    found: dict[int, _Meaning] = {}
    for index, name in enumerate(plain):
        meaning = _Meaning(given[name], -1) if name in given else _meaning(name)
        if meaning and (name in given or meaning.ours not in given.values()):
            found[index] = meaning
    photos = {
        index: number
        for index, name in enumerate(plain)
        if index not in found and (number := _photo_number(name)) is not None
    }
    if photos and all(meaning.ours != "filename" for meaning in found.values()):
        first = min(photos, key=lambda index: (photos[index], index))
        found[first] = _Meaning("filename", 0)
        del photos[first]
    return found | {index: _Meaning(FURTHER, number) for index, number in photos.items()}


def _photo_number(name: str) -> int | None:
    """Return the number of a column such as "image 2"."""
    numbered = _NUMBERED.fullmatch(name)
    meaning = _known().get(numbered[1]) if numbered else None
    return int(numbered[2]) if numbered and meaning and meaning.ours in _OF_PHOTOS else None


def _meaning(name: str) -> _Meaning | None:
    """Look a name up; that of a price may end in its currency."""
    meaning = _known().get(name)
    head, _, last = name.rpartition(" ")
    currency = None if meaning or not head else currency_of(last)
    if currency:
        meaning = _known().get(head.removesuffix(" in").removesuffix(" en"))
        if meaning and meaning.ours == "price":
            return _Meaning("price", meaning.rank, currency)
        return None
    return meaning


def _numbered(
    names: Sequence[str], taken: Collection[int]
) -> tuple[dict[str, int], tuple[str, ...]]:
    """Return the other columns' places by their names; a second one of a name gets a number."""
    extras: dict[str, int] = {}
    repeated = []
    for index, name in enumerate(names):
        if name and index not in taken:
            if name in extras:
                repeated.append(name)
            spellings = chain((name,), (f"{name} ({number})" for number in count(2)))
            extras[next(filterfalse(extras.__contains__, spellings))] = index
    return extras, tuple(repeated)


def _decimal_sign(known: Sequence[str]) -> str:
    """Return the decimal sign of the language that most names are of; English says nothing.

    Our own names are English, and so are those of many shops wherever they are.
    """
    votes = Counter(
        language
        for name in known
        for language in _languages().get(name, ())
        if "en" not in _languages()[name]
    )
    most = max(votes.values(), default=0)
    signs = {str(get_decimal_symbol(language)) for language in votes if votes[language] == most}
    return signs.pop() if len(signs) == 1 else ""


@cache
def _known() -> Mapping[str, _Meaning]:
    known = {name: _Meaning(name, 0) for name in OURS}
    for columns in _names().values():
        for ours, names in columns.items():
            for rank, name in enumerate(names, 1):
                known.setdefault(_plain(name), _Meaning(ours, rank))
    return known


@cache
def _languages() -> Mapping[str, set[str]]:
    languages: dict[str, set[str]] = {name: {"en"} for name in OURS}
    for language, columns in _names().items():
        for names in columns.values():
            for name in names:
                languages.setdefault(_plain(name), set()).add(language)
    return languages


@cache
def _names() -> Mapping[str, Mapping[str, Sequence[str]]]:
    text = resources.files(__package__).joinpath("column_names.toml").read_text("utf-8")
    return tomllib.loads(text)


def _plain(name: str) -> str:
    """Write a name without case, accents of Latin letters, and signs between its words."""
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", name).casefold())
    return _SEPARATORS.sub(" ", _ACCENTS.sub("", text).replace("\u0131", "i")).strip()
