"""Original photos and thumbnails; browsers cache them by a digest of their content."""

import re
from http import HTTPStatus
from io import BytesIO
from pathlib import Path

from flask import Blueprint, Response, request, send_file

from webapp.context import hashbag
from webapp.exceptions import ItemNotFound
from webapp.models import Item, ItemPhoto
from webapp.pictures.card import MEDIA_TYPE, MOST, square_card
from webapp.pictures.plain_file import without_notes
from webapp.pictures.thumbnails import is_original_shown, sizes_of
from webapp.web import parameters

bp = Blueprint("media", __name__)

_NUMBER = re.compile("[0-9]{1,18}")

_YEAR = 365 * 24 * 3600
_DAY = 24 * 3600


@bp.get("/images/<int:item_id>")
def image(item_id: int) -> Response:
    """Send an item's original photo, or its largest copy where browsers show that otherwise.

    What cameras wrote beside the picture is left out, unless the owner wants it; where that is not
    known how, the largest copy is sent too. `photo` chooses among the item's photos, here and of
    its small copies.
    """
    photo = _photo(item_id)
    core = hashbag()
    if not is_original_shown(photo.media_type):
        return _largest_copy(photo)
    whole = not core.settings.strips_originals
    etag = photo.digest if whole else f"{photo.digest}-plain"
    if _is_kept(etag):
        return _not_modified(photo, etag)
    try:
        opened = core.catalog.originals.opened(photo)
        if whole:
            return _send(photo, opened, photo.media_type, etag)
        plain = without_notes(_read(opened), photo.media_type)
        if plain is None:
            return _largest_copy(photo)
        return _send(photo, BytesIO(plain), photo.media_type, etag)
    except OSError as error:
        raise ItemNotFound(
            f"the photo of item {item_id} is not where it was imported from", private=error
        ) from error


@bp.get("/thumbs/<int:item_id>")
def thumb(item_id: int) -> Response:
    """Send a small copy; `w` chooses among the item's sizes."""
    photo = _photo(item_id)
    sizes = sizes_of(photo.width, photo.height, photo.media_type)
    default = str(sizes[min(1, len(sizes) - 1)])
    size = parameters.one_of(request.args, "w", (default, *map(str, sizes)))
    return _thumb(photo, int(size))


@bp.get("/cards/<ids>")
def card(ids: str) -> Response:
    """Send a square picture of one item or some, to be shown beside a link: 12, or 12-40-7."""
    items = _items(ids)
    thumbs = hashbag().thumbs
    copies = [
        thumbs.key(one.digest, sizes_of(one.width, one.height, one.media_type)[-1]) for one in items
    ]
    try:
        picture = square_card([thumbs.storage.opened(key) for key in copies])
    except OSError as error:
        raise ItemNotFound(
            f"a thumbnail of the items {ids} is missing: import their photos again", private=error
        ) from error
    response = Response(picture, mimetype=MEDIA_TYPE)
    response.set_etag("-".join(one.digest[:12] for one in items))
    response.cache_control.max_age = _DAY
    response.cache_control.public = True
    response.make_conditional(request)
    return response


def _items(ids: str) -> list[Item]:
    """Find the items that an address names.

    Raises:
        ItemNotFound: it names none or too many, or one that is not there.
    """
    numbers = ids.split("-")
    if len(numbers) > MOST or not all(_NUMBER.fullmatch(number) for number in numbers):
        raise ItemNotFound(f"a card shows 1 to {MOST} items, named like 12-40-7")
    return [hashbag().catalog.item(int(number)) for number in numbers]


def _photo(item_id: int) -> ItemPhoto:
    photos = hashbag().catalog.item(item_id).photos
    number = parameters.photo_number(request.args)
    if number > len(photos):
        raise ItemNotFound(f"item {item_id} has no photo {number}: it has {len(photos)}")
    return photos[number - 1]


def _thumb(photo: ItemPhoto, size: int) -> Response:
    thumbs, etag = hashbag().thumbs, f"{photo.digest}-{size}"
    if _is_kept(etag):
        return _not_modified(photo, etag)
    try:
        copy = thumbs.storage.opened(thumbs.key(photo.digest, size))
        return _send(photo, copy, "image/webp", etag)
    except OSError as error:
        raise ItemNotFound(
            f"a thumbnail of item {photo.id} is missing: import its photo again", private=error
        ) from error


def _largest_copy(photo: ItemPhoto) -> Response:
    return _thumb(photo, sizes_of(photo.width, photo.height, photo.media_type)[-1])


def _read(opened: Path | BytesIO) -> bytes:
    return opened.read_bytes() if isinstance(opened, Path) else opened.getvalue()


def _is_kept(etag: str) -> bool:
    """Say whether the browser has this content: then no storage need be asked."""
    asked = request.if_none_match
    return asked.contains_weak(etag) and not asked.star_tag


def _not_modified(photo: ItemPhoto, etag: str) -> Response:
    response = Response(status=HTTPStatus.NOT_MODIFIED)
    response.set_etag(etag)
    return _public(photo, response)


def _send(photo: ItemPhoto, path: Path | BytesIO, media_type: str, etag: str) -> Response:
    """Send a file.

    Raises:
        OSError: it cannot be read.
    """
    response = send_file(
        path,
        mimetype=media_type,
        etag=etag,
        max_age=_max_age(photo),
        download_name=_name(photo, media_type),
    )
    return _public(photo, response)


def _public(photo: ItemPhoto, response: Response) -> Response:
    response.cache_control.public = True
    response.cache_control.max_age = _max_age(photo)
    if _is_named(photo):
        response.cache_control.immutable = True
    return response


def _max_age(photo: ItemPhoto) -> int:
    return _YEAR if _is_named(photo) else _DAY


def _is_named(photo: ItemPhoto) -> bool:
    """Say whether the address has the content's digest, and so means one picture for ever.

    An import gives a photo that was changed in place another address, and `hashbag verify` names
    it.
    """
    return request.args.get("v") == photo.digest[:12]


def _name(photo: ItemPhoto, media_type: str) -> str:
    """Name a file that a visitor saves: what it is called here is the owner's affair."""
    return f"bag-{photo.id}-{photo.digest[:6]}.{media_type.rpartition('/')[2]}"
