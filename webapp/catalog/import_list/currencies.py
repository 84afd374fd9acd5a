"""Which currency a sign, a code or a word beside a number means."""

from functools import cache

from babel import Locale, UnknownLocaleError
from babel.numbers import get_decimal_symbol, list_currencies

# A sign that several countries use means the currency most lists mean by it, if there is one.
_SIGNS = {
    "€": "EUR", "euro": "EUR", "euros": "EUR",
    "$": "USD", "us$": "USD", "$us": "USD", "dollar": "USD", "dollars": "USD",
    "£": "GBP", "¥": "JPY", "円": "JPY", "cn¥": "CNY", "元": "CNY",
    "₹": "INR", "rs": "INR", "रु": "INR", "रू": "INR", "रुपये": "INR", "rupees": "INR",
    "₺": "TRY", "tl": "TRY", "zł": "PLN", "zl": "PLN", "kč": "CZK", "kc": "CZK", "ft": "HUF",
    "fr": "CHF", "sfr": "CHF", "lei": "RON", "лв": "BGN", "₽": "RUB", "₴": "UAH",
    "₩": "KRW", "₪": "ILS", "₫": "VND", "₱": "PHP", "฿": "THB", "₦": "NGN",
    "a$": "AUD", "au$": "AUD", "c$": "CAD", "ca$": "CAD", "$ca": "CAD", "hk$": "HKD", "mx$": "MXN",
    "nz$": "NZD", "r$": "BRL", "s$": "SGD", "kr": "kr",
}  # fmt: skip
_SHARED = frozenset(("$", "£", "¥", "kr", "rs", "fr", "dollar", "dollars"))
_COUNTRIES = {"kr": "SE"}


def currency_of(text: str) -> str | None:
    """Return the ISO code that a sign, code or word means; None where it is no currency."""
    word = "".join(text.split()).rstrip(".")
    code = word.upper()
    return code if code in _codes() else _SIGNS.get(word.casefold())


def is_shared(word: str) -> bool:
    """Say whether a sign is that of several currencies, so that a code beside it decides."""
    return word.rstrip(".").casefold() in _SHARED


@cache
def decimal_sign_of(currency: str) -> str:
    """Return the decimal sign of the country that a currency belongs to; "" for the euro.

    The first two letters of a currency's code are those of its country.
    """
    try:
        return str(
            get_decimal_symbol(Locale.parse(f"und_{_COUNTRIES.get(currency, currency[:2])}"))
        )
    except (UnknownLocaleError, ValueError):
        return ""


@cache
def _codes() -> frozenset[str]:
    return frozenset(list_currencies())
