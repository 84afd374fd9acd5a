"""What is no picture, or a picture and something else at once."""

import io
import zipfile
from collections.abc import Iterator

from tests.pictures import bag, encoded

FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
_SCRIPT = b"<script>alert(document.domain)</script>"


def samples() -> Iterator[tuple[str, bytes]]:
    """Yield drawings and pages as pictures, then pictures that are something else as well."""
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)">%s</svg>'
    yield "svg with a script", svg % _SCRIPT
    yield (
        "svg that reads a file",
        (
            b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY f SYSTEM "file:///etc/passwd">]>'
            + svg % b"&f;"
        ),
    )
    yield "svg of a vast picture", svg % b'<rect width="1e9" height="1e9"/>'
    yield "html", b"<!doctype html><html>" + _SCRIPT
    yield "html behind a comment", b"<!-- -->" + _SCRIPT
    yield "postscript", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n{} loop\n"
    yield "pdf", b"%PDF-1.7\n1 0 obj <</JS (app.alert(1))>> endobj"
    yield "program", b"\x7fELF\2\1\1" + bytes(500)
    yield "script", b"#!/bin/sh\nexit 1\n"
    yield (
        "python's own form",
        b"\x80\x04\x95\x1c\0\0\0\0\0\0\0\x8c\x02os\x94\x8c\x06system\x94\x93\x94.",
    )
    yield "nothing", b""
    yield "zeros", bytes(100_000)
    yield "text", "Täschchen ".encode() * 10_000
    for mark in (b"MM\0*", b"8BPS\0\1", b"\0\0\1\0\1\0", b"gimp xcf v010", b"FUJIFILM", b"v/1\x01"):
        yield f"what begins with {mark!r}", mark + bytes(range(256)) * 40
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as opened:
        opened.writestr("../../outside.html", _SCRIPT)
    yield "zip", archive.getvalue()
    for format_ in FORMATS:
        data = encoded(bag(1), format_)
        for name, other in (("a page", _SCRIPT), ("a zip", archive.getvalue())):
            yield f"{format_} and {name} at once", data + other
    yield "gif that is a script", b"GIF89a/*" + encoded(bag(1), "GIF")[8:] + b"*/=1;alert(1)"
    yield "bmp that is a script", b"BM/*" + encoded(bag(1), "BMP")[4:] + b"*/=1;alert(1)"
