"""Attributes of an item that a person gives one by one."""

from collections.abc import Mapping

from webapp.catalog.import_list.prices import read_price
from webapp.catalog.import_list.readable_names import is_unicode, readable
from webapp.exceptions import BadParameter
from webapp.models import ATTRIBUTES, ITEM_FIELDS

_FIXED = {one.name for one in ITEM_FIELDS} - set(ATTRIBUTES)


def columns_of(given: Mapping[str, str], extra: Mapping[str, str]) -> dict[str, object]:
    """Return what to write of an item that has `extra` attributes now.

    Names that are none of ours become extra attributes. An empty value takes one away.

    Raises:
        BadParameter: a value cannot be read, or a name is of what a photo's file says.
    """
    columns: dict[str, object] = {}
    extras = dict(extra)
    for name, value in ((name.strip(), value.strip()) for name, value in given.items()):
        ours = name.lower()
        if not is_unicode(name + value):
            raise BadParameter(readable(name), "is not UTF-8, or holds a zero byte")
        if ours in _FIXED or not ours:
            can = ", ".join(ATTRIBUTES)
            raise BadParameter(name, f"cannot be set; what can: {can}, and names of your own")
        if ours == "price":
            columns = _price(value) | columns
        elif ours in ATTRIBUTES:
            columns[ours] = value
        elif value:
            extras[name] = value
        else:
            extras.pop(name, None)
    return columns if extras == extra else columns | {"extra": extras}


def _price(text: str) -> dict[str, object]:
    """Read a price; a currency that is written with it counts where none is given beside it."""
    price = read_price(text)
    if price.amount is None and text:
        raise BadParameter("price", price.remark)
    return {"price": price.amount} | ({"currency": price.currency} if price.currency else {})
