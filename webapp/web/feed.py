"""The newest items as RSS, for feed readers and for other sites."""

import re
from xml.etree import ElementTree as ET  # it reads nothing # nosec B405

from flask import Blueprint, Response, request, url_for

from webapp.context import hashbag
from webapp.models import Item
from webapp.pictures.thumbnails import sizes_of
from webapp.web import parameters
from webapp.web.branding.brand import branding
from webapp.web.canonical import absolute
from webapp.web.links import media
from webapp.web.template_filters import heading, price

bp = Blueprint("feed", __name__)

_DEFAULT, _MOST = 30, 100
_MEDIA = "http://search.yahoo.com/mrss/"
_ATOM = "http://www.w3.org/2005/Atom"
_SECONDS = 300  # readers ask again and again
# What no XML can hold, however it is written.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@bp.get("/newest.xml")
def newest() -> Response:
    """List the newest items that pass the filters.

    No dates: the catalogue knows in which order items came, not when.
    """
    filters = parameters.filters(request.args)
    n = parameters.integer(request.args, "n", _DEFAULT, 1, _MOST)
    core = hashbag()
    items = core.snapshot.items(core.facets.page(filters, "newest", 1, n).tolist())
    answer = Response(_written(items), mimetype="application/rss+xml")
    answer.cache_control.public = True
    answer.cache_control.max_age = _SECONDS
    return answer


def _written(items: list[Item]) -> bytes:
    ET.register_namespace("media", _MEDIA)
    ET.register_namespace("atom", _ATOM)
    rss = ET.Element("rss", version="2.0")
    channel = ET.SubElement(rss, "channel")
    _add(channel, "title", f"Newest bags · {branding().name}")
    _add(channel, "link", url_for("pages.browse", _external=True))
    _add(channel, "description", "The bags that came last into the catalogue, the newest first.")
    here = absolute(f"{request.script_root}{request.full_path.rstrip('?')}")
    ET.SubElement(channel, f"{{{_ATOM}}}link", href=here, rel="self", type="application/rss+xml")
    for item in items:
        _add_item(channel, item)
    written: bytes = ET.tostring(rss, encoding="utf-8", xml_declaration=True)
    return written


def _add_item(channel: ET.Element, item: Item) -> None:
    entry = ET.SubElement(channel, "item")
    address = url_for("pages.item", item_id=item.id, _external=True)
    _add(entry, "title", heading(item))
    _add(entry, "link", address)
    _add(entry, "guid", address)
    known = (item.brand, item.category, item.colour, price(item))
    _add(entry, "description", ", ".join(one for one in known if one))
    size = sizes_of(item.width, item.height, item.media_type)[-1]
    picture = f"{absolute(media('media.thumb', item))}&w={size}"
    ET.SubElement(entry, f"{{{_MEDIA}}}content", url=picture, medium="image", type="image/webp")


def _add(parent: ET.Element, name: str, text: str) -> None:
    ET.SubElement(parent, name).text = _NOT_XML.sub("", text)
