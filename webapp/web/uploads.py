"""The picture sent with a request, and the part of it that is meant."""

import re
from collections.abc import Mapping
from decimal import Decimal

from flask import request
from werkzeug.datastructures import FileStorage

from webapp.context import hashbag
from webapp.exceptions import BadParameter
from webapp.hashing import picture_work
from webapp.hashing.fingerprinting import Crop, EncodedPicture, HashedUpload
from webapp.web import parameters
from webapp.web.guards.bodies import FORM, check_body
from webapp.web.parameter import Json

Fields = Mapping[str, str]

SIDES = ("left", "top", "right", "bottom")
MARGINS = tuple(f"cut_{side}" for side in SIDES)
"""The fields that say how many percent of a picture to cut off, one for each side."""

_PERCENT = re.compile(r"\d{1,2}(\.\d{0,6})?|\.\d{1,6}", re.ASCII)


def hashed_upload() -> HashedUpload:
    """Hash the picture in the field `image`; it stays in memory and is gone with the request.

    Raises:
        LengthRequired, WrongMediaType: the body cannot be read.
        BadParameter: there is no picture, or more than one, or its crop cannot be used.
        UnreadableImage: it cannot be decoded, has too many pixels, or is too plain.
    """
    check_body(FORM)
    region = crop(parameters.sent())
    return hashed(_upload().stream.read(), region)


def hashed(data: bytes, region: Crop | None) -> HashedUpload:
    """Hash a picture, or the region of it that is meant.

    Raises:
        UnreadableImage: it cannot be decoded, has too many pixels, or is too plain.
    """
    encoded = EncodedPicture(data, hashbag().settings.max_pixels, region)
    return picture_work.runner().upload(encoded)


def _upload() -> FileStorage:
    """Return the one picture that was sent.

    The form has two fields `image`, one for a file and one for the camera; an unused one is empty.
    """
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
    """Read the region that is meant: `crop=x,y,w,h`, or the margins to cut off.

    Raises:
        BadParameter: it is no region inside the picture, or both ways are used at once.
    """
    region, inside = _region(fields), _inside_margins(fields)
    if region and inside:
        raise BadParameter("crop", f"give this or {MARGINS[0]} to {MARGINS[-1]}, not both")
    return region or inside


def _region(fields: Fields) -> Crop | None:
    text = fields.get("crop", "").strip()
    if not text:
        return None
    try:
        x, y, width, height = (parameters.decimal(part.strip()) for part in text.split(","))
    except ValueError as error:
        raise BadParameter("crop", "must be x,y,w,h as fractions from 0 to 1") from error
    # A browser's rounding may put an edge just outside the picture.
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
    # Decimals, because 29 % must give exactly the number that 0.29 in `crop` gives.
    x, y, width, height = (
        float(part / 100) for part in (left, top, 100 - left - right, 100 - top - bottom)
    )
    return Crop(x, y, width, height)


def _percent(fields: Fields, name: str) -> Decimal:
    text = fields.get(name, "").strip() or "0"
    if not _PERCENT.fullmatch(text):
        raise BadParameter(name, f"'{text[:40]}' is no percentage from 0 to below 100, like 12.5")
    return Decimal(text)


PICTURE: Json = {"type": "string", "format": "binary"}
_PERCENT_OFF: Json = {
    "type": "number",
    "minimum": 0,
    "exclusiveMaximum": 100,
    "description": "Percent of the picture to cut off from this side, in place of `crop`.",
}
_CROP: Json = {"type": "string", "description": "x,y,w,h as fractions from 0 to 1"}


def form_of(image: Json) -> Mapping[str, Json]:
    """Describe a form with a picture, or several, and what is cut off."""
    fields = {"image": image, "crop": _CROP, **dict.fromkeys(MARGINS, _PERCENT_OFF)}
    return {FORM: {"type": "object", "required": ["image"], "properties": fields}}
