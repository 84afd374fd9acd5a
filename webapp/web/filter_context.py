"""The filters of a page, which every link of it keeps, read as people type them."""

from dataclasses import replace

from flask import Response, g, request

from webapp.catalog.import_list.prices import Price, read_price
from webapp.context import hashbag
from webapp.exceptions import BadParameter
from webapp.models import Filters
from webapp.web import parameters

PRICES = ("min_price", "max_price")

_HIGHEST = 1e12
_ALWAYS_WITH_FORM = frozenset({"pages.grid", "pages.browse", "pages.item", "desk_bags.show"})
_WITH_FORM_WHEN_ASKED = frozenset({"pages.search", "compare.page"})


def remember_filters() -> None:
    """Read the request's filters before its view runs.

    A price that cannot be read is told beside its field, with all else as it was asked. A value
    that no item has any more stays, and finds nothing until it is taken off.

    Raises:
        BadParameter: a price cannot be read, and the page has no field to say so.
    """
    args = parameters.sent()
    g.filter_problems = {}
    prices = {name: _price(args, name) for name in PRICES}
    g.filters = _filters(parameters.facet_values(args), prices, parameters.words(args))
    for name, problem in g.filter_problems.items():
        if not _shows_form():
            raise BadParameter(name, problem)


def mark_problems(response: Response) -> Response:
    """Make a page whose filters could not all be read a bad request, for programs that ask."""
    if g.get("filter_problems") and response.status_code == 200:
        response.status_code = 400
    return response


def _shows_form() -> bool:
    asked = bool(request.args.get("q") or request.args.get("item"))
    return request.endpoint in _ALWAYS_WITH_FORM or (
        asked and request.endpoint in _WITH_FORM_WHEN_ASKED and request.method == "GET"
    )


def _filters(
    values: dict[str, tuple[str, ...]], prices: dict[str, Price], text: str | None
) -> Filters:
    low, high = (prices[name].amount for name in PRICES)
    if low is not None and high is not None and low > high:
        low, high = high, low
    filters = Filters.by(values, min_price=low, max_price=high, text=text)
    currencies = hashbag().facets.values["currency"]
    named = tuple({price.currency for price in prices.values()} & set(currencies))
    # Where prices are in several currencies, a sign says which one is meant.
    return replace(filters, currency=named) if named and len(currencies) > 1 else filters


def _price(args: parameters.Args, name: str) -> Price:
    text = args.get(name, "").strip()
    price = read_price(text)
    currencies = hashbag().facets.values["currency"]
    if text and (price.amount is None or price.amount > _HIGHEST):
        g.filter_problems[name] = f"\u2018{text[:40]}\u2019 is not a price; write it like 49.90"
        return Price(None)
    if currencies and price.currency and price.currency not in currencies:
        g.filter_problems[name] = f"prices here are in {', '.join(currencies)}"
        return Price(None)
    # Cents, so that an address written from it is read as the same number again.
    return price if price.amount is None else replace(price, amount=round(price.amount, 2))
