"""PNG files of every sort, with every chunk that decides how they look."""

import struct
import zlib
from collections.abc import Iterator

from tests.browser_corpus import exif, icc
from tests.browser_corpus.png_files import (
    DEPTHS,
    GREY,
    GREY_ALPHA,
    PALETTE,
    RGB,
    RGBA,
    SORTS,
    clear,
    codes,
    gamma,
    header,
    of,
    packed,
    palette,
    png,
    primaries,
    profile,
    samples_of,
    spoilt,
)
from tests.browser_corpus.scene import CHROMATICITIES


def samples() -> Iterator[tuple[str, bytes]]:
    """Yield files, with a name for each."""
    yield from _sorts()
    yield from _colours()
    yield from _profiles()
    yield from _codes()
    yield from _turned()
    yield from _notes()


def _sorts() -> Iterator[tuple[str, bytes]]:
    for sort, depths in DEPTHS.items():
        for depth in depths:
            for interlaced in (False, True):
                name = f"{SORTS[sort]} {depth}{' interlaced' * interlaced}"
                yield name, of(sort, depth, interlaced=interlaced)
                if sort in {GREY, RGB, PALETTE}:
                    made = of(sort, depth, clear(sort, depth), interlaced=interlaced)
                    yield f"{name}, one colour clear", made
    for filter_ in range(5):
        for sort, depth in ((GREY, 2), (RGB, 8), (RGBA, 16)):
            yield f"{SORTS[sort]} {depth} by filter {filter_}", of(sort, depth, filter_=filter_)
    for size in ((1, 1), (2, 3), (5, 7), (9, 1), (1, 9), (8, 8), (33, 17)):
        yield f"interlaced {size[0]} x {size[1]}", of(RGB, 8, size=size, interlaced=True)
        yield f"1 bit {size[0]} x {size[1]}", of(GREY, 1, size=size)
    yield "a clear grey of other high bits", of(GREY, 8, (b"tRNS", b"\x01" + clear(GREY, 8)[1][1:]))
    yield (
        "a clear colour near another",
        of(RGB, 16, (b"tRNS", (samples_of(RGB, 16)[12, 9] + 1).astype(">u2").tobytes())),
    )
    yield "a palette with alpha for all", of(PALETTE, 4, (b"tRNS", bytes(range(0, 256, 16))))
    yield "alpha for more than the palette", of(PALETTE, 2, (b"tRNS", bytes(range(0, 256, 16))))


def _colours() -> Iterator[tuple[str, bytes]]:
    for value in (0.0, 0.00001, 0.1, 0.3, 0.42, 0.44, 0.45455, 0.47, 0.5, 0.55556, 1.0, 1.8, 10.0):
        yield f"gamma {value}", of(RGB, 8, gamma(value))
    for sort, depth in ((GREY, 8), (GREY, 16), (PALETTE, 8), (RGBA, 8), (GREY_ALPHA, 8), (RGB, 16)):
        yield f"{SORTS[sort]} {depth} of gamma 1", of(sort, depth, gamma(1.0))
    for space in CHROMATICITIES:
        yield f"primaries of {space} alone", of(RGB, 8, primaries(space))
        yield f"primaries of {space}, gamma 1/2.2", of(RGB, 8, primaries(space), gamma(0.45455))
        yield f"primaries of {space}, gamma 1/1.8", of(RGB, 8, gamma(0.55556), primaries(space))
        yield f"grey by primaries of {space}", of(GREY, 8, gamma(0.45455), primaries(space))
    yield "primaries of nothing", of(RGB, 8, gamma(1.0), (b"cHRM", bytes(32)))
    yield (
        "primaries all equal",
        of(RGB, 8, gamma(1.0), (b"cHRM", struct.pack(">8I", *[31270, 32900] * 4))),
    )
    for intent in range(5):
        yield f"sRGB {intent} and gamma 1", of(RGB, 8, (b"sRGB", bytes([intent])), gamma(1.0))


def _profiles() -> Iterator[tuple[str, bytes]]:
    for name, made in icc.rgb_profiles():
        yield f"rgb, profile: {name}", of(RGB, 8, profile(made))
    for name, made in icc.gray_profiles():
        yield f"grey, profile: {name}", of(GREY, 8, profile(made))
    for name, made in icc.unusable():
        yield f"rgb, {name}", of(RGB, 8, profile(made), gamma(1.0))
    linear, p3 = icc.rgb("sRGB", icc.LINE), icc.rgb("Display P3", icc.SRGB_CURVE)
    for sort, depth in ((PALETTE, 8), (RGBA, 8), (RGB, 16), (RGBA, 16), (GREY, 8), (GREY_ALPHA, 8)):
        yield f"{SORTS[sort]} {depth}, profile: Display P3", of(sort, depth, profile(p3))
        yield f"{SORTS[sort]} {depth}, profile: linear", of(sort, depth, profile(linear))
    yield "grey+alpha, grey profile", of(GREY_ALPHA, 8, profile(icc.gray(icc.LINE)))
    yield "grey 16, grey profile", of(GREY, 16, profile(icc.gray(icc.LINE)))
    yield (
        "grey with a clear tone, grey profile",
        of(GREY, 8, profile(icc.gray(icc.LINE)), clear(GREY, 8)),
    )
    yield "rgb, grey profile", of(RGB, 8, profile(icc.gray(icc.LINE)))
    yield "palette, grey profile", of(PALETTE, 8, profile(icc.gray(icc.LINE)))
    yield "rgb, CMYK profile", of(RGB, 8, profile(icc.table(b"CMYK", 4, 3, icc.ink)))
    yield "profile before gamma", of(RGB, 8, profile(p3), gamma(1.0))
    yield "sRGB before profile", of(RGB, 8, (b"sRGB", b"\0"), profile(p3))


def _codes() -> Iterator[tuple[str, bytes]]:
    linear = icc.rgb("sRGB", icc.LINE)
    for colours in (*range(13), 22):
        yield f"codes {colours} with sRGB's curve", of(RGB, 8, codes(colours, 13))
    for curve in range(20):
        yield f"codes of sRGB with curve {curve}", of(RGB, 8, codes(1, curve))
    yield "codes in limited range", of(RGB, 8, codes(12, 13, full_range=0))
    yield "codes with a matrix", of(RGB, 8, codes(12, 13, matrix=1))
    yield "codes before a profile", of(RGB, 8, codes(12, 13), profile(linear))
    yield "codes after a profile", of(RGB, 8, profile(linear), codes(12, 13))
    yield "unusable codes and gamma", of(RGB, 8, codes(2, 2), gamma(1.0))
    for sort, depth in ((GREY, 8), (PALETTE, 8), (RGBA, 8), (RGB, 16)):
        yield f"{SORTS[sort]} {depth} with codes", of(sort, depth, codes(12, 8))


def _turned() -> Iterator[tuple[str, bytes]]:
    for orientation in range(10):
        for order in "<>":
            note = exif.note(orientation, order)
            yield f"orientation {orientation} in {order}", of(RGB, 8, (b"eXIf", note))
    for name, note in exif.odd_notes():
        yield f"orientation: {name}", of(RGB, 8, (b"eXIf", note))
    note = exif.note(6)
    yield "orientation after the pixels", of(RGB, 8, after=[(b"eXIf", note)])
    yield "orientation twice", of(RGB, 8, (b"eXIf", note), (b"eXIf", exif.note(3)))
    yield "orientation with the name of a JPEG's", of(RGB, 8, (b"eXIf", b"Exif\0\0" + note))
    yield "orientation by XMP", of(RGB, 8, (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + exif.xmp(6)))
    digits = b"\nexif\n%8d\n" % (len(note) + 6) + (b"Exif\0\0" + note).hex().encode()
    yield (
        "orientation in an old note",
        of(RGB, 8, (b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(digits))),
    )
    yield "orientation of a wrong checksum", spoilt(of(RGB, 8, (b"eXIf", note)), b"eXIf")
    for orientation in (3, 6):
        made = of(PALETTE, 4, (b"eXIf", exif.note(orientation)), interlaced=True)
        yield f"palette, orientation {orientation}", made


def _notes() -> Iterator[tuple[str, bytes]]:
    long = b"Comment\0" + b"words " * 200_000
    yield "a long note", of(RGB, 8, (b"tEXt", long))
    yield (
        "a long packed note",
        of(RGB, 8, (b"zTXt", b"Comment\0\0" + zlib.compress(bytes(1 << 24)))),
    )
    yield "a note badly packed", of(RGB, 8, (b"zTXt", b"Comment\0\0no"))
    physical = struct.pack(">IIB", 0, 1, 9)
    for kind, body in (
        (b"tEXt", b"a\0b"),
        (b"pHYs", physical),
        (b"tIME", bytes(7)),
        (b"bKGD", bytes(6)),
        (b"prVt", b"x"),
    ):
        made = of(RGB, 8, (kind, body))
        yield f"a note {kind.decode()}", made
        yield f"a note {kind.decode()} of a wrong checksum", spoilt(made, kind)
    for kind, given in (
        (b"gAMA", gamma(1.0)),
        (b"iCCP", profile(icc.rgb("sRGB", icc.LINE))),
        (b"cICP", codes(1, 8)),
    ):
        yield f"{kind.decode()} of a wrong checksum", spoilt(of(RGB, 8, given), kind)
        yield f"{kind.decode()} after the pixels", of(RGB, 8, after=[given])
    yield "clear colour of a wrong checksum", spoilt(of(RGB, 8, clear(RGB, 8)), b"tRNS")
    whole = of(RGB, 8)
    yield "pixels of a wrong checksum", spoilt(whole, b"IDAT")
    yield "header of a wrong checksum", spoilt(whole, b"IHDR")
    yield "palette of a wrong checksum", spoilt(of(PALETTE, 4), b"PLTE")
    yield "end of a wrong checksum", spoilt(whole, b"IEND")
    yield "no end", whole[:-12]
    yield "something after the end", whole + b"and more" * 9
    pixels = packed(samples_of(RGB, 8), 8)
    head = header(32, 24, 8, RGB)
    parts = [(b"IDAT", pixels[at : at + 100]) for at in range(0, len(pixels), 100)]
    yield "pixels in parts", png(head, *parts, (b"IEND", b""))
    yield (
        "pixels in parts, one empty",
        png(head, parts[0], (b"IDAT", b""), *parts[1:], (b"IEND", b"")),
    )
    yield "pixels with more behind them", png(head, (b"IDAT", pixels + b"more"), (b"IEND", b""))
    yield (
        "rgb with a palette to suggest",
        png(head, (b"PLTE", palette(9)), (b"IDAT", pixels), (b"IEND", b"")),
    )
    short = png(
        header(32, 24, 8, PALETTE),
        (b"PLTE", palette(100)),
        (b"IDAT", packed(samples_of(PALETTE, 8), 8)),
        (b"IEND", b""),
    )
    yield "more colours used than the palette has", short
    yield (
        "no palette",
        png(
            header(32, 24, 8, PALETTE), (b"IDAT", packed(samples_of(PALETTE, 8), 8)), (b"IEND", b"")
        ),
    )
    for share in (0.3, 0.9):
        cut = png(head, (b"IDAT", pixels[: int(len(pixels) * share)]), (b"IEND", b""))
        yield f"{share:.0%} of the pixels", cut
    yield (
        "wrong sum of the pixels",
        png(head, (b"IDAT", pixels[:-1] + bytes([pixels[-1] ^ 1])), (b"IEND", b"")),
    )
