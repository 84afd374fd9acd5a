"""What browsers, phones and search engines ask for at addresses that they know."""

from flask import Blueprint, Response, current_app, jsonify, request, url_for

from webapp.context import hashbag
from webapp.exceptions import ItemNotFound
from webapp.web.branding import icons
from webapp.web.branding.brand import branding

bp = Blueprint("site_files", __name__)

PER_SITEMAP = 50_000
"""How many addresses the protocol allows in one file."""

_DAY = 24 * 3600
_HOUR = 3600
_ANY_ITEM = 2**62
_SITEMAPS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"'
_LISTED_PAGES = ("pages.grid", "pages.browse", "maps.show", "pages.search", "pages.about")
# The same pages by other ways, without end; each has a canonical address that is listed.
_LEFT_OUT = (
    "/admin",
    "/api/",
    "/metrics",
    "/*trail=",
    "/*harder=",
    "/*fold=",
    "/*lean=",
    "/*sort=",
)


@bp.get("/manifest.webmanifest")
def manifest() -> Response:
    """Describe the site as an app: installed, it takes photos that are shared to it."""
    sizes = [size for size in icons.SIZES if size != icons.SIZES[0]]
    answer = jsonify(
        id=url_for("pages.grid"),
        name=branding().name,
        short_name=branding().name,
        description="Find bags that look alike, by a photo or by another bag.",
        start_url=url_for("pages.grid"),
        scope=url_for("pages.grid"),
        display="standalone",
        background_color=icons.PAPER,
        theme_color=icons.PAPER,
        icons=[
            {
                "src": url_for("site_files.icon", size=size),
                "sizes": f"{size}x{size}",
                "type": "image/png",
                "purpose": purpose,
            }
            for size in sizes
            for purpose in ("any", "maskable")
        ],
        # What the form on the search page sends, sent by the phone.
        share_target={
            "action": url_for("pages.search_picture"),
            "method": "POST",
            "enctype": "multipart/form-data",
            "params": {"files": [{"name": "image", "accept": ["image/*"]}]},
        },
    )
    answer.mimetype = "application/manifest+json"
    return _kept(answer, _HOUR)


@bp.get("/icons/<int:size>.png")
def icon(size: int) -> Response:
    """Send the mark as an icon."""
    if size not in icons.SIZES:
        raise ItemNotFound(f"there is no icon of {size} pixels; try {icons.SIZES}")
    return _kept(Response(icons.png(size, branding().icon_look), mimetype="image/png"), _DAY)


@bp.get("/apple-touch-icon.png")
def apple_touch_icon() -> Response:
    """Send the icon of an iPhone's home screen."""
    return icon(icons.SIZES[0])


@bp.get("/favicon.ico")
def favicon() -> Response:
    """Send the icon of a browser's tab, for browsers that take no SVG."""
    return _kept(Response(icons.favicon(branding().icon_look), mimetype="image/x-icon"), _DAY)


@bp.get("/prefetch.speculationrules")
def prefetch() -> Response:
    """Have browsers that know such rules fetch an item's page while the pointer rests on its link.

    The content policy forbids rules inside pages, so a header names this.
    """
    items = url_for("pages.item", item_id=_ANY_ITEM).replace(str(_ANY_ITEM), "*")
    rule = {
        "where": {
            "and": [
                {"href_matches": items},
                {"not": {"href_matches": f"{items}\\?*harder=1*"}},
                {"not": {"selector_matches": "[rel~=nofollow]"}},
            ]
        },
        "eagerness": "moderate",
    }
    answer = jsonify(prefetch=[rule])
    answer.mimetype = "application/speculationrules+json"  # browsers read it only as this
    return _kept(answer, _DAY)


@bp.get("/robots.txt")
def robots() -> Response:
    """Tell search engines what to leave out, and where all items are listed."""
    if hashbag().settings.is_private:
        return _kept(Response("User-agent: *\nDisallow: /\n", mimetype="text/plain"), _HOUR)
    lines = ["User-agent: *", *(f"Disallow: {request.script_root}{path}" for path in _LEFT_OUT)]
    lines += ["", f"Sitemap: {url_for('site_files.sitemap', _external=True)}", ""]
    return _kept(Response("\n".join(lines), mimetype="text/plain"), _HOUR)


@bp.get("/sitemap.xml")
def sitemap() -> Response:
    """List every item's page; where one file cannot hold them, the files that do."""
    shown = [page for page in _LISTED_PAGES if page in current_app.view_functions]
    pages = [url_for(endpoint, _external=True) for endpoint in shown]
    ids = hashbag().facets.ids
    if len(pages) + len(ids) <= PER_SITEMAP:
        return _listed("urlset", "url", pages + _of_items(0, len(ids)))
    parts = range(1, -(-len(ids) // PER_SITEMAP) + 1)
    files = [url_for("site_files.sitemap_part", part=part, _external=True) for part in parts]
    return _listed("sitemapindex", "sitemap", files)


@bp.get("/sitemap-<int:part>.xml")
def sitemap_part(part: int) -> Response:
    """List some of the items' pages."""
    found = _of_items((part - 1) * PER_SITEMAP, part * PER_SITEMAP)
    if part < 1 or not found:
        raise ItemNotFound(f"there is no part {part} of the sitemap")
    return _listed("urlset", "url", found)


def _of_items(first: int, end: int) -> list[str]:
    address = url_for("pages.item", item_id=_ANY_ITEM, _external=True)
    before, _, after = address.partition(str(_ANY_ITEM))
    return [f"{before}{item_id}{after}" for item_id in hashbag().facets.ids[first:end].tolist()]


def _listed(whole: str, entry: str, addresses: list[str]) -> Response:
    entries = "\n".join(f"<{entry}><loc>{address}</loc></{entry}>" for address in addresses)
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<{whole} {_SITEMAPS}>\n{entries}\n</{whole}>\n'
    return _kept(Response(text, mimetype="application/xml"), _HOUR)


def _kept(answer: Response, seconds: int) -> Response:
    answer.cache_control.public = True
    answer.cache_control.max_age = seconds
    return answer
