"""Pictures sent with a request, the part of them that is meant, and its codes."""

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from flask import request
from werkzeug.datastructures import FileStorage

from webapp.context import hashbag
from webapp.exceptions import BadParameter
from webapp.hashing.kinds import query_fingerprint
from webapp.models import Fingerprint
from webapp.pictures.opening import open_picture

Fields = Mapping[str, str]

SIDES = ("left", "top", "right", "bottom")
MARGINS = tuple(f"cut_{side}" for side in SIDES)
"""The form fields that say how many percent of a picture to cut off, from each side."""

_PERCENT = re.compile(r"\d{1,2}(\.\d{0,6})?|\.\d{1,6}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Crop:
    """A region of a picture, in fractions of its width and height."""

    x: float
    y: float
    width: float
    height: float


_one_at_a_time = threading.Lock()


def uploaded_codes() -> Fingerprint:
    """Hash the picture in the field `image`; it stays in memory and is gone with the request.

    One picture at a time in each worker: decoded, a large one takes hundreds of megabytes, and
    several at once on one core would each be later.
    """
    region = crop(request.form) or crop(request.args)
    data = _upload().stream.read()
    with _one_at_a_time:
        picture = open_picture(data, hashbag().settings.max_pixels)
        if region:
            picture = picture.cropped(region.x, region.y, region.width, region.height)
        return query_fingerprint(picture.image)


def _upload() -> FileStorage:
    """Find the one picture among the fields `image`: one to choose a file, one for the camera."""
    fields = request.files.getlist("image")
    if not fields:
        raise BadParameter("image", "send the picture as the multipart form field 'image'")
    chosen = [field for field in fields if field.filename or field.content_length]
    if not chosen:
        raise BadParameter("image", "choose a picture first")
    if len(chosen) > 1:
        raise BadParameter("image", f"send one picture at a time, not {len(chosen)}")
    return chosen[0]


def crop(fields: Fields) -> Crop | None:
    """Read the region that is meant: `crop=x,y,w,h`, or the margins to cut off."""
    region, inside = _region(fields), _inside_margins(fields)
    if region and inside:
        raise BadParameter("crop", f"give this or {MARGINS[0]} to {MARGINS[-1]}, not both")
    return region or inside


def _region(fields: Fields) -> Crop | None:
    text = fields.get("crop", "").strip()
    if not text:
        return None
    try:
        x, y, width, height = (float(part) for part in text.split(","))
    except ValueError as error:
        raise BadParameter("crop", "must be x,y,w,h as fractions from 0 to 1") from error
    # Rounding in a browser may pass the edge by a hair.
    inside = 0 <= x < 1 and 0 <= y < 1 and x + width <= 1.001 and y + height <= 1.001
    if not (inside and width > 0 and height > 0):
        raise BadParameter("crop", "must be a region inside the picture, from 0 to 1")
    return Crop(x, y, width, height)


def _inside_margins(fields: Fields) -> Crop | None:
    left, top, right, bottom = (_percent(fields, name) for name in MARGINS)
    for one, other, ends in ((left, right, "left and right"), (top, bottom, "top and bottom")):
        if one + other >= 100:
            name = f"cut_{ends.split(' ', 1)[0]}"
            raise BadParameter(name, f"{one:f} % and {other:f} % off {ends} leave nothing")
    if not any((left, top, right, bottom)):
        return None
    # Divided as decimals: 29 % is the same number here as 0.29 in `crop`.
    x, y, width, height = (
        float(part / 100) for part in (left, top, 100 - left - right, 100 - top - bottom)
    )
    return Crop(x, y, width, height)


def _percent(fields: Fields, name: str) -> Decimal:
    text = fields.get(name, "").strip() or "0"
    if not _PERCENT.fullmatch(text):
        raise BadParameter(name, f"'{text[:40]}' is no percentage from 0 to below 100, like 12.5")
    return Decimal(text)
