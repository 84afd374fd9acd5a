"""The map coloured by an attribute: a colour under each bag, and what the colours mean."""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from webapp.explore.map import hues
from webapp.explore.map.store import Map
from webapp.index.facets import Facets
from webapp.models import Filters

PRICE = "price"

_MOST_VALUES = 8
"""More hues than these are hard to tell apart."""
_MOST_COLOURS = 12
_BANDS = 5
_CENT = 0.01


@dataclass(frozen=True, slots=True)
class Group:
    """The bags of one colour: how many there are on the map, and what narrows a grid to them.

    Without `filters` they have one of the rarer values, if `has_value`, or none.
    """

    hue: str
    count: int
    filters: Filters | None
    has_value: bool = True


@dataclass(frozen=True, slots=True)
class Colouring:
    """The groups of an attribute, and the number of the group in each cell, shape (rows, columns).

    Cells without an item have the number after the last.
    """

    name: str
    groups: Sequence[Group]
    cells: NDArray[np.uint8]

    def picture(self, only: int | None) -> bytes:
        """Draw a PNG with a pixel for each cell; with `only`, all other groups in one dark tone."""
        colours = [
            hues.OTHERS_DIMMED if only not in (None, number) else group.hue
            for number, group in enumerate(self.groups)
        ]
        image = Image.fromarray(self.cells)
        image.putpalette(hues.as_palette([*colours, hues.NOTHING]))
        out = io.BytesIO()
        image.save(out, "PNG", optimize=True, transparency=len(self.groups))
        return out.getvalue()


def names_offered(facets: Facets) -> list[str]:
    """List the attributes that part the catalogue, those of every catalogue first."""
    names = [
        name for name, values in facets.values.items() if len(values) > 1 and name != "currency"
    ]
    return [*names, PRICE] if _edges(facets) else names


def colouring(found: Map, facets: Facets, name: str) -> Colouring:
    """Group the items of a map by one of the attributes that are offered."""
    places = np.searchsorted(facets.ids, found.ids)
    places[places == len(facets.ids)] = 0
    is_there = facets.ids[places] == np.array(found.ids)
    if name == PRICE:
        numbers, groups = _by_price(facets, places)
    else:
        numbers, groups = _by_value(facets, name, places)
    numbers[~is_there] = len(groups)
    counts = np.bincount(numbers, minlength=len(groups) + 1).tolist()
    kept = [number for number in range(len(groups)) if counts[number]]
    renumbered = np.full(len(groups) + 1, len(kept), dtype=np.uint8)
    renumbered[kept] = np.arange(len(kept))
    cells = np.full((found.pyramid.rows, found.columns), len(kept), dtype=np.uint8)
    cells.ravel()[: len(numbers)] = renumbered[numbers]
    counted = [
        Group(groups[n].hue, counts[n], groups[n].filters, groups[n].has_value) for n in kept
    ]
    return Colouring(name, counted, cells)


Numbers = NDArray[np.intp]
"""The number of each item's group, by cell."""


def _by_value(facets: Facets, name: str, places: Numbers) -> tuple[Numbers, list[Group]]:
    """Give each of the most frequent values a group; then those of all others and of none."""
    values, column = facets.values[name], facets.columns[name][places]
    counts = np.bincount(column, minlength=len(values) + 1)[:-1]
    most = _MOST_COLOURS if name == "colour" else _MOST_VALUES
    frequent = np.argsort(-counts, kind="stable")[:most].tolist()
    named = [values[number] for number in frequent]
    hue_of = hues.of_colours(named) if name == "colour" else hues.of_values(named)
    groups = [
        Group(hue, 0, Filters.by({name: (value,)}))
        for value, hue in zip(named, hue_of, strict=True)
    ]
    number_of = np.full(len(values) + 1, len(groups))
    number_of[frequent] = np.arange(len(groups))
    number_of[-1] = len(groups) + 1
    rest = [Group(hues.RARER, 0, None), Group(hues.NOTHING, 0, None, has_value=False)]
    return number_of[column], [*groups, *rest]


def _by_price(facets: Facets, places: Numbers) -> tuple[Numbers, list[Group]]:
    """Part the prices in bands of about as many bags each."""
    edges = _edges(facets)
    prices = facets.prices[places]
    numbers = np.searchsorted(edges, prices, side="right")
    numbers[np.isnan(prices)] = len(edges) + 1
    ends = [None, *edges], [*(round(edge - _CENT, 2) for edge in edges), None]
    groups = [
        Group(hue, 0, Filters(min_price=low, max_price=high))
        for low, high, hue in zip(*ends, hues.in_order(len(edges) + 1), strict=True)
    ]
    return numbers, [*groups, Group(hues.NOTHING, 0, None, has_value=False)]


def _edges(facets: Facets) -> list[float]:
    """Return round prices, ascending, that part the catalogue; none in several currencies."""
    known = facets.prices[~np.isnan(facets.prices)]
    if not len(known) or len(facets.values["currency"]) > 1:
        return []
    shares = np.arange(1, _BANDS) / _BANDS
    rounded = {float(f"{edge:.2g}") for edge in np.quantile(known, shares)}
    return sorted(edge for edge in rounded if known.min() < edge <= known.max())
