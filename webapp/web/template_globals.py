"""What templates need to show things: kinds, links, words, pictures."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from flask import Flask, g

from webapp.context import hashbag
from webapp.explain import code_drawing
from webapp.hashing.kinds import KINDS, KNOWN_KINDS
from webapp.index.facets import Counts
from webapp.index.item_sorts import SORTS
from webapp.models import NO_FILTERS, Filters, Item
from webapp.pictures import card
from webapp.search import colour_wish
from webapp.search.category_guess import guessed_category
from webapp.search.look import BLENDED, LEANINGS, LEARNED, LOOK, TWO_PART_LEANINGS, Leaning
from webapp.search.query import RANKINGS, Query, blended
from webapp.search.result import Hit, Result
from webapp.web import number_words, price_words, refinements, shortlist, template_filters, trail
from webapp.web.branding import icons
from webapp.web.branding.brand import branding
from webapp.web.canonical import absolute, canonical
from webapp.web.links import link, narrowed, seed, version_static
from webapp.web.parameters import HIT_ORDERS
from webapp.web.picture_sources import PictureSources, code_drawing_of
from webapp.web.product_data import product

FIRST_KINDS = tuple(
    name for name in ("look", LEARNED, "whash", "colorhash", "phash") if name in RANKINGS
)
"""The kinds whose links are always shown, and that are compared unless others are chosen."""

_MOST_LISTED = 3  # of a shortlist, as a second bag beside another

_WORDINGS = (
    number_words.number,
    template_filters.price,
    template_filters.heading,
    template_filters.alt,
    template_filters.beside_brand,
    template_filters.facts,
    template_filters.plain,
    template_filters.share,
    template_filters.top,
    template_filters.rarity,
    template_filters.nearness,
    template_filters.likeness,
    template_filters.agreement,
)


def register(app: Flask) -> None:
    """Give templates these functions."""
    app.jinja_env.globals.update(
        KINDS=KINDS,
        RANKINGS=RANKINGS,
        KNOWN_KINDS=KNOWN_KINDS,
        leanings_offered=leanings,
        choices_in_words=choices_in_words,
        colour_leaning=colour_leaning,
        category_offered=category_offered,
        BLENDED=BLENDED,
        FIRST_KINDS=FIRST_KINDS,
        code_drawing_of=code_drawing_of,
        narrowed=narrowed,
        link=link,
        seed=seed,
        MARK=icons.MARK,
        ICON_SIZES=icons.SIZES,
        canonical=canonical,
        CARD_MOST=card.MOST,
        CARD_SIDE=card.SIDE,
        absolute=absolute,
        product=product,
        narrowed_to=narrowed_to,
        facets=facets,
        has_prices=has_prices,
        currency=currency,
        money=number_words.money,
        sign_of=number_words.sign_of,
        least_price=price_words.least,
        most_price=price_words.most,
        price_range=price_words.price_range,
        unknown_values=unknown_values,
        hit_orders=hit_orders,
        sorts=sorts,
        HIT_ORDERS=HIT_ORDERS,
        page_numbers=page_numbers,
        without=without,
        Picture=PictureSources,
        shortlisted=shortlist.remembered,
        listed_others=listed_others,
        is_listed=lambda item: item.id in shortlist.remembered(),
        drawn_bits=code_drawing.draw_bits,
        cells=code_drawing.cells,
        tones=code_drawing.tones,
        zip=zip,
        trail_steps=trail.steps,
        refinements=refinements.active,
        refined=refinements.kept,
        tints=refinements.tints,
        colour_of=refinements.colour_of,
        ranks_colour=colour_wish.asks_colour,
        trail_here=trail.here_as_it_is,
    )
    app.jinja_env.filters.update({one.__name__: one for one in _WORDINGS})
    app.url_defaults(version_static)


def leanings(current: Leaning) -> list[tuple[Leaning, bool]]:
    """List the leanings that a page offers as links, and whether each is the current one."""
    parts = blended(hashbag().snapshot)
    offered = LEANINGS if LEARNED in parts else TWO_PART_LEANINGS
    shares = current.shares_of(parts)
    return [(one, np.allclose(one.shares_of(parts), shares, atol=0.005)) for one in offered]


def listed_others(item_id: int | None) -> Sequence[Item]:
    """Return the latest few on the visitor's shortlist, without one item."""
    others = [one for one in shortlist.remembered() if one != item_id]
    return hashbag().snapshot.items(others[-_MOST_LISTED:])


def category_offered(result: Result) -> tuple[str, int] | None:
    """Return the category that a photo seems to be of, and how many of it the filters leave.

    None where there is no telling, where a category is chosen already, or all that is left has it.
    """
    guess = guessed_category(result)
    if guess is None or g.filters.values("category"):
        return None
    total = hashbag().facets.count(g.filters)
    counts = facets().get("category", ())
    return next((one for one in counts if one[0] == guess and one[1] < total), None)


def colour_leaning(asked: Query) -> Leaning | None:
    """Return the leaning to colour, if the look ranks and does not lean so already."""
    if asked.by.name != LOOK.name:
        return None
    offered = leanings(asked.lean)
    to_colour = next(number for number, (one, _) in enumerate(offered) if "colour" in one.label)
    return None if any(current for _, current in offered[to_colour:]) else offered[to_colour][0]


def choices_in_words(asked: Query, order: str, *, usually_harder: bool) -> list[str]:
    """Say how hits were ranked and listed, besides by what: the words of one short line."""
    is_look = asked.by.name == LOOK.name  # only then must all its kinds be there
    chosen = [one.label for one, current in leanings(asked.lean) if current] if is_look else []
    if asked.can_try_harder and asked.harder != usually_harder:
        chosen.append("tried harder" if asked.harder else "only as it is")
    return [word.lower() for word in (*chosen, HIT_ORDERS[order])]


def without(values: Sequence[str], one: str) -> tuple[str, ...]:
    """Return the values without one of them."""
    return tuple(value for value in values if value != one)


def page_numbers(page: int, pages: int) -> list[int]:
    """List the page numbers to link: the first, the last and the near ones; 0 stands for a gap."""
    near = sorted({1, pages, *range(max(1, page - 2), min(pages, page + 2) + 1)})
    found: list[int] = []
    for number in near:
        if found and number > found[-1] + 1:
            found.append(0)
        found.append(number)
    return found


def facets() -> Counts:
    """Return the values of each facet with their counts, under the page's filters.

    Chosen values that no item has come last, with a count of 0.
    """
    counts = hashbag().facets.counts(g.filters)
    lost = unknown_values()
    return {
        name: [*found, *((value, 0) for facet, value, _ in lost if facet == name)]
        for name, found in counts.items()
    }


def narrowed_to() -> str:
    """Say in a few words what the page's filters leave; empty without filters."""
    filters: Filters = g.get("filters") or NO_FILTERS
    values = [value for name in filters.facets for value in filters.values(name)]
    prices = price_words.price_range(filters, currency(filters))
    return ", ".join([*values, prices] if prices else values)


def unknown_values() -> list[tuple[str, str, str | None]]:
    """List the chosen values that no item has: the facet, the value, and one that may be meant."""
    facets = hashbag().facets
    return [
        (name, value, facets.nearest_value(name, value))
        for name in g.filters.facets
        for value in g.filters.values(name)
        if not facets.has(name, value)
    ]


def has_prices() -> bool:
    """Return whether anything has a price to narrow or sort by."""
    return hashbag().facets.has_prices


def currency(filters: Filters) -> str:
    """Return the currency of all prices that filters leave; empty where there are several."""
    known = filters.currency or hashbag().facets.values["currency"] or (branding().currency,)
    return known[0] if len(known) == 1 else ""


def sorts(current: str) -> Mapping[str, str]:
    """Return what the catalogue can be sorted by, without what all or none of it has."""
    facets = hashbag().facets
    senseless = set() if facets.has_prices else {"price", "price-desc"}
    senseless |= set() if facets.values["brand"] else {"brand"}
    return {
        name: label for name, label in SORTS.items() if name == current or name not in senseless
    }


def hit_orders(current: str) -> Mapping[str, str]:
    """Return what neighbours can be listed by; only by likeness where nothing has a price."""
    shown = HIT_ORDERS if has_prices() else {"alike": HIT_ORDERS["alike"]}
    return {**shown, current: HIT_ORDERS[current]}


def sorted_hits(result: Result, order: str) -> Result:
    """Return the same hits, with the same ranks, listed in another order."""
    if order == "alike":
        return result
    sign = -1 if order == "price-desc" else 1

    def place(hit: Hit) -> tuple[bool, float, int]:
        price = hit.item.price
        return price is None, sign * (price or 0.0), hit.rank

    return replace(result, hits=tuple(sorted(result.hits, key=place)))
