"""Repeating grey tiles, made once in each process: grain, scales, nap, weave and print motifs."""

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

Field = npt.NDArray[np.floating[Any]]

SIDE = 512  # a power of two, so that wrapping is a mask


def sample(tile: Field, u: Field, v: Field) -> Field:
    """Look the tile up at (u, v), where it repeats at every whole number."""
    column = (u * np.float32(SIDE)).astype(np.int32) & (SIDE - 1)
    row = (v * np.float32(SIDE)).astype(np.int32) & (SIDE - 1)
    return np.asarray(tile.reshape(-1)[row * SIDE + column])


@lru_cache(maxsize=1)
def pebble() -> Field:
    """Small rounded pebbles of full-grain leather."""
    first, second = _cells(30, 30, 0.42, 71)
    tops = np.clip((second - first) * 1.9, 0, 1)
    return np.asarray(tops * (2 - tops) * (0.75 + 0.25 * (1 - first)), dtype=np.float32)


@lru_cache(maxsize=1)
def scales() -> Field:
    """The plates of a crocodile's back: rows of rounded rectangles in deep grooves."""
    first, second = _cells(6, 9, 0.23, 12, brick=True)
    tops = np.clip((second - first) * 2.6, 0, 1)
    return np.asarray(1 - (1 - tops) ** 2.4, dtype=np.float32)


@lru_cache(maxsize=1)
def nap() -> Field:
    """Short brushed fibres with soft patches where a hand went over them."""
    noise = np.random.default_rng(5).standard_normal((SIDE, SIDE))
    fine = _smooth(noise, 0.6, 1.4)
    broad = _smooth(noise, 26, 14)
    return np.asarray(fine / fine.std() * 0.5 + broad / broad.std() * 0.5, dtype=np.float32)


@lru_cache(maxsize=1)
def cloud() -> Field:
    """Slow unevenness that keeps large surfaces from looking printed."""
    noise = np.random.default_rng(9).standard_normal((SIDE, SIDE))
    broad = _smooth(noise, 34, 34) + 0.45 * _smooth(noise, 9, 9) * 0.3
    return np.asarray(broad / broad.std(), dtype=np.float32)


@lru_cache(maxsize=1)
def cloth() -> Field:
    """Plain woven canvas, over and under, with uneven threads."""
    rng = np.random.default_rng(15)
    t = np.arange(SIDE) * (64 / SIDE)
    x, y = np.meshgrid(t, t)
    over = (np.floor(x) + np.floor(y)) % 2
    warp = np.abs(np.sin(np.pi * x)) * (0.8 + 0.2 * rng.random(64)[np.floor(x).astype(int)])
    weft = np.abs(np.sin(np.pi * y)) * (0.8 + 0.2 * rng.random(64)[np.floor(y).astype(int)])
    return np.asarray(np.where(over > 0, warp, weft), dtype=np.float32)


@lru_cache(maxsize=2)
def motifs(kind: int) -> Field:
    """A repeat of plain geometric motifs: arches and hourglasses, or moons and leaves."""
    size = SIDE * 2
    image = Image.new("L", (size, size))
    pen = ImageDraw.Draw(image)
    quarter = size / 4
    for i in range(-1, 3):
        for j in range(-1, 3):
            x, y = (i + 0.5) * size / 2, (j + 0.5) * size / 2
            _MOTIFS[kind][(i + j) % 2](pen, x, y, quarter * 0.52)
            _MOTIFS[kind][2](pen, x + quarter, y + quarter, quarter * 0.2)
    upright = image.transpose(Image.Transpose.FLIP_TOP_BOTTOM)  # v grows upward
    small = upright.resize((SIDE, SIDE), Image.Resampling.BOX)
    return np.asarray(small, dtype=np.float32) / 255


def _arches(pen: ImageDraw.ImageDraw, x: float, y: float, r: float) -> None:
    for share in (1.0, 0.6):
        s, low = r * share, y + r * 0.5
        pen.arc((x - s, low - s, x + s, low + s), 180, 360, fill=255, width=max(1, int(r * 0.19)))
    _dot(pen, x, y + r * 0.42, r * 0.16)


def _hourglass(pen: ImageDraw.ImageDraw, x: float, y: float, r: float) -> None:
    for way in (-1, 1):
        pen.polygon([(x, y), (x - r * 0.6, y + way * r), (x + r * 0.6, y + way * r)], fill=255)


def _crescent(pen: ImageDraw.ImageDraw, x: float, y: float, r: float) -> None:
    pen.ellipse((x - r, y - r, x + r, y + r), fill=255)
    pen.ellipse((x - r * 0.5, y - r * 0.95, x + r * 1.2, y + r * 0.75), fill=0)


def _leaf(pen: ImageDraw.ImageDraw, x: float, y: float, r: float) -> None:
    for turn in (0, 180):
        box = (x - r * 0.8, y - r * 0.8, x + r * 0.8, y + r * 0.8)
        pen.chord(box, turn + 22, turn + 158, fill=255)


def _dot(pen: ImageDraw.ImageDraw, x: float, y: float, r: float) -> None:
    pen.ellipse((x - r, y - r, x + r, y + r), fill=255)


_MOTIFS = ((_arches, _hourglass, _dot), (_crescent, _leaf, _dot))


def _cells(
    columns: int, rows: int, jitter: float, seed: int, *, brick: bool = False
) -> tuple[Field, Field]:
    """Distances, in cells, to the nearest and second nearest of jittered seeds, wrapping round."""
    rng = np.random.default_rng(seed)
    dx = rng.uniform(-jitter, jitter, (rows, columns))
    dy = rng.uniform(-jitter, jitter, (rows, columns))
    if brick:
        dx += (np.arange(rows) % 2 * 0.5)[:, None]
    x, y = np.meshgrid(np.arange(SIDE) * columns / SIDE, np.arange(SIDE) * rows / SIDE)
    cx, cy = np.floor(x).astype(int), np.floor(y).astype(int)
    first = np.full(x.shape, 9.0)
    second = np.full(x.shape, 9.0)
    for i in (-1, 0, 1):
        for j in (-1, 0, 1):
            column, row = (cx + i) % columns, (cy + j) % rows
            far = np.hypot(cx + i + 0.5 + dx[row, column] - x, cy + j + 0.5 + dy[row, column] - y)
            second = np.minimum(second, np.maximum(first, far))
            first = np.minimum(first, far)
    return first.astype(np.float32), second.astype(np.float32)


def _smooth(noise: npt.NDArray[np.float64], across: float, down: float) -> npt.NDArray[np.float64]:
    """Blur that wraps round, through the frequency domain."""
    fx = np.fft.rfftfreq(SIDE)[None, :]
    fy = np.fft.fftfreq(SIDE)[:, None]
    keep = np.exp(-2 * np.pi**2 * ((fx * across) ** 2 + (fy * down) ** 2))
    return np.fft.irfft2(np.fft.rfft2(noise) * keep, s=noise.shape)
