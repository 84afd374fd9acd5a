"""How names, prices and shares are written."""

import math
from pathlib import Path

from webapp.explain.comparison import ComparedKind
from webapp.explain.why import Explanation
from webapp.models import Item
from webapp.search.result import Hit, Level, Result
from webapp.web.branding.brand import branding
from webapp.web.number_words import money, number


def heading(item: Item) -> str:
    """Name an item: by its title, or by its file where it has none."""
    if item.title:
        return item.title
    stem = Path(item.filename).stem.replace("-", " ").replace("_", " ").strip()
    return stem or f"Item {item.id}"


def beside_brand(item: Item) -> str:
    """Name an item where its brand stands already: shop titles often begin with the brand."""
    name, brand = heading(item), item.brand
    rest = name[len(brand) :].lstrip(" ,:|-\u2013\u2014")
    begins_with_it = name[: len(brand)].casefold() == brand.casefold()
    ends_there = not name[len(brand) : len(brand) + 1].isalnum()
    return rest if brand and rest and begins_with_it and ends_there else name


def facts(item: Item) -> list[tuple[str, str, str | None]]:
    """List what is known of an item: a name, a value, and the facet that narrows by it if any."""
    facets = [("Category", item.category, "category"), ("Colour", item.colour, "colour")]
    extra = [
        (name.replace("_", " ").capitalize(), value, None) for name, value in item.extra.items()
    ]
    return [fact for fact in (*facets, *extra) if fact[1]]


def alt(item: Item) -> str:
    """Describe an item's photo for those who cannot see it."""
    kind_of_thing = " ".join(word for word in (item.colour, item.category) if word)
    words = ", ".join(word for word in (item.brand, kind_of_thing) if word)
    # Not the heading alone: it stands beside the photo, and would be read out twice.
    return words or f"Photo of {heading(item)}"


def price(item: Item) -> str:
    """Write an item's price; where no currency is known, the number alone."""
    return "" if item.price is None else money(item.price, item.currency or branding().currency)


def plain(number: float) -> str:
    """Write a number without needless digits."""
    return f"{number:.15g}"


def share(part: float) -> str:
    """Write a share in percent, with as many digits as it takes not to say all or nothing."""
    if 0 < part < 0.1:
        return f"{number(max(0.01, 100 * part), 1 if part >= 0.01 else 2)} %"
    if 0.99 < part < 1:
        return f"{number(min(99.99, 100 * part), 2)} %"
    return f"{number(100 * part)} %"


def top(chance: float) -> str:
    """Write the share of random pairs that are as near; that none of them is, is not never."""
    return f"top {share(chance or 1e-4)}"


def rarity(chance: float) -> float:
    """Return the length of a bar, 0 to 100, for the share of pairs that are as near.

    A tenth of the share is a quarter more: what counts is how often, not how far.
    """
    return round(25 * min(4.0, -math.log10(max(chance, 1e-4))), 1)


def nearness(found: Hit | Explanation) -> str:
    """Say in words how near a hit is; nothing where there are no levels."""
    if found.level is Level.SAME_LOOK:
        return "Very alike" if found.close else "Alike"
    return {Level.SAME_PICTURE: "The same picture", Level.UNLIKE: "Hardly alike"}.get(
        found.level or Level.SAME_LOOK, ""
    )


def likeness(result: Result) -> str:
    """Return the heading over hits."""
    if result.weak:
        return "Nearest, but hardly alike"
    return (
        "The same picture, and more like it" if result.level is Level.SAME_PICTURE else "Most alike"
    )


def agreement(row: ComparedKind) -> str:
    """Say how far the engine alone agrees with an exact scan."""
    result, hits = row.result, len(row.result.hits)
    if not result.exact:
        return "very likely exact"
    if row.search.query.filters:
        return "exact: all that pass were measured"
    engines = row.search.snapshot.generation.manifest.engines
    if "exact" in engines:
        return "exact: all were measured"
    names = " and ".join(name.capitalize() for name in sorted(engines))
    return f"{names} and exact agree: {hits - result.repaired} of {hits}"
