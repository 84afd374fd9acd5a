"""The backdrop, the bag's shadow on it, and the finished picture."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw

from webapp.lab.demo import light
from webapp.lab.demo.camera import Camera
from webapp.lab.demo.curves import Points
from webapp.lab.demo.light import Lamp
from webapp.lab.demo.palette import linear
from webapp.lab.demo.textures import Field


@dataclass(frozen=True, slots=True)
class Backdrop:
    """Wall and floor colours, sRGB in hex; without `glow` all of it has the wall's colour."""

    key: str
    wall: str
    floor: str
    glow: float = 0.0


BACKDROPS = {
    b.key: b
    for b in (
        Backdrop("studio", "FFFFFF", "FFFFFF"),
        Backdrop("paper", "F7F5F1", "F4F1EC", 0.03),
        Backdrop("mist", "ECEDEE", "E2E3E4", 0.06),
        Backdrop("sand", "E9DFD0", "DDCFBB", 0.07),
        Backdrop("clay", "DDBFAA", "CFAB93", 0.08),
        Backdrop("petal", "F0DCD6", "E5C9C1", 0.06),
        Backdrop("sage", "D3D9CA", "C0C8B5", 0.07),
        Backdrop("sky", "D5E0E8", "C0CFDA", 0.06),
        Backdrop("lilac", "DFD9E6", "CEC6D8", 0.06),
        Backdrop("slate", "A9AEB3", "969BA1", 0.12),
    )
}

_SHADOW_REDUCTION = 4
# Of each shadow: blur, shift down, shift away from the lamp, in bag units; darkness, 0 to 1.
_SHADOWS = ((0.016, 0.004, 0.0, 0.7), (0.07, 0.006, 0.02, 0.46), (0.22, 0.02, 0.07, 0.42))


def backdrop(key: str, size: int, lamp: Lamp) -> Field:
    """Return the backdrop without a bag, linear light (3, size, size)."""
    chosen = BACKDROPS[key]
    wall, floor = linear(chosen.wall), linear(chosen.floor)
    if not chosen.glow:
        return np.broadcast_to(wall[:, None, None], (3, size, size)).copy()
    y = np.linspace(0, 1, size, dtype=np.float32)[:, None]
    x = np.linspace(0, 1, size, dtype=np.float32)[None, :]
    down = np.clip((y - 0.58) / 0.24, 0, 1)
    down = down * down * (3 - 2 * down)
    far = (x - 0.5 - lamp.side * 0.14) ** 2 + (y - 0.4) ** 2
    bright = 1 + chosen.glow - far * np.float32(chosen.glow * 3.2)
    return np.stack(
        [(a + (b - a) * down) * bright for a, b in zip(wall, floor, strict=True)]
    ).astype(np.float32)


def stand(floor: Field, camera: Camera, lamp: Lamp, foot: Points) -> None:
    """Darken the floor where the bag stands: a narrow contact shadow in a wide soft one.

    `foot`: the bag's footprint, (n, 2: x and z).
    """
    size = floor.shape[1]
    low = size // _SHADOW_REDUCTION
    points = camera.project(np.column_stack([foot[:, 0], np.zeros(len(foot)), foot[:, 1]]))
    unit = camera.scale / _SHADOW_REDUCTION
    light_left = np.ones((low, low), dtype=np.float32)
    for blur, drop, aside, strength in _SHADOWS:
        image = Image.new("L", (low * 2, low * 2))
        moved = points / _SHADOW_REDUCTION + np.array([-lamp.side * aside, drop]) * unit
        ImageDraw.Draw(image).polygon((moved * 2).ravel().tolist(), fill=255)
        mask = np.asarray(image.reduce(2), dtype=np.float32) / 255
        light_left *= 1 - light.soften(mask, max(1.5, blur * unit)) * np.float32(strength)
    light_left = 1 - (1 - light_left) * _fade(low)
    floor *= np.asarray(Image.fromarray(light_left).resize((size, size), Image.Resampling.BILINEAR))


def _fade(size: int) -> Field:
    """Return 1 inside, 0 at the picture's border, so that a white border stays white."""
    t = np.linspace(0, 1, size, dtype=np.float32)
    fade = np.clip(np.minimum(t, 1 - t) * 22, 0, 1)
    return np.asarray(fade[:, None] * fade[None, :])


def develop(planes: Field, size: int) -> Image.Image:
    """Return an RGB picture of `size` pixels from linear light (3, rows, columns), overwritten."""
    np.clip(planes, 0, 1, out=planes)
    np.sqrt(planes, out=planes)
    planes *= 255
    planes += 0.5
    bands = [
        Image.fromarray(plane).resize((size, size), Image.Resampling.HAMMING)
        for plane in planes.astype(np.uint8)
    ]
    return Image.merge("RGB", bands)
