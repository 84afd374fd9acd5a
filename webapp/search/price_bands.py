"""The same look at other prices: bands of price below, around and above."""

from dataclasses import dataclass, replace

from webapp.index.facets import Facets
from webapp.models import Filters, Item

# "About the same price" is from 4/5 to 5/4 of the item's.
_NEAR = (0.8, 1.25)
# From here on nobody minds cents at the end of a range.
_LEAST_IN_WHOLE = 10
_CENT = 0.01


@dataclass(frozen=True, slots=True)
class Band:
    """One range of prices within what the filters leave."""

    name: str
    label: str
    filters: Filters


def around(item: Item, filters: Filters, facets: Facets) -> tuple[Band, ...]:
    """Return the bands below, about and above an item's price; none for an item without one.

    Where the catalogue has several currencies, prices are compared within the item's own.
    """
    if not item.price:
        return ()
    if item.currency and len(facets.values["currency"]) > 1:
        filters = replace(filters, currency=(item.currency,))
    edges = _rounded(*(item.price * factor for factor in _NEAR))
    labels = ("For less", "About the same price", "For more")
    return _bands(("less", "same", "more"), labels, edges, filters)


def thirds(filters: Filters, facets: Facets) -> tuple[Band, ...]:
    """Return the catalogue's price thirds; none where currencies mix or prices hardly differ."""
    if not facets.thirds or len(facets.values["currency"]) > 1:
        return ()
    labels = ("In the lowest third of prices", "In the middle third", "In the highest third")
    return _bands(("low", "middle", "high"), labels, _rounded(*facets.thirds), filters)


def _rounded(low: float, high: float) -> tuple[float, float]:
    """Round the edges of a band to whole amounts, unless they would become the same."""
    whole_low, whole_high = (
        round(edge, 0 if edge >= _LEAST_IN_WHOLE else 2) for edge in (low, high)
    )
    return (whole_low, whole_high) if whole_low < whole_high else (round(low, 2), round(high, 2))


def _bands(
    names: tuple[str, str, str],
    labels: tuple[str, str, str],
    edges: tuple[float, float],
    filters: Filters,
) -> tuple[Band, ...]:
    low, high = edges
    ranges = ((None, round(low - _CENT, 2)), (low, high), (round(high + _CENT, 2), None))
    return tuple(
        Band(name, label, narrowed)
        for name, label, (least, most) in zip(names, labels, ranges, strict=True)
        if (narrowed := _within(filters, least, most))
    )


def _within(filters: Filters, least: float | None, most: float | None) -> Filters | None:
    """Narrow filters to a range of prices; None where nothing can be in both."""
    lows = [edge for edge in (filters.min_price, least) if edge is not None]
    highs = [edge for edge in (filters.max_price, most) if edge is not None]
    low, high = max(lows, default=None), min(highs, default=None)
    if high is not None and (high < 0 or (low is not None and low > high)):
        return None
    return replace(filters, min_price=low, max_price=high)
