"""A short text that is another as soon as anything of an item is: for those who change it."""

import hashlib
import json

from webapp.models import ITEM_FIELDS, Item

_DIGITS = 16


def version_of(item: Item) -> str:
    """Return the version of an item: 16 hexadecimal digits."""
    own = [getattr(item, one.name) for one in ITEM_FIELDS if one.name != "source"]
    further = [(photo.digest, photo.filename) for photo in item.further]
    text = json.dumps([own, further], default=dict, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
