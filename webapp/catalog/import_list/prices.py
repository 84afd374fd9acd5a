"""Prices as people write them: a number with its grouping and decimal signs, and a currency.

Nothing is guessed away: a number with anything else beside it, a minus, "from", a second number,
is no price. Whether "1.299" is a thousand and some or one and a bit, the text alone does not
tell; whoever reads a list knows more.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from webapp.catalog.import_list.currencies import currency_of, decimal_sign_of, is_shared

_LONGEST = 60  # characters of a price; what is longer is a text
_HIGHEST = 1e60

_WRITTEN = re.compile(
    r"""
    (?P<before>\D*?)
    # A sign may begin the number, as in ".50"; in "Rs.500" it ends the word before.
    (?P<number>(?:(?<![^\W\d_])[.,])?\d(?:[\d.,' ]*\d)?)
    (?P<end>[.,:]\s?[-\u2013\u2014]{0,3}|/-|)  # "45,-", "45.\u2013", "45:-", "45/-": no cents
    (?P<after>\D*)
    """,
    re.VERBOSE,
)
# In groups of three, or as in India: the last of three and those before it of two.
_GROUPED = re.compile(r"\d{1,3}(?:([.,' ])\d{3})(?:\1\d{3})*|\d{1,2}(?:([.,' ])\d\d)+\2\d{3}")
_APOSTROPHES = str.maketrans("\u2019\u00b4\u02bc", "'''")
_OTHER = {".": ",", ",": "."}


@dataclass(frozen=True, slots=True)
class Price:
    """What a text says: `amount` is None where it is no price, and `remark` tells why."""

    amount: float | None
    currency: str = ""
    remark: str = ""


@dataclass(frozen=True, slots=True)
class _Number:
    """Digits of a number as written; `decimal` is its decimal sign, "?" where it may be one."""

    text: str
    decimal: str

    def value(self, decimal: str) -> float:
        digits = re.sub(f"[^\\d{re.escape(decimal)}]", "", self.text)
        return float(digits.replace(",", "."))


def read_price(text: str, proven: str = "", usual: str = "") -> Price:
    """Read one price; blank is none.

    `proven` is the decimal sign that other prices of the same list show, `usual` the one of the
    list's language; each "" where not known.
    """
    if not text.strip():
        return Price(None)
    found = _parts(text)
    if not found:
        return Price(None, remark=_not_read(text))
    number, currency, remark = found
    if number.decimal != "?":
        return Price(number.value(number.decimal), currency, remark)
    decimal = proven or decimal_sign_of(currency) or usual
    amount = number.value(decimal)
    if not proven and (not decimal or decimal in number.text):
        remark = _of_two_readings(text, number, amount)
    return Price(amount, currency, remark)


def price_of_number(number: float) -> Price:
    """Take a price that was given as a number, as in JSON."""
    if isinstance(number, bool) or not 0 <= number <= _HIGHEST:
        return Price(None, remark=_not_read(str(number)))
    return Price(float(number))


def shown_decimal_sign(text: str) -> str:
    """Return the decimal sign that a price proves; "" where it does not tell."""
    if text.isdigit():
        return ""
    found = _parts(text)
    return found[0].decimal.strip("?") if found else ""


def _of_two_readings(text: str, number: _Number, taken: float) -> str:
    thousands = number.value("")
    return (
        f"the price '{text.strip()}' may be {thousands:.0f} or {thousands / 1000:.3f}: "
        f"taken as {taken:.10g}"
    )


@lru_cache(maxsize=4096)  # the prices of a list repeat, and each is looked at twice
def _parts(text: str) -> tuple[_Number, str, str] | None:
    """Take a price apart: number, currency, and what to say of it; None where it is none."""
    plain = unicodedata.normalize("NFKC", text).translate(_APOSTROPHES).strip()
    raised = any(sign.isdigit() and not sign.isdecimal() for sign in text)  # a footnote's number
    match = _WRITTEN.fullmatch(plain) if len(plain) <= _LONGEST else None
    if raised or not match:
        return None
    number = _number(match["number"], match["end"])
    currency = _currency(match["before"].strip(), match["after"].strip())
    if number is None or currency is None:
        return None
    lost = f"the price '{text.strip()}' has lost its currency sign" if currency == "?" else ""
    return number, currency.strip("?"), lost


def _number(text: str, end: str) -> _Number | None:
    """Tell a number's decimal sign; None where its groups are none that people write."""
    signs = [sign for sign in text if sign in ".,' "]
    if not signs:
        return _Number(text, "")
    last = signs[-1]
    if last not in _OTHER or signs.count(last) > 1:
        return _Number(text, _OTHER.get(last, "")) if _GROUPED.fullmatch(text) else None
    whole, _, fraction = text.rpartition(last)
    if len(signs) > 1:
        return _Number(text, last) if _GROUPED.fullmatch(whole) else None
    if len(fraction) != 3 or whole.startswith("0") or not _GROUPED.fullmatch(text):
        return _Number(text, last)
    if end[:1] in _OTHER:  # "1.299,-" has its decimal sign at the end
        return _Number(text, end[0] if end[0] != last else "")
    return _Number(text, "?")


def _currency(before: str, after: str) -> str | None:
    """Return the currency of what stands around a number: "" for none, None for other words.

    A "?" before the number is what programs write that have no letter for the sign.
    """
    if before == "?":
        return "?" if not after else currency_of(after)
    words = [word for word in (before, after) if word]
    found = [currency_of(word) for word in words]
    if None in found:
        return None
    certain = [code for code, word in zip(found, words, strict=True) if not is_shared(word)]
    named = set(certain or found)
    return None if len(named) > 1 else next(iter(named), "")


def _not_read(text: str) -> str:
    text = text.strip()
    shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
    return f"the price '{shown}' cannot be read: left blank"
