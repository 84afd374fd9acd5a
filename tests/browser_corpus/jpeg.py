"""JPEG files as encoders write them, and taken apart and put together otherwise."""

import io
import struct
from collections.abc import Iterator
from typing import Any

from PIL import Image

from tests.browser_corpus import exif, icc
from tests.browser_corpus.scene import grey, scene
from tests.pictures import encoded

JFIF = b"JFIF\0\1\1\0\0\1\0\1\0\0"
EXIF, PROFILE, ADOBE, COMMENT = 0xE1, 0xE2, 0xEE, 0xFE


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, marker, len(body) + 2) + body


def jpeg(
    mode: str = "RGB", size: tuple[int, int] = (32, 24), *, black: bool = True, **options: Any
) -> bytes:
    """Encode the scene, in inks with some black over it."""
    image = Image.fromarray(grey(*size) if mode == "L" else scene(*size))
    if mode == "CMYK":
        image = image.convert("CMYK")
        if black:
            ramp = Image.linear_gradient("L").resize(size).point([one // 2 for one in range(256)])
            image.paste(Image.merge("CMYK", (*image.split()[:3], ramp)))
    return encoded(image, "JPEG", **{"quality": 90, **options})


def with_(data: bytes, *segments: bytes) -> bytes:
    """Put segments at the start of a file."""
    return data[:2] + b"".join(segments) + data[2:]


def without(data: bytes, marker: int) -> bytes:
    """Leave out the first segment of a sort."""
    at = data.index(bytes([0xFF, marker]))
    return data[:at] + data[at + 2 + int.from_bytes(data[at + 2 : at + 4], "big") :]


def with_exif(note: bytes) -> bytes:
    return with_(jpeg(size=(40, 24)), segment(EXIF, b"Exif\0\0" + note))


def with_profile(data: bytes, profile: bytes, parts: int = 1) -> bytes:
    return with_(data, *profile_parts(profile, parts))


def profile_parts(profile: bytes, parts: int) -> list[bytes]:
    length = -(-len(profile) // parts) or 1
    return [
        segment(
            PROFILE, b"ICC_PROFILE\0" + bytes((one + 1, parts)) + profile[one * length :][:length]
        )
        for one in range(parts)
    ]


def adobe(transform: int) -> bytes:
    return segment(ADOBE, b"Adobe" + struct.pack(">HHHB", 100, 0, 0, transform))


def frame_changed(
    data: bytes,
    *,
    sampling: int | None = None,
    size: tuple[int, int] | None = None,
    names: bytes = b"",
) -> bytes:
    """Change what the frame's header says: the first component's sampling, size, names."""
    changed = bytearray(data)
    at = min(place for kind in (b"\xff\xc0", b"\xff\xc2") if (place := data.find(kind)) > 0)
    if size:
        changed[at + 5 : at + 9] = struct.pack(">HH", size[1], size[0])
    if sampling:
        changed[at + 11] = sampling
    scan = data.index(b"\xff\xda")
    for number, name in enumerate(names):
        changed[at + 10 + 3 * number] = name
        changed[scan + 5 + 2 * number] = name
    return bytes(changed)


def samples() -> Iterator[tuple[str, bytes]]:
    """Yield files, with a name for each."""
    yield from _sorts()
    yield from _colours()
    yield from _turned()
    yield from _profiles()
    yield from _endings()


def _sorts() -> Iterator[tuple[str, bytes]]:
    for progressive in (False, True):
        sort = "progressive" if progressive else "baseline"
        yield f"grey {sort}", jpeg("L", progressive=progressive)
        yield f"CMYK {sort}", jpeg("CMYK", progressive=progressive)
        for subsampling in ("4:4:4", "4:2:2", "4:2:0"):
            for size in ((32, 24), (31, 23), (17, 9)):
                made = jpeg(size=size, subsampling=subsampling, progressive=progressive)
                yield f"{sort} {subsampling} {size[0]} x {size[1]}", made
    for quality in (5, 40, 75, 100):
        yield f"quality {quality}", jpeg(quality=quality)
    for size in ((1, 1), (1, 20), (20, 1), (8, 8), (7, 5), (16, 16), (100, 70)):
        yield f"{size[0]} x {size[1]}", jpeg(size=size)
        yield f"grey {size[0]} x {size[1]}", jpeg("L", size=size)
    yield "tables made to measure", jpeg(optimize=True)
    yield "restarts each row", jpeg(size=(64, 48), restart_marker_rows=1)
    yield "restarts every 3 blocks", jpeg(size=(64, 48), restart_marker_blocks=3)
    yield "grey with restarts", jpeg("L", size=(64, 48), restart_marker_blocks=2)
    half = jpeg(size=(64, 32), subsampling="4:2:2")
    yield "4:4:0", frame_changed(half, sampling=0x12, size=(32, 64))
    quarter = jpeg(size=(64, 32), subsampling="4:2:0")
    yield "4:1:1", frame_changed(quarter, sampling=0x41, size=(128, 16))
    yield "4:1:0 by columns", frame_changed(quarter, sampling=0x14, size=(32, 64))


def _colours() -> Iterator[tuple[str, bytes]]:
    plain = without(jpeg(), 0xE0)
    yield "no note at all", plain
    yield "JFIF of odd density", with_(plain, segment(0xE0, JFIF[:7] + bytes(7)))
    yield "JFIF cut short", with_(plain, segment(0xE0, JFIF[:9]))
    yield "RGB kept", jpeg(keep_rgb=True)
    for transform in (0, 1, 2):
        yield f"Adobe's note {transform}", with_(plain, adobe(transform))
        yield f"Adobe's note {transform} and JFIF", with_(jpeg(), adobe(transform))
        inks = without(jpeg("CMYK"), ADOBE)
        yield f"CMYK, Adobe's note {transform}", with_(inks, adobe(transform))
    yield "CMYK, no note", without(jpeg("CMYK"), ADOBE)
    yield "Adobe's note cut short", with_(plain, segment(ADOBE, b"Adobe\0\x64"))
    yield "components called R, G, B", frame_changed(plain, names=b"RGB")
    yield "components called R, G, B, with JFIF", frame_changed(jpeg(), names=b"RGB")
    yield "components called 0, 1, 2", frame_changed(plain, names=b"\0\1\2")
    yield "components called 3, 7, 9", frame_changed(plain, names=b"\3\7\11")
    yield "a comment", with_(jpeg(), segment(COMMENT, b"words"))
    yield "many notes", with_(jpeg(), *(segment(one, bytes(60_000)) for one in range(0xE3, 0xEE)))
    yield "filled before a marker", with_(jpeg(), b"\xff\xff\xff" + segment(COMMENT, b"words")[1:])
    yield "something between segments", with_(jpeg(), segment(COMMENT, b"words"), b"\0\0\0")


def _turned() -> Iterator[tuple[str, bytes]]:
    for orientation in range(10):
        for order in "<>":
            yield f"orientation {orientation} in {order}", with_exif(exif.note(orientation, order))
    for name, note in exif.odd_notes():
        yield f"orientation: {name}", with_exif(note)
    six, three = (segment(EXIF, b"Exif\0\0" + exif.note(one)) for one in (6, 3))
    plain = jpeg(size=(40, 24))
    yield "orientation twice", with_(plain, six, three)
    yield "orientation behind JFIF", plain[:20] + six + plain[20:]
    scan = plain.index(b"\xff\xda")
    yield "orientation just before the scan", plain[:scan] + six + plain[scan:]
    yield "orientation after the end", plain + six
    yield (
        "orientation by XMP",
        with_(plain, segment(EXIF, b"http://ns.adobe.com/xap/1.0/\0" + exif.xmp(6))),
    )
    yield (
        "orientation 3, by XMP 6",
        with_(plain, three, segment(EXIF, b"http://ns.adobe.com/xap/1.0/\0" + exif.xmp(6))),
    )
    yield (
        "orientation, note ends in 0xff",
        with_(plain, segment(EXIF, b"Exif\0\xff" + exif.note(6))),
    )
    yield "orientation, note without zeros", with_(plain, segment(EXIF, b"Exif" + exif.note(6)))
    for mode in ("L", "CMYK"):
        yield f"orientation of {mode}", with_(jpeg(mode), six)
    yield "orientation of a progressive picture", with_(jpeg(progressive=True), six)


def _profiles() -> Iterator[tuple[str, bytes]]:
    for name, made in icc.rgb_profiles():
        yield f"profile: {name}", with_profile(jpeg(), made)
    for name, made in icc.gray_profiles():
        yield f"grey, profile: {name}", with_profile(jpeg("L"), made)
    for name, made in icc.unusable():
        yield name, with_profile(jpeg(), made)
    inks = icc.table(b"CMYK", 4, 9, icc.ink)
    p3 = icc.rgb("Display P3", icc.points(461))
    yield "CMYK, profile of inks", with_profile(jpeg("CMYK"), inks)
    yield "CMYK without black, profile of inks", with_profile(jpeg("CMYK", black=False), inks)
    yield "CMYK, profile of RGB", with_profile(jpeg("CMYK"), p3)
    yield "grey, profile of RGB", with_profile(jpeg("L"), p3)
    yield "profile of grey", with_profile(jpeg(), icc.gray(icc.LINE))
    yield "profile of inks", with_profile(jpeg(), inks)
    yield (
        "profile and orientation",
        with_(with_profile(jpeg(), p3), segment(EXIF, b"Exif\0\0" + exif.note(8))),
    )
    yield "profile in parts", with_profile(jpeg(), p3, 3)
    first, second, third = profile_parts(p3, 3)
    yield "profile in parts, not in order", with_(jpeg(), third, first, second)
    yield "profile in parts, one missing", with_(jpeg(), first, third)
    yield "profile in parts, one twice", with_(jpeg(), first, second, second, third)
    yield "two profiles", with_profile(with_profile(jpeg(), icc.rgb("sRGB", icc.LINE)), p3)


def _endings() -> Iterator[tuple[str, bytes]]:
    for progressive in (False, True):
        sort = "progressive" if progressive else "baseline"
        whole = jpeg(size=(64, 48), progressive=progressive)
        yield f"{sort}, no end", whole[:-2]
        yield f"{sort}, half an end", whole[:-1]
        yield f"{sort}, something after the end", whole + b"and more" * 9
        yield f"{sort}, another picture after the end", whole + jpeg("L")
        yield f"{sort}, half cut off", whole[: len(whole) // 2]
        yield f"{sort}, filled up with zeros", whole[: len(whole) // 2].ljust(len(whole), b"\0")
    parts = io.BytesIO()
    image = Image.fromarray(scene())
    image.save(parts, "MPO", save_all=True, append_images=[image.rotate(180)])
    yield "several pictures", parts.getvalue()
    small = segment(EXIF, b"Exif\0\0" + exif.note(1) + jpeg("L", size=(16, 12)))
    yield "a small picture in a note", with_(jpeg(), small)
