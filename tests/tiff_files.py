"""TIFF files of every layout, and what they look like, computed here."""

import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[Any]

NONE, DEFLATE, PACKBITS = 1, 8, 32773
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE, CMYK = 0, 1, 2, 3, 5
UNSPECIFIED, PREMULTIPLIED, CLEARNESS = 0, 1, 2
_BYTE, _SHORT, _LONG, _RATIONAL = 1, 3, 4, 5
# Of a fraction only the place is written here, as it lies outside of the directory.
_LETTERS = {_BYTE: "B", _SHORT: "H", _LONG: "I", _RATIONAL: "I"}
Tags = Mapping[int, tuple[int, Sequence[int]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page: its samples, (h, w, channels), of unsigned, signed or floating-point numbers."""

    samples: Samples
    photometric: int = RGB
    bits: int = 0
    planes: bool = False
    compression: int = NONE
    predicted: bool = False
    strips: int = 1
    tiles: int = 0
    extra: Sequence[int] = ()
    palette: Sequence[int] = ()
    more: Tags | None = None


def tiff(*pages: Page, order: str = "<", big: bool = False, below: Sequence[Page] = ()) -> bytes:
    """Write pages one after the other; those `below` lie below the first."""
    head, size = ("Q", 16) if big else ("I", 8)
    body = bytearray(size)
    links: list[int] = []
    for number, page in enumerate(pages):
        inside = [_write(body, one, order, big)[0] for one in below] if number == 0 else []
        at, link = _write(body, page, order, big, inside)
        if links:
            struct.pack_into(order + head, body, links[-1], at)
        else:
            start = struct.pack(f"{order}HHH", 43, 8, 0) if big else struct.pack(f"{order}H", 42)
            letters = b"II" if order == "<" else b"MM"
            body[:size] = letters + start + struct.pack(order + head, at)
        links.append(link)
    return bytes(body)


def _write(
    body: bytearray, page: Page, order: str, big: bool, below: Sequence[int] = ()
) -> tuple[int, int]:
    """Append a page; return where its directory lies, and where the next one is named."""
    height, width, channels = page.samples.shape
    bits = page.bits or page.samples.dtype.itemsize * 8
    offsets, lengths = [], []
    blocks, rows = _blocks(page)
    for block in blocks:
        packed = _packed(block, page, bits, order)
        offsets.append(len(body))
        lengths.append(len(packed))
        body += packed + bytes(len(packed) % 2)
    sort = {"u": 1, "i": 2, "f": 3}[page.samples.dtype.kind]
    tags: dict[int, tuple[int, Sequence[int]]] = {
        256: (_LONG, [width]),
        257: (_LONG, [height]),
        258: (_SHORT, [bits] * channels),
        259: (_SHORT, [page.compression]),
        262: (_SHORT, [page.photometric]),
        277: (_SHORT, [channels]),
        284: (_SHORT, [2 if page.planes else 1]),
        339: (_SHORT, [sort] * channels),
        **(page.more or {}),
    }
    if page.tiles:
        tags |= {322: (_LONG, [page.tiles]), 323: (_LONG, [page.tiles])}
        tags |= {324: (_LONG, offsets), 325: (_LONG, lengths)}
    else:
        tags |= {273: (_LONG, offsets), 278: (_LONG, [rows]), 279: (_LONG, lengths)}
    if page.predicted:
        tags[317] = (_SHORT, [2])
    if page.extra:
        tags[338] = (_SHORT, page.extra)
    if page.palette:
        tags[320] = (_SHORT, page.palette)
    if below:
        tags[330] = (_LONG, below)
    return _directory(body, tags, order, big)


def _directory(body: bytearray, tags: Tags, order: str, big: bool) -> tuple[int, int]:
    count, offset, room = ("Q", "Q", 8) if big else ("H", "I", 4)
    entries = b""
    for tag, (kind, values) in sorted(tags.items()):
        packed = struct.pack(f"{order}{len(values)}{_LETTERS[kind]}", *values)
        entries += struct.pack(f"{order}HH{offset}", tag, kind, len(values))
        if len(packed) <= room:
            entries += packed.ljust(room, b"\0")
        else:
            entries += struct.pack(order + offset, len(body))
            body += packed + bytes(len(packed) % 2)
    at = len(body)
    body += struct.pack(order + count, len(tags)) + entries + bytes(room)
    return at, len(body) - room


def _blocks(page: Page) -> tuple[list[Samples], int]:
    """Cut the samples into strips or tiles, plane by plane; return how many rows a strip has."""
    height, width, channels = page.samples.shape
    planes = np.split(page.samples, channels, axis=2) if page.planes else [page.samples]
    if not page.tiles:
        rows = -(-height // page.strips)
        return [plane[at : at + rows] for plane in planes for at in range(0, height, rows)], rows
    side = page.tiles
    found = []
    for plane in planes:
        filled = np.pad(plane, ((0, -height % side), (0, -width % side), (0, 0)), mode="edge")
        for top in range(0, height, side):
            found += [filled[top : top + side, at : at + side] for at in range(0, width, side)]
    return found, 0


def _packed(block: Samples, page: Page, bits: int, order: str) -> bytes:
    if page.predicted:
        block = np.concatenate([block[:, :1], np.diff(block, axis=1)], axis=1)
    if bits < 8:
        lines = block.reshape(len(block), -1, 1).astype(np.uint8)
        places = np.arange(bits - 1, -1, -1)
        raw = np.packbits((lines >> places & 1).reshape(len(block), -1), axis=1).tobytes()
    else:
        raw = block.astype(block.dtype.newbyteorder(">" if order == ">" else "<")).tobytes()
    if page.compression == DEFLATE:
        return zlib.compress(raw)
    if page.compression == PACKBITS:
        parts = [raw[at : at + 128] for at in range(0, len(raw), 128)]
        return b"".join(bytes([len(part) - 1]) + part for part in parts)
    return raw


def seen(page: Page) -> NDArray[np.float64]:
    """Say how a page of whole numbers looks on white, (h, w, 3), in levels."""
    bits = page.bits or page.samples.dtype.itemsize * 8
    shares = page.samples.astype(np.float64) / (2**bits - 1)
    if page.photometric == PALETTE:
        palette = np.array(page.palette).reshape(3, -1).T / 65535
        return np.asarray(palette[page.samples[..., 0]] * 255)
    wanted = {RGB: 3, CMYK: 4}.get(page.photometric, 1)
    colours, rest = shares[..., :wanted], shares[..., wanted:]
    if page.photometric == CMYK:
        colours = (1 - colours[..., :3]) * (1 - colours[..., 3:])
    if page.photometric == WHITE_IS_ZERO:
        colours = 1 - colours
    colours = np.broadcast_to(colours, (*colours.shape[:2], 3))
    if page.extra and page.extra[0] == CLEARNESS:
        colours = colours * rest[..., :1] + 1 - rest[..., :1]
    if page.extra and page.extra[0] == PREMULTIPLIED:
        colours = colours + 1 - rest[..., :1]
    return np.asarray(colours * 255)
