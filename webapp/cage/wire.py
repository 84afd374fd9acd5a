"""What travels to the cage and back: JSON, never pickles, since the cage may fall to a picture."""

import json
from base64 import b64decode, b64encode
from dataclasses import astuple
from typing import Any

from webapp import exceptions
from webapp.exceptions import HashbagError
from webapp.hashing.bag_finder import Frame
from webapp.hashing.fingerprinting import Crop, EncodedPicture, HashedUpload
from webapp.hashing.picture_work import ReadPicture
from webapp.models import Fingerprint

# The errors that reading a picture may raise, all of them made from one sentence.
_ERRORS = {
    one.__name__: one
    for one in (
        exceptions.UnreadableImage,
        exceptions.NotAnImage,
        exceptions.DamagedImage,
        exceptions.TooPlain,
        exceptions.TooManyPixels,
        exceptions.LearnedUnusable,
    )
}

HEADER = "X-Picture"
"""Of a request: all about the picture but its bytes, which are the body."""


FAILED = "X-Picture-Failed"
"""Of an answer: reading failed by a fault of ours, and the body is its traceback."""


def head_of(encoded: EncodedPicture) -> str:
    """Write all about a picture but its bytes."""
    crop = astuple(encoded.crop) if encoded.crop else None
    return json.dumps({"max_pixels": encoded.max_pixels, "crop": crop})


def picture_of(head: str, data: bytes) -> EncodedPicture:
    """Read what `head_of` wrote."""
    said = json.loads(head)
    crop = Crop(*said["crop"]) if said["crop"] else None
    return EncodedPicture(data, said["max_pixels"], crop)


def upload_told(upload: HashedUpload) -> bytes:
    """Write the answer to an upload."""
    frames = [astuple(one) for one in upload.frames]
    return _json({"codes": _codes_told(upload.fingerprint), "frames": frames})


def upload_of(body: bytes) -> HashedUpload:
    """Read the answer to an upload."""
    said = json.loads(body)
    frames = tuple(Frame(*one) for one in said["frames"])
    return HashedUpload(_codes_of(said["codes"]), frames)


def item_told(read: ReadPicture) -> bytes:
    """Write the answer to an item's photo."""
    copies = [(size, b64encode(data).decode()) for size, data in read.copies]
    told = {"codes": _codes_told(read.fingerprint), "copies": copies}
    return _json(told | {"width": read.width, "height": read.height, "media_type": read.media_type})


def item_of(body: bytes) -> ReadPicture:
    """Read the answer to an item's photo."""
    said = json.loads(body)
    return ReadPicture(
        int(said["width"]),
        int(said["height"]),
        str(said["media_type"]),
        tuple((int(size), b64decode(data)) for size, data in said["copies"]),
        _codes_of(said["codes"]),
    )


def error_told(error: HashbagError) -> bytes:
    """Write what is wrong with a picture."""
    name = type(error).__name__ if type(error).__name__ in _ERRORS else "UnreadableImage"
    return _json({"error": name, "sentence": str(error), "private": error.private})


def error_of(body: bytes) -> HashbagError:
    """Read what is wrong with a picture."""
    said = json.loads(body)
    return _ERRORS[said["error"]](str(said["sentence"]), private=str(said["private"]))


def _json(said: dict[str, Any]) -> bytes:
    return json.dumps(said).encode()


def _codes_told(codes: Fingerprint) -> dict[str, str]:
    return {name: b64encode(code).decode() for name, code in codes.items()}


def _codes_of(said: dict[str, str]) -> Fingerprint:
    return {str(name): b64decode(code) for name, code in said.items()}
