"""Prices and ranges of prices in words."""

from webapp.models import Filters
from webapp.web.number_words import money

_CENT = 0.01


def least(amount: float, currency: str) -> str:
    """Say the lower end of a range: a cent more than a whole amount is over that amount."""
    below = round(amount - _CENT, 2)
    return (
        f"over {money(below, currency)}" if _is_edge(below) else f"from {money(amount, currency)}"
    )


def most(amount: float, currency: str) -> str:
    """Say the upper end of a range: a cent less than a whole amount is under that amount."""
    above = round(amount + _CENT, 2)
    return (
        f"under {money(above, currency)}" if _is_edge(above) else f"up to {money(amount, currency)}"
    )


def price_range(filters: Filters, currency: str) -> str:
    """Say a range of prices; empty where both ends are open."""
    low, high = filters.min_price, filters.max_price
    if low is not None and high is not None and low == high:
        return f"for {money(low, currency)}"
    if low is not None and high is not None and not _is_edge(round(low - _CENT, 2)):
        return f"{money(low, currency)} to {most(high, currency).removeprefix('up to ')}"
    ends = [least(low, currency)] if low is not None else []
    return ", ".join(ends + ([most(high, currency)] if high is not None else []))


def _is_edge(amount: float) -> bool:
    return amount > 0 and amount == int(amount)
