"""The extra columns of a catalogue that have few values, such as season: they narrow a grid too."""

from array import array
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

import numpy as np

from webapp.catalog.attribute_columns import TextColumn, extra_attributes
from webapp.catalog.reader import Catalog
from webapp.models import ITEM_FIELDS, TAKEN_NAMES, Ids

_MOST_FACETS = 12
_LEAST_VALUES, _MOST_VALUES = 2, 30

# A column in which most values are of one item each names things; it does not sort them.
_LEAST_ITEMS_PER_VALUE = 3

_MOST_CHARACTERS = 60

_ELSEWHERE = TAKEN_NAMES | {one.name for one in ITEM_FIELDS}


@dataclass(frozen=True, slots=True)
class _Found:
    """The items that have a column, by position, and the number of the value of each, from 0."""

    positions: "array[int]"
    numbers: "array[int]"


def gather(catalog: Catalog, ids: Ids) -> Mapping[str, TextColumn]:
    """Return the columns that narrow, in the order in which items first have them.

    Of each, what the items of `ids`, N ascending ones, have in it.
    """
    found: dict[str, _Found] = {}
    values: dict[str, dict[str, int]] = {}
    for position, extra in _by_position(catalog, ids):
        for name, value in extra.items():
            text = value.strip()
            if not text:
                continue
            known = values.setdefault(name, {})
            if len(known) <= _MOST_VALUES:
                if name not in found:
                    found[name] = _Found(array("i"), array("b"))
                found[name].positions.append(position)
                found[name].numbers.append(known.setdefault(text, len(known)))
            else:
                found.pop(name, None)  # too many values: no longer of use
    narrowing = (name for name, those in found.items() if _narrows(name, values[name], those))
    return {
        name: _column(list(values[name]), found[name], len(ids))
        for name in islice(narrowing, _MOST_FACETS)
    }


def _by_position(catalog: Catalog, ids: Ids) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Yield the extra columns of the items of `ids` that have any, with their positions."""
    those = enumerate(array("q", ids.tobytes()))
    at, here = next(those, (0, -1))
    for item_id, extra in extra_attributes(catalog):
        while -1 < here < item_id:
            at, here = next(those, (0, -1))
        if here == item_id:  # others came since `ids` were read
            yield at, extra


def _column(texts: list[str], found: _Found, count: int) -> TextColumn:
    numbers = np.full(count, len(texts), dtype=np.int32)
    numbers[np.array(found.positions, dtype=np.intp)] = np.array(found.numbers)
    return TextColumn(texts, numbers)


def _narrows(name: str, values: Collection[str], found: _Found) -> bool:
    return (
        name not in _ELSEWHERE
        and max(map(len, (name, *values))) <= _MOST_CHARACTERS
        and _LEAST_VALUES <= len(values) <= _MOST_VALUES
        and len(found.positions) >= _LEAST_ITEMS_PER_VALUE * len(values)
    )
