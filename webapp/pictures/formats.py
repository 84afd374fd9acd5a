"""Which format a file has, by how it begins; and what is told of those that are not read."""

import re

from webapp.exceptions import NotAnImage

MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "AVIF": "image/avif",
    "HEIF": "image/heif",
    "GIF": "image/gif",
    "BMP": "image/bmp",
    "TIFF": "image/tiff",
    "JXL": "image/jxl",
}
"""The formats that are read, by Pillow's names."""

SHOWN_OTHERWISE = "; shown=otherwise"
"""Ends the media type of a file that browsers show otherwise than it is shown here."""

IN_WORDS = "JPEG, PNG, WebP, AVIF, HEIC, GIF, BMP, TIFF"

_READ = {
    "JPEG": rb"\xff\xd8\xff",
    "PNG": rb"\x89PNG",
    "WEBP": rb"RIFF....WEBP",
    "GIF": rb"GIF8[79]a",
    "BMP": rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0",
    # Camera makers' raw files begin like TIFF too, most with a letter of their own.
    "TIFF": rb"(?:II[*+]\0|MM\0[*+])(?!....CR)",
    "JXL": rb"\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n",
}
_NOT_READ = {
    "an SVG drawing": rb"\s*(?:<\?xml.{0,400}|<!--.{0,400})?<(?:!DOCTYPE\s+)?svg\b",
    "a web page": rb"\s*<(?:!doctype\s+html|html|head|body)\b",
    "a PDF document": rb"%PDF-",
    "a PostScript drawing": rb"%!PS|\xc5\xd0\xd3\xc6",
    "a Photoshop file": rb"8BPS",
    "a JPEG 2000 picture": rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51",
    "a JPEG XR picture": rb"II\xbc",
    "an OpenEXR picture": rb"v/1\x01",
    "an icon": rb"\0\0[\1\2]\0[^\0]\0",
    "a GIMP file": rb"gimp xcf",
    "a raw photo": rb"II[*+]\0....CR|IIU\0|IIR[OS]|MMOR|FUJIFILM|\0MRM|FOVb|....ftypcrx",
    "a video": rb"....ftyp(?:mp4|iso|M4V|qt|3gp|avc)|\x1aE\xdf\xa3|RIFF....AVI ",
    "an archive": rb"PK\3\4|\x1f\x8b|7z\xbc\xaf|Rar!",
}
_BEGINS = re.compile(
    b"|".join(b"(" + pattern + b")" for pattern in (*_READ.values(), *_NOT_READ.values())),
    re.DOTALL | re.IGNORECASE,
)
_NAMES = (*_READ, *_NOT_READ)
_HEIF_BRANDS = frozenset({b"mif1", b"msf1", b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis"})


def format_of(data: bytes) -> str:
    """Name the format of a file by its content, as in `MEDIA_TYPES`.

    Raises:
        NotAnImage: it has none of them.
    """
    if not data:
        raise NotAnImage("the file is empty")
    if brands := _brands(data):
        # Both are the same container, and say which by their brands.
        return "AVIF" if brands & {b"avif", b"avis"} else "HEIF"
    match = _BEGINS.match(data)
    name = _NAMES[(match.lastindex or 1) - 1] if match else ""
    if name in MEDIA_TYPES:
        return name
    if name:
        raise NotAnImage(f"this is {name}, not a picture that we read ({IN_WORDS})")
    raise NotAnImage(f"this is not a picture that we read ({IN_WORDS})")


def _brands(data: bytes) -> set[bytes]:
    """List the brands of a HEIF or AVIF file; of others there are none."""
    if data[4:8] != b"ftyp":
        return set()
    end = min(int.from_bytes(data[:4], "big"), 256)
    brands = {data[at : at + 4] for at in (8, *range(16, end, 4))}
    return brands if brands & (_HEIF_BRANDS | {b"avif", b"avis"}) else set()


def not_read(what: str) -> NotAnImage:
    """Say that a sort of a format that we read is not read itself."""
    return NotAnImage(f"{what} are not read: save it as a plain JPEG or PNG and try again")
