"""What search engines are told of an item: a Product of schema.org, of facts that are known."""

from collections.abc import Mapping

from flask import url_for

from webapp.models import Item
from webapp.web.branding.brand import branding
from webapp.web.canonical import absolute
from webapp.web.links import media
from webapp.web.template_filters import heading

# What owners call them, by the property that they are; the first that an item has counts.
_NUMBERS = {
    "sku": ("sku", "productnumber", "articlenumber", "itemnumber"),
    "mpn": ("mpn",),
    "gtin": ("gtin", "gtin13", "gtin8", "gtin12", "gtin14", "ean", "ean13", "upc"),
}
_GTIN_LENGTHS = (8, 12, 13, 14)

Json = dict[str, object]


def product(item: Item) -> Json | None:
    """Describe an item; None for a bag of the demo, whose facts are invented.

    What is not known is left out: nothing is said of what a shop has in stock.
    """
    if item.is_drawn:
        return None
    told: Json = {
        "@context": "https://schema.org",
        "@type": "Product",
        "name": heading(item),
        "url": _address(item),
        "image": [absolute(media("media.image", photo)) for photo in item.photos],
        "brand": {"@type": "Brand", "name": item.brand} if item.brand else None,
        "category": item.category,
        "color": item.colour,
        **_numbers(item.extra),
        "offers": _offer(item),
    }
    return {name: value for name, value in told.items() if value}


def _offer(item: Item) -> Json | None:
    currency = item.currency or branding().currency
    if item.price is None or not currency:
        return None
    shop = item.url if item.url.startswith(("https://", "http://")) else _address(item)
    return {
        "@type": "Offer",
        "price": f"{item.price:.2f}",
        "priceCurrency": currency,
        "url": shop,
    }


def _numbers(extra: Mapping[str, str]) -> Json:
    by_name = {
        "".join(sign for sign in name.casefold() if sign.isalnum()): value.strip()
        for name, value in extra.items()
    }
    found: Json = {
        ours: next((by_name[one] for one in theirs if by_name.get(one)), "")
        for ours, theirs in _NUMBERS.items()
    }
    return found | ({} if _is_gtin(str(found["gtin"])) else {"gtin": ""})


def _is_gtin(text: str) -> bool:
    """Check the number's last digit, which is made of the others."""
    if not (text.isascii() and text.isdigit() and len(text) in _GTIN_LENGTHS):
        return False
    digits = [int(digit) for digit in reversed(text)]
    return (3 * sum(digits[1::2]) + sum(digits[::2])) % 10 == 0


def _address(item: Item) -> str:
    return url_for("pages.item", item_id=item.id, _external=True)
