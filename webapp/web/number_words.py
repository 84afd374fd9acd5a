"""How numbers and amounts of money are written: as in a language, or as the app has it."""

import copy
import re
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.numbers import NumberPattern, format_decimal, list_currencies, parse_pattern
from flask import current_app

from webapp.exceptions import ConfigError

_SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹"}
_LANGUAGE = re.compile("[a-zA-Z]{2,3}([-_][a-zA-Z0-9]{2,8})*")

EXTENSION = "hashbag_language"
"""Where an application keeps its locale; None where numbers are written as the app has it."""


def read_language(text: str) -> Locale | None:
    """Read the language that numbers are written in.

    Raises:
        ConfigError: none of this name is known.
    """
    if not text:
        return None
    try:
        # What is no name at all is not asked for: names become those of files.
        found = Locale.parse(text.replace("_", "-"), "-") if _LANGUAGE.fullmatch(text) else None
    except (UnknownLocaleError, ValueError):
        found = None
    if found is None:
        raise ConfigError(
            f"HASHBAG_LANGUAGE must be a language such as de, fr or en-GB, not '{text}'"
        )
    return found


def read_currency(text: str) -> str:
    """Read a currency's code; empty stays empty.

    Raises:
        ConfigError: there is none of this code.
    """
    code = text.strip().upper()
    if code and code not in list_currencies():
        raise ConfigError(f"HASHBAG_CURRENCY must be a code such as EUR or USD, not '{text}'")
    return code


def number(value: float, digits: int = 0) -> str:
    """Write a number with so many decimals, its thousands apart."""
    locale = _locale()
    if locale is None:
        return f"{value:,.{digits}f}"
    pattern = "#,##0." + "0" * digits if digits else "#,##0"
    grouped = _number_pattern(locale, pattern)
    return format_decimal(round(value, digits), grouped, locale)


def money(amount: float, currency: str) -> str:
    """Write an amount with its currency's sign; the number alone where no currency is known.

    A whole amount has no decimals.
    """
    digits = 0 if amount == int(amount) else 2
    locale = _locale()
    if locale is not None and currency:
        pattern = _money_pattern(locale, digits)
        return str(pattern.apply(amount, locale, currency=currency, currency_digits=False))
    sign = sign_of(currency)
    return f"{sign}\u00a0{number(amount, digits)}" if sign else number(amount, digits)


def sign_of(currency: str) -> str:
    """Return the sign of a currency, or its code where it has none that all know."""
    return _SIGNS.get(currency, currency)


def _locale() -> Locale | None:
    found: Locale | None = current_app.extensions.get(EXTENSION)
    return found


@lru_cache(maxsize=32)
def _number_pattern(locale: Locale, pattern: str) -> NumberPattern:
    """Group digits as the language does: in India by thousand, then by hundreds."""
    made = copy.copy(parse_pattern(pattern))
    made.grouping = locale.decimal_formats[None].grouping
    return made


@lru_cache(maxsize=8)
def _money_pattern(locale: Locale, digits: int) -> NumberPattern:
    made: NumberPattern = copy.copy(locale.currency_formats["standard"])
    made.frac_prec = (digits, digits)
    return made
