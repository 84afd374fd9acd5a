"""A fingerprint as text, for links.

The text is base64url, without padding, of: one byte, the version of this layout; for each code one
byte, the kind's `tag`, then two bytes, the length of the code, high byte first, then the code; at
the end four bytes, the CRC-32 of all bytes before. Whether the photo shows a bag stands among the
codes, under a tag of its own.
"""

import base64
import binascii
import struct
import zlib

from webapp.exceptions import BadParameter
from webapp.hashing import bag_sense
from webapp.hashing.code_packing import fits
from webapp.hashing.kinds import KNOWN_KINDS
from webapp.models import Code, Fingerprint

_VERSION = 1
_HEAD = struct.Struct(">BH")
_CRC = struct.Struct(">I")
_MAX_CHARACTERS = 1900
_TAGS = {name: kind.tag for name, kind in KNOWN_KINDS.items()} | {bag_sense.NAME: bag_sense.TAG}


def encode(fingerprint: Fingerprint) -> str:
    """Write a fingerprint as URL-safe text."""
    body = bytes([_VERSION]) + b"".join(
        _HEAD.pack(_TAGS[name], len(code)) + code for name, code in fingerprint.items()
    )
    return base64.urlsafe_b64encode(body + _CRC.pack(zlib.crc32(body))).decode().rstrip("=")


def decode(text: str, parameter: str = "q") -> Fingerprint:
    """Read a fingerprint; `parameter` is what an error names.

    Codes of unknown kinds, which a later version may have written, are left out.

    Raises:
        BadParameter: the text is no fingerprint, or some of its characters are lost.
    """
    if len(text) > _MAX_CHARACTERS:
        raise BadParameter(parameter, "this is too long for a fingerprint")
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadParameter(parameter, "this is not a fingerprint; was the link cut?") from error
    body, crc = raw[: -_CRC.size], raw[-_CRC.size :]
    if not body or body[0] != _VERSION or crc != _CRC.pack(zlib.crc32(body)):
        raise BadParameter(parameter, "this fingerprint is damaged; was the link cut?")
    return dict(_codes(body[1:], parameter))


def _codes(body: bytes, parameter: str) -> list[tuple[str, bytes]]:
    names = {tag: name for name, tag in _TAGS.items()}
    codes = []
    while body:
        if len(body) < _HEAD.size:
            raise BadParameter(parameter, "this fingerprint is damaged; was the link cut?")
        tag, length = _HEAD.unpack_from(body)
        code, body = body[_HEAD.size : _HEAD.size + length], body[_HEAD.size + length :]
        if tag in names:
            if not _fits(names[tag], code):
                raise BadParameter(parameter, f"its {names[tag]} code has the wrong length")
            codes.append((names[tag], code))
    return codes


def _fits(name: str, code: Code) -> bool:
    return bag_sense.fits(code) if name == bag_sense.NAME else fits(KNOWN_KINDS[name], code)
