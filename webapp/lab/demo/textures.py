"""Repeating tiles of relief and print, made once in each process."""

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

Field = npt.NDArray[np.floating[Any]]

_SIDE_PIXELS = 512  # a power of two, so that `&` wraps around


def sample(tile: Field, u: Field, v: Field) -> Field:
    """Return a tile's values at (u, v); it repeats at every whole number."""
    column = (u * np.float32(_SIDE_PIXELS)).astype(np.int32) & (_SIDE_PIXELS - 1)
    row = (v * np.float32(_SIDE_PIXELS)).astype(np.int32) & (_SIDE_PIXELS - 1)
    return np.asarray(tile.reshape(-1)[row * _SIDE_PIXELS + column])


@lru_cache(maxsize=1)
def pebble() -> Field:
    """Return small rounded pebbles, as of full-grain leather, 0 to 1."""
    first, second = _cells(30, 30, 0.42, 71)
    tops = np.clip((second - first) * 1.9, 0, 1)
    return np.asarray(tops * (2 - tops) * (0.75 + 0.25 * (1 - first)), dtype=np.float32)


@lru_cache(maxsize=1)
def scales() -> Field:
    """Return crocodile scales: rows of rounded rectangles in deep grooves, 0 to 1."""
    first, second = _cells(6, 9, 0.23, 12, brick=True)
    tops = np.clip((second - first) * 2.6, 0, 1)
    return np.asarray(1 - (1 - tops) ** 2.4, dtype=np.float32)


@lru_cache(maxsize=1)
def nap() -> Field:
    """Return short brushed fibres with soft patches, around 0."""
    noise = np.random.default_rng(5).standard_normal((_SIDE_PIXELS, _SIDE_PIXELS))
    fine = _smooth(noise, 0.6, 1.4)
    broad = _smooth(noise, 26, 14)
    return np.asarray(fine / fine.std() * 0.5 + broad / broad.std() * 0.5, dtype=np.float32)


@lru_cache(maxsize=1)
def cloud() -> Field:
    """Return slow unevenness, around 0, without which large surfaces look flat."""
    noise = np.random.default_rng(9).standard_normal((_SIDE_PIXELS, _SIDE_PIXELS))
    broad = _smooth(noise, 34, 34) + 0.45 * _smooth(noise, 9, 9) * 0.3
    return np.asarray(broad / broad.std(), dtype=np.float32)


@lru_cache(maxsize=1)
def cloth() -> Field:
    """Return woven canvas with uneven threads, 0 to 1."""
    rng = np.random.default_rng(15)
    t = np.arange(_SIDE_PIXELS) * (64 / _SIDE_PIXELS)
    x, y = np.meshgrid(t, t)
    over = (np.floor(x) + np.floor(y)) % 2
    warp = np.abs(np.sin(np.pi * x)) * (0.8 + 0.2 * rng.random(64)[np.floor(x).astype(int)])
    weft = np.abs(np.sin(np.pi * y)) * (0.8 + 0.2 * rng.random(64)[np.floor(y).astype(int)])
    return np.asarray(np.where(over > 0, warp, weft), dtype=np.float32)


@lru_cache(maxsize=2)
def motifs(kind: int) -> Field:
    """Return geometric motifs, 0 to 1: arches and hourglasses (0), or moons and leaves (1)."""
    size = _SIDE_PIXELS * 2
    image = Image.new("L", (size, size))
    pen = ImageDraw.Draw(image)
    quarter = size / 4
    for i in range(-1, 3):
        for j in range(-1, 3):
            x, y = (i + 0.5) * size / 2, (j + 0.5) * size / 2
            _MOTIFS[kind][(i + j) % 2](pen, x, y, quarter * 0.52)
            _MOTIFS[kind][2](pen, x + quarter, y + quarter, quarter * 0.2)
    upright = image.transpose(Image.Transpose.FLIP_TOP_BOTTOM)  # v grows upward
    small = upright.resize((_SIDE_PIXELS, _SIDE_PIXELS), Image.Resampling.BOX)
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
    """Return Worley noise: distances, in cells, to the nearest two of jittered points."""
    rng = np.random.default_rng(seed)
    dx = rng.uniform(-jitter, jitter, (rows, columns))
    dy = rng.uniform(-jitter, jitter, (rows, columns))
    if brick:
        dx += (np.arange(rows) % 2 * 0.5)[:, None]
    x, y = np.meshgrid(
        np.arange(_SIDE_PIXELS) * columns / _SIDE_PIXELS,
        np.arange(_SIDE_PIXELS) * rows / _SIDE_PIXELS,
    )
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
    """Return noise under a Gaussian blur that wraps around, by Fourier transform."""
    fx = np.fft.rfftfreq(_SIDE_PIXELS)[None, :]
    fy = np.fft.fftfreq(_SIDE_PIXELS)[:, None]
    keep = np.exp(-2 * np.pi**2 * ((fx * across) ** 2 + (fy * down) ** 2))
    return np.fft.irfft2(np.fft.rfft2(noise) * keep, s=noise.shape)
