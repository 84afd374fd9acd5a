"""Prices and ranges of prices in words."""

from webapp.models import Filters

_SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹"}
_CENT = 0.01


def money(amount: float, currency: str) -> str:
    """Write an amount with its currency's sign; the number alone where no currency is known."""
    number = f"{amount:,.0f}" if amount == int(amount) else f"{amount:,.2f}"
    sign = sign_of(currency)
    return f"{sign}\u00a0{number}" if sign else number


def sign_of(currency: str) -> str:
    """Return the sign of a currency, or its code where it has none that all know."""
    return _SIGNS.get(currency, currency)


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
