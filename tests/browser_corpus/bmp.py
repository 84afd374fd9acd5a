"""BMP files with every sort of header and of pixels."""

import struct
from collections.abc import Iterator

import numpy as np

from tests.browser_corpus import icc
from tests.browser_corpus.png_files import palette
from tests.browser_corpus.scene import Bytes, alpha, as_bytes, grey, scene

WIDTH, HEIGHT = 31, 23  # rows are filled up to whole words
PLAIN, RLE8, RLE4, FIELDS, ALPHA_FIELDS = 0, 1, 2, 3, 6
CORE, INFO, V2, V3, OS2, V4, V5 = 12, 40, 52, 56, 64, 108, 124
SRGB, CALIBRATED, EMBEDDED = b"BGRs", bytes(4), b"DEBM"


def bmp(
    pixels: bytes,
    bits: int,
    *,
    header: int = INFO,
    compression: int = PLAIN,
    colours: bytes = b"",
    used: int = 0,
    masks: tuple[int, ...] = (),
    upright: bool = False,
    space: bytes = SRGB,
    endpoints: bytes = bytes(48),
    profile: bytes = b"",
) -> bytes:
    """Write a file; `masks` are in the header if it has room for them, else behind it."""
    if header == CORE:
        head = struct.pack("<IHHHH", CORE, WIDTH, HEIGHT, 1, bits)
    else:
        height = -HEIGHT if upright else HEIGHT
        head = struct.pack(
            "<IiiHHIIiiII",
            header,
            WIDTH,
            height,
            1,
            bits,
            compression,
            len(pixels),
            2835,
            2835,
            used,
            0,
        )
        head += b"".join(struct.pack("<I", mask) for mask in masks)
        if header >= V4:
            head = head.ljust(56, b"\0") + space + endpoints
        behind = len(head) + len(colours) + len(pixels)
        if header == V5:
            head = head[:108] + struct.pack("<IIII", 4, behind + 16, len(profile), 0)
        head = head.ljust(header, b"\0")
    start = 14 + len(head) + len(colours)
    body = head + colours + pixels + profile
    return struct.pack("<2sIHHI", b"BM", 14 + len(body), 0, 0, start) + body


def rows(samples: Bytes, *, upright: bool = False) -> bytes:
    """Write rows, from the lowest up, each filled up to whole words; bytes as they are."""
    lines = samples.reshape(HEIGHT, -1)
    filled = np.pad(lines, ((0, 0), (0, -lines.shape[1] % 4)))
    return (filled if upright else filled[::-1]).tobytes()


def indexed(bits: int) -> bytes:
    values = indices(bits)
    places = np.arange(bits - 1, -1, -1)
    return rows(np.packbits((values[..., None] >> places & 1).reshape(HEIGHT, -1), axis=1))


def indices(bits: int) -> Bytes:
    return as_bytes(grey(WIDTH, HEIGHT).astype(int) * (2**bits - 1) // 255)


def quads(bits: int, each: int = 4) -> bytes:
    """Write a palette, blue first."""
    triples = np.frombuffer(palette(2**bits), np.uint8).reshape(-1, 3)[:, ::-1]
    return np.pad(triples, ((0, 0), (0, each - 3))).tobytes()


def words(masks: tuple[int, ...], size: int) -> bytes:
    """Write the scene with each colour in the bits of its mask."""
    picture = np.dstack([scene(WIDTH, HEIGHT), alpha(WIDTH, HEIGHT)]).astype(np.uint64)
    number = np.zeros(picture.shape[:2], dtype=np.uint64)
    for channel, mask in enumerate(masks):
        if mask:
            low = mask & -mask
            number |= (
                picture[..., channel] * np.uint64(mask // low) // np.uint64(255)
            ) * np.uint64(low)
    return rows(number.astype(f"<u{size}").view(np.uint8))


def samples() -> Iterator[tuple[str, bytes]]:
    """Yield files, with a name for each."""
    picture = np.ascontiguousarray(scene(WIDTH, HEIGHT)[..., ::-1])
    quad = np.dstack([picture, alpha(WIDTH, HEIGHT)])
    for bits in (1, 2, 4, 8):
        for header in (INFO, OS2, V4, V5):
            yield (
                f"{bits} bits, header of {header}",
                bmp(indexed(bits), bits, header=header, colours=quads(bits)),
            )
        yield (
            f"{bits} bits, old header",
            bmp(indexed(bits), bits, header=CORE, colours=quads(bits, 3)),
        )
    for header in (CORE, INFO, OS2, V4, V5):
        yield f"24 bits, header of {header}", bmp(rows(picture), 24, header=header)
        if header != CORE:
            yield f"32 bits, header of {header}", bmp(rows(quad), 32, header=header)
            yield (
                f"16 bits, header of {header}",
                bmp(words((0x7C00, 0x3E0, 0x1F), 2), 16, header=header),
            )
    yield "24 bits, from above", bmp(rows(picture, upright=True), 24, upright=True)
    yield "32 bits, from above", bmp(rows(quad, upright=True), 32, upright=True)
    yield "8 bits, fewer colours", bmp(rows(indices(8) // 4), 8, colours=quads(6), used=64)
    yield "8 bits, more colours used than there are", bmp(indexed(8), 8, colours=quads(6), used=64)
    yield from _fields()
    yield from _runs()
    yield from _profiles(picture)
    whole = bmp(rows(picture), 24)
    yield "something after the end", whole + b"and more"
    yield "cut", whole[: len(whole) // 2]
    yield "a wrong length", whole[:2] + bytes(4) + whole[6:]


def _fields() -> Iterator[tuple[str, bytes]]:
    for name, size, masks in (
        ("5, 6, 5", 2, (0xF800, 0x7E0, 0x1F)),
        ("5, 5, 5", 2, (0x7C00, 0x3E0, 0x1F)),
        ("4, 4, 4", 2, (0xF00, 0xF0, 0xF)),
        ("8, 8, 8", 4, (0xFF0000, 0xFF00, 0xFF)),
        ("8, 8, 8, other order", 4, (0xFF, 0xFF00, 0xFF0000)),
        ("8, 8, 8, from the top", 4, (0xFF000000, 0xFF0000, 0xFF00)),
        ("10, 10, 10", 4, (0x3FF00000, 0xFFC00, 0x3FF)),
        ("red alone", 4, (0xFF0000, 0, 0)),
    ):
        pixels = words(masks, size)
        yield (
            f"fields of {name}",
            bmp(pixels, 8 * size, compression=FIELDS, colours=struct.pack("<3I", *masks)),
        )
        yield (
            f"fields of {name} in header",
            bmp(pixels, 8 * size, header=V4, compression=FIELDS, masks=(*masks, 0)),
        )
    yield from _fields_with_alpha()


def _fields_with_alpha() -> Iterator[tuple[str, bytes]]:
    for name, size, masks in (
        ("8, 8, 8, 8", 4, (0xFF0000, 0xFF00, 0xFF, 0xFF000000)),
        ("4, 4, 4, 4", 2, (0xF00, 0xF0, 0xF, 0xF000)),
        ("5, 5, 5, 1", 2, (0x7C00, 0x3E0, 0x1F, 0x8000)),
    ):
        pixels = words(masks, size)
        for header in (V3, V4, V5):
            yield (
                f"fields of {name}, header of {header}",
                bmp(pixels, 8 * size, header=header, compression=FIELDS, masks=masks),
            )
        made = bmp(pixels, 8 * size, compression=ALPHA_FIELDS, colours=struct.pack("<4I", *masks))
        yield f"fields of {name}, old header", made
    pixels = words((0xFF0000, 0xFF00, 0xFF, 0), 4)
    masks = (0xFF0000, 0xFF00, 0xFF, 0xFF000000)
    yield "all clear", bmp(pixels, 32, header=V4, compression=FIELDS, masks=masks)


def _runs() -> Iterator[tuple[str, bytes]]:
    for bits, compression in ((8, RLE8), (4, RLE4)):
        lines = indices(bits)[::-1]
        runs = b"".join(_line(line.tolist(), bits) + b"\0\0" for line in lines) + b"\0\1"
        yield f"runs of {bits} bits", bmp(runs, bits, compression=compression, colours=quads(bits))
        literal = b"".join(_literal(line.tolist(), bits) + b"\0\0" for line in lines) + b"\0\1"
        yield (
            f"runs of {bits} bits, as they are",
            bmp(literal, bits, compression=compression, colours=quads(bits)),
        )
        jumps = b"\4\x11\0\2\5\3\6\x22\0\0\3\x33\0\1"
        yield (
            f"runs of {bits} bits, with jumps",
            bmp(jumps, bits, compression=compression, colours=quads(bits)),
        )


def _line(values: list[int], bits: int) -> bytes:
    return b"".join(bytes([1, value << 4 if bits == 4 else value]) for value in values)


def _literal(values: list[int], bits: int) -> bytes:
    body = (
        bytes(values)
        if bits == 8
        else bytes(a << 4 | b for a, b in zip(values[::2], [*values[1::2], 0], strict=True))
    )
    return bytes([0, len(values)]) + body + bytes(len(body) % 2)


def _profiles(picture: Bytes) -> Iterator[tuple[str, bytes]]:
    for name, made in icc.rgb_profiles():
        yield f"profile: {name}", bmp(rows(picture), 24, header=V5, space=EMBEDDED, profile=made)
    yield (
        "a broken profile",
        bmp(rows(picture), 24, header=V5, space=EMBEDDED, profile=b"none" * 50),
    )
    p3 = icc.rgb("Display P3", icc.points(461))
    yield (
        "8 bits, profile",
        bmp(indexed(8), 8, header=V5, colours=quads(8), space=EMBEDDED, profile=p3),
    )
    yield "profile that does not count", bmp(rows(picture), 24, header=V5, profile=p3)
    end = np.array([0.64, 0.33, 0.03, 0.21, 0.71, 0.08, 0.15, 0.06, 0.79]) * 2**30
    adobe = end.astype("<u4").tobytes() + struct.pack("<3I", *[round(2.2 * 65536)] * 3)
    for header in (V4, V5):
        yield (
            f"calibrated, header of {header}",
            bmp(rows(picture), 24, header=header, space=CALIBRATED, endpoints=adobe),
        )
