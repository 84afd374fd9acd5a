"""The extra columns of a catalogue that have few values, such as season: they narrow a grid too."""

from collections.abc import Mapping, Sequence
from itertools import islice

from webapp.catalog.attribute_columns import extra_attributes
from webapp.catalog.reader import Catalog
from webapp.models import ITEM_FIELDS, TAKEN_NAMES, Ids

_MOST_FACETS = 12
_LEAST_VALUES, _MOST_VALUES = 2, 30

# A column in which most values are of one item each names things; it does not sort them.
_LEAST_ITEMS_PER_VALUE = 3

_MOST_CHARACTERS = 60

_ELSEWHERE = TAKEN_NAMES | {one.name for one in ITEM_FIELDS}


def gather(catalog: Catalog, ids: Ids) -> Mapping[str, Sequence[str]]:
    """Return the columns that narrow, in the order in which items first have them.

    Of each, N texts, for the items of `ids`, shape (N,); "" where an item has none.
    """
    found: dict[str, dict[int, str]] = {}
    values: dict[str, set[str]] = {}
    for item_id, extra in extra_attributes(catalog):
        for name, value in extra.items():
            text = value.strip()
            if not text:
                continue
            known = values.setdefault(name, set())
            if len(known) <= _MOST_VALUES:
                known.add(text)
                found.setdefault(name, {})[item_id] = text
            else:
                found.pop(name, None)  # too many values: no longer of use
    narrowing = (name for name, column in found.items() if _narrows(name, values[name], column))
    return {
        name: [found[name].get(item_id, "") for item_id in ids.tolist()]
        for name in islice(narrowing, _MOST_FACETS)
    }


def _narrows(name: str, values: set[str], column: Mapping[int, str]) -> bool:
    return (
        name not in _ELSEWHERE
        and max(map(len, (name, *values))) <= _MOST_CHARACTERS
        and _LEAST_VALUES <= len(values) <= _MOST_VALUES
        and len(column) >= _LEAST_ITEMS_PER_VALUE * len(values)
    )
