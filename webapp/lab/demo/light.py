"""Light on a surface: its brightness and gloss from its normals."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageFilter

from webapp.lab.demo.textures import Field


@dataclass(frozen=True, slots=True)
class Lamp:
    """A large soft lamp above the bag; `side` is -1 on the left, 1 on the right."""

    side: float = -1.0


@dataclass(frozen=True, slots=True)
class Surface:
    """Unit normals in camera space, y up; three arrays of one shape."""

    x: Field
    y: Field
    z: Field


def facing(x: Field, y: Field) -> Surface:
    """Return the normals of a surface from its slopes."""
    z = 1 / np.sqrt(1 + x * x + y * y)
    return Surface(x * z, y * z, z)


def blurred(grey: Image.Image, radius: float) -> Image.Image:
    """Return a grey picture blurred by a tent filter of a radius in pixels."""
    if radius < 8:
        half = ImageFilter.BoxBlur(max(0.5, radius / 2))
        return grey.filter(half).filter(half)
    half = ImageFilter.BoxBlur(radius / 4)
    return grey.reduce(2).filter(half).filter(half).resize(grey.size, Image.Resampling.BILINEAR)


def soften(field: Field, radius: float) -> Field:
    """Return a field (rows, columns) blurred by a tent filter of a radius; for small fields."""
    reach = max(1, round(radius / 2))
    soft = field
    for _ in range(2):
        soft = _box(_box(soft, reach).T, reach).T
    return np.ascontiguousarray(soft)


def _box(field: Field, reach: int) -> Field:
    """Return means over `2 * reach + 1` rows; outside is 0."""
    rows, columns = field.shape
    total = np.zeros((rows + 2 * reach + 1, columns), dtype=np.float32)
    np.cumsum(field, axis=0, out=total[reach + 1 : reach + 1 + rows])
    total[reach + 1 + rows :] = total[reach + rows]
    return np.asarray((total[2 * reach + 1 :] - total[:rows]) / np.float32(2 * reach + 1))


def diffuse(n: Surface, lamp: Lamp) -> Field:
    """Return the brightness of a matt surface, lit by the lamp and a bright room."""
    key = n.x * np.float32(lamp.side * 0.48) + n.y * np.float32(0.56) + n.z * np.float32(0.68)
    wrapped = np.maximum((key + np.float32(0.22)) * np.float32(1 / 1.22), 0)
    room = n.y * np.float32(0.1) + n.z * np.float32(0.1) - n.x * np.float32(lamp.side * 0.03)
    return np.asarray(wrapped * np.float32(0.78) + room + np.float32(0.18))


def gloss(n: Surface, lamp: Lamp, sharp: int) -> Field:
    """Return the lamp's highlight, smaller the larger `sharp` is: it is squared so many times."""
    half = n.x * np.float32(lamp.side * 0.20) + n.y * np.float32(0.26) + n.z * np.float32(0.945)
    shine: Field = np.clip(half, 0, 1)
    for _ in range(sharp):
        shine = shine * shine
    return shine


def rim(n: Surface) -> Field:
    """Return grazing light, strongest where the surface turns away from the viewer."""
    return np.square(1 - n.z)


def mirror(n: Surface, lamp: Lamp) -> Field:
    """Return the reflection of a studio: bright strip lamps, dark gaps, pale floor."""
    up = 2 * n.z * n.y
    aside = 2 * n.z * n.x * np.float32(lamp.side)
    sky = np.clip(up * np.float32(2.4) + np.float32(0.42), 0, 1)
    strip = np.clip(
        1 - np.abs(aside + up * np.float32(0.4) - np.float32(0.42)) * np.float32(4.5), 0, 1
    )
    floor = np.clip(-up * np.float32(1.5) - np.float32(0.35), 0, 1)
    return sky * np.float32(0.62) + strip * np.float32(0.55) + floor * np.float32(0.4)
