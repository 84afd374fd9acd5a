"""The colours of the map as they are asked for in an address, with their legend."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flask import request, url_for

from webapp.context import hashbag
from webapp.exceptions import BadParameter
from webapp.explore.map.colouring import Colouring, Group, colouring, names_offered
from webapp.explore.map.store import Map
from webapp.models import Filters, Item
from webapp.web import parameters, price_words


@dataclass(frozen=True)
class ColouredMap:
    """A map's colours: by what, and `only`, the number of the one group that stands out, if any."""

    map: Map
    colouring: Colouring
    only: int | None

    @property
    def legend(self) -> Sequence[tuple[str, Group]]:
        """The groups, each with its words."""
        return [(words_of(group), group) for group in self.colouring.groups]

    @property
    def asked(self) -> Mapping[str, str]:
        """What an address says to have these colours."""
        only = {} if self.only is None else {"only": self.legend[self.only][0]}
        return {"colour_by": self.colouring.name, **only}

    @cached_property
    def picture(self) -> bytes:
        """The colours as a PNG."""
        return self.colouring.picture(self.only)

    @property
    def digest(self) -> str:
        """A name for just this picture."""
        return hashlib.sha256(self.picture).hexdigest()[:12]

    @property
    def address(self) -> str:
        """Where the picture is."""
        where: dict[str, Any] = {"version": self.map.version, "v": self.digest, **self.asked}
        return url_for("maps.colours", **where)


def coloured(found: Map) -> ColouredMap | None:
    """Read by what a map is to be coloured; None without a wish."""
    name = request.args.get("colour_by")
    if not name:
        return None
    facets = hashbag().facets
    offered = names_offered(facets)
    if name not in offered:
        raise BadParameter("colour_by", f"'{name[:40]}' is none of {', '.join(offered)}")
    groups = colouring(found, facets, name)
    only = None
    if request.args.get("only"):
        words = [words_of(group) for group in groups.groups]
        only = words.index(parameters.one_of(request.args, "only", words))
    return ColouredMap(found, groups, only)


def offered() -> Sequence[tuple[str, str]]:
    """List by what the map can be coloured: the name in addresses, and in words."""
    return [(name, name.replace("_", " ")) for name in names_offered(hashbag().facets)]


def words_of(group: Group) -> str:
    """Say what the bags of a group have in common."""
    if group.filters is None:
        return "All others" if group.has_value else "Not said"
    values = [value for name in group.filters.facets for value in group.filters.values(name)]
    return values[0] if values else _prices(group.filters)


def value_of(item: Item, name: str) -> str:
    """Return what an item has in an attribute that captions do not say in any case."""
    return {**item.extra, "category": item.category, "colour": item.colour}.get(name, "")


def _prices(filters: Filters) -> str:
    currencies = hashbag().facets.values["currency"]
    return price_words.price_range(filters, currencies[0] if currencies else "")
