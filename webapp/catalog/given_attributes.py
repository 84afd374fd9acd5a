"""Attributes of an item that a person gives one by one."""

from collections.abc import Mapping

from webapp.catalog.import_list.prices import price_of_number, read_price
from webapp.catalog.import_list.readable_names import is_unicode, readable
from webapp.exceptions import BadParameter
from webapp.models import ATTRIBUTES, ITEM_FIELDS

Given = Mapping[str, str | float]
"""Values by their names: texts as people write them, or numbers, which say just what they are."""

_FIXED = {one.name for one in ITEM_FIELDS} - set(ATTRIBUTES)
_OF_A_LIST = "extra attribute"
_SHOWN_CHARACTERS = 60


def columns_of(given: Given, extra: Mapping[str, str]) -> dict[str, object]:
    """Return what to write of an item that has `extra` attributes now.

    Names that are none of ours, in any case, become extra attributes; so may others that lists
    brought: an item that has one of just this name keeps it. An empty value takes one away.

    Raises:
        BadParameter: a value cannot be read, or a name is of what a photo's file says.
    """
    columns: dict[str, object] = {}
    extras = dict(extra)
    for name, written in ((name.strip(), value) for name, value in given.items()):
        ours, value = name.lower(), str(written).strip()
        if not is_unicode(name + value):
            raise BadParameter(readable(name), "is not UTF-8, or holds a zero byte")
        if name in extra and name not in ATTRIBUTES:
            ours = _OF_A_LIST
        if ours in _FIXED or not ours:
            can = ", ".join(ATTRIBUTES)
            raise BadParameter(name, f"cannot be set; what can: {can}, and names of your own")
        if ours == "price":
            columns = _price(written) | columns
        elif ours in ATTRIBUTES:
            columns[ours] = value
        elif value:
            extras[name] = value
        else:
            extras.pop(name, None)
    return columns if extras == extra else columns | {"extra": extras}


def _price(written: str | float) -> dict[str, object]:
    """Read a price; a currency that is written with it counts where none is given beside it."""
    price = read_price(written) if isinstance(written, str) else price_of_number(written)
    if price.amount is None and str(written).strip():
        shown = str(written).strip()[:_SHOWN_CHARACTERS]
        raise BadParameter("price", f"'{shown}' is not a price; write it like 49.90")
    return {"price": price.amount} | ({"currency": price.currency} if price.currency else {})
