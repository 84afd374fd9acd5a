"""What templates need to show things: links that keep a visit's choices, prices, pictures."""

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask, current_app, g, request, url_for
from markupsafe import Markup

from webapp import glyphs
from webapp.attributes import Counts
from webapp.blending import LEANS, PARTS
from webapp.comparison import Row
from webapp.context import hashbag
from webapp.hashing import KINDS
from webapp.models import FACETS, Filters, Fingerprint, Hit, Item, Result
from webapp.rankings import RANKINGS
from webapp.thumbs import DISPLAY_SIZE, original_fits_page, scaled, sizes_of
from webapp.views.params import HIT_ORDERS

FIRST_KINDS = ("look", "whash", "colorhash", "phash")
"""The kinds that are always in view, and compared unless others are chosen."""

Value = str | int | float | Sequence[str] | None


def register(app: Flask) -> None:
    """Give templates these functions."""
    app.jinja_env.globals.update(
        KINDS=KINDS,
        RANKINGS=RANKINGS,
        LEANS=LEANS,
        PARTS=PARTS,
        FIRST_KINDS=FIRST_KINDS,
        glyph_of=glyph_of,
        narrowed=narrowed,
        link=link,
        seed=seed,
        facets=facets,
        FACETS=FACETS,
        HIT_ORDERS=HIT_ORDERS,
        page_numbers=page_numbers,
        without=without,
        Picture=PictureSources,
        drawn_bits=glyphs.glyph_of,
        cells=glyphs.cells,
        tones=glyphs.tones,
        zip=zip,
    )
    app.jinja_env.filters.update(
        price=price,
        heading=heading,
        alt=alt,
        plain=plain,
        price_range=price_range,
        share=share,
        rarity=rarity,
        agreement=agreement,
    )
    app.url_defaults(_version_static)


def link(endpoint: str, *more: Mapping[str, Value] | None, **values: Value) -> str:
    """Build an address that keeps the seed of the sample grid the visit started from."""
    return url_for(endpoint, **_given({"seed": seed()} | _merged(more) | values))


def seed() -> int | None:
    """Return the seed of the sample grid the visit started from."""
    given: int | None = request.args.get("seed", type=int)
    return getattr(g, "seed", given)


def narrowed(endpoint: str, *more: Mapping[str, Value] | None, **values: Value) -> str:
    """Build an address that keeps the seed and what narrows the grid; None leaves out."""
    state: dict[str, Value] = {}
    filters: Filters | None = getattr(g, "filters", None)
    if filters:
        for name in (*FACETS, "min_price", "max_price"):
            state[name] = getattr(filters, name) or None
    return link(endpoint, state, *more, **values)


def _merged(parts: Iterable[Mapping[str, Value] | None]) -> dict[str, Value]:
    return {name: value for part in parts if part for name, value in part.items()}


def _given(values: dict[str, Value]) -> dict[str, Any]:
    return {
        name: f"{value:.15g}" if isinstance(value, float) else value
        for name, value in values.items()
        if value is not None and value not in ((), [])
    }


def _version_static(endpoint: str, values: dict[str, object]) -> None:
    if endpoint == "static" and "v" not in values and current_app.static_folder:
        path = Path(current_app.static_folder, str(values.get("filename", "")))
        values["v"] = _content_version(path, path.stat().st_mtime_ns)


@cache
def _content_version(path: Path, _changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


def without(values: Sequence[str], one: str) -> tuple[str, ...]:
    """Leave one value out."""
    return tuple(value for value in values if value != one)


def page_numbers(page: int, pages: int) -> list[int]:
    """List the page numbers worth a link: the ends and the near ones; 0 stands for a gap."""
    near = sorted({1, pages, *range(max(1, page - 2), min(pages, page + 2) + 1)})
    found: list[int] = []
    for number in near:
        if found and number > found[-1] + 1:
            found.append(0)
        found.append(number)
    return found


def facets() -> Counts:
    """Return the values of each facet with their counts, under the page's filters."""
    return hashbag().attributes.facets(g.filters)


def sorted_hits(result: Result, order: str) -> Result:
    """List a result's hits in another order; which they are, and their ranks, stay."""
    if order == "alike":
        return result
    sign = -1 if order == "price-desc" else 1

    def place(hit: Hit) -> tuple[bool, float, int]:
        price = hit.item.price
        return price is None, sign * (price or 0.0), hit.rank

    return replace(result, hits=tuple(sorted(result.hits, key=place)))


def heading(item: Item) -> str:
    """Name an item: by its title, or by its file where it has none."""
    stem = Path(item.filename).stem.replace("-", " ").replace("_", " ").strip()
    return item.title or stem or f"Item {item.id}"


def alt(item: Item) -> str:
    """Describe an item's photo for those who cannot see it."""
    kind_of_thing = " ".join(word for word in (item.colour, item.category) if word)
    return ", ".join(word for word in (item.brand, kind_of_thing) if word) or heading(item)


def price(item: Item) -> str | Markup:
    """Write an item's price; where no currency is known, the number as it is."""
    if item.price is None:
        return ""
    number = f"{item.price:,.0f}" if item.price == int(item.price) else f"{item.price:,.2f}"
    return f"{_CURRENCY_SIGNS.get(item.currency, item.currency)}\u00a0{number}".strip("\u00a0")


def plain(number: float) -> str:
    """Write a number without needless digits."""
    return f"{number:.15g}"


def price_range(filters: Filters) -> str:
    """Say a range of prices in words."""
    low, high = filters.min_price, filters.max_price
    if low is None:
        return "any price" if high is None else f"up to {high:,.15g}"
    return f"from {low:,.15g}" + (f" to {high:,.15g}" if high is not None else "")


def share(part: float) -> str:
    """Write a share in percent, with as many digits as it takes not to say all or nothing."""
    if 0 < part < 0.1:
        return f"{max(0.01, 100 * part):.{1 if part >= 0.01 else 2}f} %"
    if 0.99 < part < 1:
        return f"{min(99.99, 100 * part):.2f} %"
    return f"{100 * part:.0f} %"


def rarity(chance: float) -> float:
    """Return the length of a bar, 0 to 100, for the share of pairs that are as near.

    A tenth of the share is a quarter more: what counts is how often, not how far.
    """
    return round(25 * min(4.0, -math.log10(max(chance, 1e-4))), 1)


_CURRENCY_SIGNS = {"EUR": "€", "USD": "$", "GBP": "£", "JPY": "¥", "INR": "₹"}


class PictureSources:
    """The addresses of an item's photo for an `img` element."""

    def __init__(self, item: Item) -> None:
        self._item = item
        self._version = item.digest[:12]

    @property
    def src(self) -> str:
        """The smallest copy that is fit for a card on most screens."""
        sizes = sizes_of(self._item.width, self._item.height, self._item.media_type)
        return self._thumb(sizes[min(1, len(sizes) - 1)])

    @property
    def card_srcset(self) -> str:
        """The copies that a card may need."""
        return ", ".join(self._candidates(below=DISPLAY_SIZE))

    @property
    def large_srcset(self) -> str:
        """All copies, and the original where it is fit for a page."""
        item = self._item
        candidates = self._candidates(below=DISPLAY_SIZE + 1)
        if original_fits_page(item.width, item.height, item.media_type):
            candidates.append(f"{self.original} {item.width}w")
        return ", ".join(dict.fromkeys(candidates))

    @property
    def original(self) -> str:
        """The photo as it was imported."""
        return url_for("media.image", item_id=self._item.id, v=self._version)

    def _candidates(self, below: int) -> list[str]:
        item = self._item
        return [
            f"{self._thumb(size)} {scaled(item.width, item.height, size)[0]}w"
            for size in sizes_of(item.width, item.height, item.media_type)
            if size < below
        ]

    def _thumb(self, size: int) -> str:
        return url_for("media.thumb", item_id=self._item.id, w=size, v=self._version)


def glyph_of(fingerprint: Fingerprint, kind: str) -> glyphs.Glyph | None:
    """Draw one code of a fingerprint, if it has it."""
    return glyphs.glyph(KINDS[kind], fingerprint[kind]) if kind in fingerprint else None


def agreement(row: Row) -> str:
    """Say how far the engine alone agrees with an exact scan."""
    result, hits = row.result, len(row.result.hits)
    if not result.exact:
        return "very likely exact"
    if row.search.question.filters:
        return "exact: all that pass were measured"
    engines = {entry.engine for entry in row.search.generation.manifest.kinds.values()}
    if "exact" in engines:
        return "exact: all were measured"
    names = " and ".join(name.capitalize() for name in sorted(engines))
    return f"{names} and exact agree: {hits - result.repaired} of {hits}"
